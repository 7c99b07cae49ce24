/** Events about what people and programs ask of the operator (contract 10.6). */
import type { Action } from '../operator/operation.ts';
import type { Refusal } from '../operator/outcome.ts';

/** The request that an event is about. */
export interface Asked {
  readonly action: Action;
  /** The rotation, the node, the instance or the cluster that is asked for, as far as the request says. */
  readonly asked: string;
}

/** Something is to change. */
export const operationRequested = (
  asked: Asked,
  about: {
    /** ARN of the IAM principal, or `direct invocation`. */
    by: string;
    /** Source address of a request by HTTP. */
    from?: string;
  },
) => ({ type: 'operation.requested', ...asked, ...about }) as const;

export const operationAnswered = (
  asked: Asked,
  about: {
    result: 'done' | Refusal['kind'] | 'failed';
    /** What it began or changed. */
    rotation?: string;
    execution?: string;
    /** Why nothing was done. */
    faults?: readonly string[];
  },
) => ({ type: 'operation.answered', ...asked, ...about }) as const;

/** A request by HTTP that nobody has signed. */
export const operationRefused = (about: { from: string; reason: string }) =>
  ({ type: 'operation.refused', ...about }) as const;
