/** SSM parameters that launch templates take their images from. EC2 reads them at each launch. */
import { GetParametersCommand, type Parameter, type SSMClient } from '@aws-sdk/client-ssm';
import pMap from 'p-map';
import { batchesOf } from '../aws/batches.ts';
import { unreadable, type Fault } from './launch-fault.ts';
import { refusedAs } from '../aws/refusals.ts';

/** IAM actions on each of the parameters. */
export const IMAGE_PARAMETER_ACTIONS = ['ssm:GetParameters'] as const;

/** The most parameters that one call takes. */
const PARAMETERS_PER_CALL = 10;
const CALLS_AT_ONCE = 5;

/** Whether one parameter is refused, and with it all others of its call. */
const isOfOne = refusedAs('AccessDeniedException', 'ValidationException');
const isDenied = refusedAs('AccessDeniedException');

export interface ParameterImage {
  /** `ami-…` */
  readonly image: string;
  /** Latest time at which the parameter began to name the image, epoch milliseconds. */
  readonly imageSince: number;
}

/**
 * @param references names or ARNs, alone or with `:version` or `:label`
 * @returns by reference; one that fails is a fault and does not stop the others
 */
export async function imageParameters(
  client: SSMClient,
  references: readonly string[],
): Promise<ReadonlyMap<string, ParameterImage | Fault>> {
  const batches = batchesOf([...new Set(references)], PARAMETERS_PER_CALL);
  const found = await pMap(batches, (batch) => read(client, batch), { concurrency: CALLS_AT_ONCE });
  return new Map(found.flat());
}

async function read(client: SSMClient, references: readonly string[]): Promise<[string, ParameterImage | Fault][]> {
  try {
    const { Parameters = [] } = await client.send(new GetParametersCommand({ Names: [...references] }));
    return references.map((reference) => [reference, imageOf(reference, Parameters)]);
  } catch (error) {
    if (references.length > 1 && isOfOne(error)) {
      const each = await pMap(references, (reference) => read(client, [reference]), { concurrency: 1 });
      return each.flat();
    }
    return references.map((reference) => [reference, unread(reference, error)]);
  }
}

/** Returns why it cannot be read. Ebb may read only AWS's parameters and those that the configuration names. */
function unread(reference: string, error: unknown): Fault {
  const { fault } = unreadable(described(reference), error);
  return { fault: isDenied(error) ? `${fault}: name it in clusters[].drift.imageParameters` : fault };
}

function imageOf(reference: string, parameters: readonly Parameter[]): ParameterImage | Fault {
  // Without a selector, an older version has the same name as the latest one.
  const [found] = parameters
    .filter((parameter) => isCalled(parameter, reference))
    .toSorted((one, other) => (other.Version ?? 0) - (one.Version ?? 0));
  if (found === undefined) {
    return { fault: `${described(reference)} does not exist: set it, or name another in the launch template` };
  }
  const { Value: image = '' } = found;
  if (!image.startsWith('ami-')) {
    return { fault: `${described(reference)} holds no AMI's id: set it to one` };
  }
  return { image, imageSince: sinceOf(found) };
}

/** Since when it names its image. A label moves between versions without a trace: it may have moved just now. */
function sinceOf({ LastModifiedDate, Selector = '' }: Parameter): number {
  const byLabel = /^\D/.test(bare(Selector));
  return byLabel || LastModifiedDate === undefined ? Date.now() : LastModifiedDate.getTime();
}

/** Whether the parameter has this reference. SSM returns name and selector apart; emulators leave out the selector. */
function isCalled({ Name, ARN, Selector = '', Version }: Parameter, reference: string): boolean {
  const selectors = Selector === '' ? ['', `:${Version}`] : [`:${bare(Selector)}`];
  return [Name, ARN].some(
    (name) => name !== undefined && selectors.some((selector) => `${name}${selector}` === reference),
  );
}

function bare(selector: string): string {
  return selector.replace(/^:/, '');
}

function described(reference: string): string {
  return `SSM parameter ${reference}, which its image is taken from,`;
}
