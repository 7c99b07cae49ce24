/** What users want of their rotations: an SSM parameter for each that is to pause or to stop. */
import { DeleteParameterCommand, PutParameterCommand, type SSMClient } from '@aws-sdk/client-ssm';
import type { Control, RotationControls } from '../../workflow/ports/rotation.ts';
import { refusedAs, unless } from './refusals.ts';
import { readParameter } from './parameters.ts';

/** IAM actions of saying what is wanted; reading it needs `PARAMETER_ACTIONS`. */
export const CONTROL_ACTIONS = ['ssm:PutParameter', 'ssm:DeleteParameter'] as const;

/** @param prefix of the parameters' names, with both slashes */
export function rotationControls(client: SSMClient, prefix: string): RotationControls {
  return {
    async wanted(rotation) {
      const value = await readParameter(client, `${prefix}${rotation}`);
      return isControl(value) ? value : 'go';
    },
    async want(rotation, control) {
      const Name = `${prefix}${rotation}`;
      if (control === 'go') {
        await unless(refusedAs('ParameterNotFound'), () => client.send(new DeleteParameterCommand({ Name })));
        return;
      }
      const parameter = { Name, Value: control, Type: 'String', Overwrite: true } as const;
      await client.send(new PutParameterCommand(parameter));
    },
  };
}

function isControl(value: string | undefined): value is Control {
  return value === 'pause' || value === 'stop';
}
