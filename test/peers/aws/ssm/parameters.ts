/** The parameters of SSM's Parameter Store. */
import type { Timetable } from '../timetable.ts';

export type ParameterType = 'String' | 'StringList' | 'SecureString';

export interface Parameter {
  readonly name: string;
  readonly type: ParameterType;
  readonly value: string;
  readonly version: number;
  readonly modifiedAt: Date;
}

export class Parameters {
  readonly #all = new Map<string, Parameter>();
  readonly #time: Timetable;

  constructor(parts: { time: Timetable }) {
    this.#time = parts.time;
  }

  /** Sets a parameter; a name under `/aws/` is allowed here, as AWS itself sets those. */
  put(name: string, value: string, type: ParameterType = 'String'): Parameter {
    const version = (this.#all.get(name)?.version ?? 0) + 1;
    const parameter = { name, type, value, version, modifiedAt: this.#time.date() };
    this.#all.set(name, parameter);
    return parameter;
  }

  find(name: string): Parameter | undefined {
    return this.#all.get(name);
  }

  /** Those under a path, in order of name. */
  under(path: string, recursive: boolean): Parameter[] {
    const prefix = path.endsWith('/') ? path : `${path}/`;
    return [...this.#all.values()]
      .filter(({ name }) => name.startsWith(prefix) && (recursive || !name.slice(prefix.length).includes('/')))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }
}
