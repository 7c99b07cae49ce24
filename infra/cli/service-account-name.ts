/** Reads the name of a service account as kubectl writes it: `NAMESPACE/NAME`. */
import { InvalidArgumentError } from 'commander';

export interface ServiceAccountName {
  readonly namespace: string;
  readonly name: string;
}

const LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

/** @throws InvalidArgumentError, which commander prints with the option */
export function readServiceAccountName(written: string): ServiceAccountName {
  const [namespace = '', name = '', ...more] = written.split('/');
  if (more.length === 0 && LABEL.test(namespace) && LABEL.test(name)) return { namespace, name };
  throw new InvalidArgumentError('It must be NAMESPACE/NAME, such as kube-system/ebb.');
}
