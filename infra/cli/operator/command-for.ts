/** Commands that hints name, as their user can type them. */
import { typed } from '../added-command.ts';
import type { OperatorPlace } from './ask-operator.ts';

/** The command about a rotation, or about what `subject` names. */
export function commandFor(command: string, subject: string, { function: name, region }: OperatorPlace): string {
  const where = region === undefined ? '' : ` --region ${region}`;
  return `${typed(command)} ${subject} --function ${name}${where}`;
}
