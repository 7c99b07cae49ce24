/** The tags of instances: who may set which, how many there may be, and since when they are seen. */
import type { Timetable } from '../timetable.ts';
import { AwsError } from '../wire/aws-error.ts';
import type { Instance } from './instances.ts';

export type Tags = Readonly<Record<string, string>>;

/** A tag to be deleted: whatever its value, unless one is given. */
export interface UnwantedTag {
  readonly key: string;
  readonly value?: string | undefined;
}

/** «Each resource can have a maximum of 50 tags» (CreateTags); those of AWS do not count. */
const MOST_TAGS = 50;
const LONGEST_KEY = 128;
const LONGEST_VALUE = 256;

/** @throws AwsError when a tag is not allowed, or is one too many */
export function withTags(tags: Tags, added: Tags): Tags {
  for (const [key, value] of Object.entries(added)) checkTag(key, value);
  const all = { ...tags, ...added };
  if (Object.keys(all).filter((key) => !isReserved(key)).length <= MOST_TAGS) return all;
  throw new AwsError('TagLimitExceeded', 'The maximum number of Tags for a resource has been reached.');
}

/** Without any: all tags that are not AWS's. @throws AwsError when one is AWS's */
export function withoutTags(tags: Tags, unwanted: readonly UnwantedTag[]): Tags {
  for (const { key } of unwanted) checkTag(key, '');
  const goes = (key: string, value: string): boolean =>
    unwanted.length === 0
      ? !isReserved(key)
      : unwanted.some((each) => each.key === key && (each.value === undefined || each.value === value));
  return Object.fromEntries(Object.entries(tags).filter(([key, value]) => !goes(key, value)));
}

/** The tags as Describe calls and filters see them: EC2's API is eventually consistent. */
export class ShownTags {
  readonly #time: Timetable;
  /** What each instance had, and until when. */
  readonly #past = new Map<Instance, { readonly tags: Tags; readonly until: number }[]>();
  /** Driven milliseconds for which they see the tags of before. */
  lag = 0;

  constructor(time: Timetable) {
    this.#time = time;
  }

  /** Call it before the tags of an instance change. */
  remember(instance: Instance): void {
    const past = this.#past.get(instance) ?? [];
    this.#past.set(instance, [...past, { tags: instance.tags, until: this.#time.now() }]);
  }

  of(instance: Instance): Tags {
    const then = this.#time.now() - this.lag;
    return this.#past.get(instance)?.find(({ until }) => until > then)?.tags ?? instance.tags;
  }
}

function checkTag(key: string, value: string): void {
  if (isReserved(key)) throw invalid(key, "Tag keys starting with 'aws:' are reserved for internal use");
  if (key === '') throw new AwsError('InvalidParameterValue', 'Tag key cannot be null or empty.');
  if (key.length > LONGEST_KEY) throw invalid(key, `Tag keys have at most ${LONGEST_KEY} characters`);
  if (value.length > LONGEST_VALUE) throw invalid(key, `Tag values have at most ${LONGEST_VALUE} characters`);
}

function isReserved(key: string): boolean {
  return key.toLowerCase().startsWith('aws:');
}

function invalid(key: string, fault: string): AwsError {
  return new AwsError('InvalidParameterValue', `Value ( ${key} ) for parameter key is invalid. ${fault}`);
}
