/** How long a parameter's value may be: a hard quota of its tier, and AWS's words for what is longer. */
import { AwsError } from '../wire/aws-error.ts';

export type ParameterTier = 'Standard' | 'Advanced';

/** Characters. */
const LONGEST: Readonly<Record<ParameterTier, number>> = { Standard: 4_096, Advanced: 8_192 };

/** As CloudFormation and PutParameter meet them; those for the advanced tier are made after the others'. */
const REMEDY: Readonly<Record<ParameterTier, string>> = {
  Standard:
    ' To create a larger parameter value, upgrade the parameter to use the advanced-parameter tier. For more information, see https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html',
  Advanced: '',
};

/** @throws AwsError ValidationException when the tier does not take so long a value */
export function checkValue(value: string, tier: ParameterTier): void {
  const longest = LONGEST[tier];
  if (value.length <= longest) return;
  const message = `${tier} tier parameters support a maximum parameter value of ${longest} characters.${REMEDY[tier]}`;
  throw new AwsError('ValidationException', message);
}
