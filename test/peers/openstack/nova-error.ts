/** Nova's refusals: each wraps code and message in one object, whose name tells the kind. */
export class NovaError extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }

  get body(): object {
    return { [NAMES[this.code] ?? 'computeFault']: { code: this.code, message: this.message } };
  }
}

const NAMES: Readonly<Record<number, string>> = {
  400: 'badRequest',
  403: 'forbidden',
  404: 'itemNotFound',
  409: 'conflictingRequest',
};

export function forbidden(policy: string): NovaError {
  return new NovaError(403, `Policy doesn't allow os_compute_api:${policy} to be performed.`);
}

export function noServer(id: string): NovaError {
  return new NovaError(404, `Instance ${id} could not be found.`);
}
