/** The parameters of SSM's Parameter Store, each with its versions and their labels. */
import type { Timetable } from '../timetable.ts';

export type ParameterType = 'String' | 'StringList' | 'SecureString';

/** A parameter at one of its versions. */
export interface Parameter {
  /** A parameter that another account shares with this one is named by its ARN. */
  readonly name: string;
  readonly type: ParameterType;
  readonly value: string;
  readonly version: number;
  readonly modifiedAt: Date;
}

/** A reference in its parts: what comes after the name's colon is a version's number or label. */
export interface Reference {
  readonly name: string;
  readonly selector: string | undefined;
}

export class Parameters {
  /** Whether GetParameters tells a version or label apart from the name, as SSM does and moto does not. */
  tellsSelectors = true;
  readonly #all = new Map<string, Parameter[]>();
  readonly #labels = new Map<string, number>();
  readonly #time: Timetable;

  constructor(parts: { time: Timetable }) {
    this.#time = parts.time;
  }

  /** Sets a parameter; a name under `/aws/` is allowed here, as AWS itself sets those, and another account's ARN. */
  put(name: string, value: string, type: ParameterType = 'String'): Parameter {
    const versions = this.#all.get(name) ?? [];
    const parameter = { name, type, value, version: versions.length + 1, modifiedAt: this.#time.date() };
    this.#all.set(name, [...versions, parameter]);
    return parameter;
  }

  /** Moves a label to a version. */
  label(name: string, version: number, label: string): void {
    this.#labels.set(`${name}:${label}`, version);
  }

  delete(name: string): void {
    this.#all.delete(name);
  }

  /** @param reference a name or an ARN, alone or with `:version` or `:label`; alone it is the latest version */
  find(reference: string): Parameter | undefined {
    const { name, selector } = referenceOf(reference);
    const key = [name, ...ownNames(name)].find((each) => this.#all.has(each)) ?? name;
    const versions = this.#all.get(key) ?? [];
    if (selector === undefined) return versions.at(-1);
    const number = this.#labels.get(`${key}:${selector}`) ?? Number(selector);
    return versions.find(({ version }) => version === number);
  }

  /** Those under a path, in order of name. */
  under(path: string, recursive: boolean): Parameter[] {
    const prefix = path.endsWith('/') ? path : `${path}/`;
    return [...this.#all.values()]
      .flatMap((versions) => versions.at(-1) ?? [])
      .filter(({ name }) => name.startsWith(prefix) && (recursive || !name.slice(prefix.length).includes('/')))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }
}

export function referenceOf(reference: string): Reference {
  const parts = reference.split(':');
  const ofName = reference.startsWith('arn:') ? 6 : 1;
  return { name: parts.slice(0, ofName).join(':'), selector: parts[ofName] };
}

/** The names that a parameter of this account may have by its ARN, which does not tell of a leading slash. */
function ownNames(arn: string): string[] {
  const [, resource] = /^arn:[^:]+:ssm:[^:]*:[^:]*:parameter\/(.+)$/.exec(arn) ?? [];
  return resource === undefined ? [] : [`/${resource}`, resource];
}
