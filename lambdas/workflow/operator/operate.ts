/** Carries out what is asked of the operator, and reports who asked for a change, and the answer (contract 10.6, 13). */
import { operationAnswered, operationRequested, type Asked } from '../../core/events/operator-events.ts';
import { ClusterError } from '../../core/kubernetes/cluster-error.ts';
import { isChange, type Operation } from '../../core/operator/operation.ts';
import { refusal, type Outcome } from '../../core/operator/outcome.ts';
import { controlRotation, rotationStatus } from './control-rotation.ts';
import { nodeStatus } from './node-status.ts';
import type { OperatorPorts } from './operator-ports.ts';
import { requestRetirement } from './request-retirement.ts';
import { requestRotation } from './request-rotation.ts';

export interface Asker {
  /** ARN of the IAM principal, or `direct invocation`. */
  readonly by: string;
  readonly from?: string;
}

/** @throws errors of AWS */
export async function operate(operation: Operation, who: Asker, ports: OperatorPorts): Promise<Outcome> {
  if (!isChange(operation)) return await attempt(operation, ports);
  const asked = { action: operation.action, asked: subjectOf(operation) };
  ports.journal.report(operationRequested(asked, who));
  try {
    const outcome = await attempt(operation, ports);
    ports.journal.report(operationAnswered(asked, about(outcome)));
    return outcome;
  } catch (error) {
    ports.journal.report(operationAnswered(asked, { result: 'failed' }));
    throw error;
  }
}

async function attempt(operation: Operation, ports: OperatorPorts): Promise<Outcome> {
  try {
    return await carryOut(operation, ports);
  } catch (error) {
    if (!(error instanceof ClusterError)) throw error;
    return refusal('away', `cluster: ${error.message}`);
  }
}

async function carryOut(operation: Operation, ports: OperatorPorts): Promise<Outcome> {
  switch (operation.action) {
    case 'rotate':
      return await requestRotation(operation.request, ports);
    case 'retire':
      return await requestRetirement(operation.request, ports);
    case 'status':
      return await rotationStatus(operation.rotation, ports);
    case 'pause':
    case 'resume':
    case 'stop':
      return await controlRotation(operation.rotation, operation.action, ports);
    case 'node':
      return await nodeStatus(operation, ports);
  }
}

/** Characters of what is asked for that are reported: names of clusters and nodes are shorter. */
const LONGEST_SUBJECT = 253;

function subjectOf(operation: Operation): Asked['asked'] {
  if ('rotation' in operation) return operation.rotation;
  if ('node' in operation) return operation.node;
  const { node, instance, cluster } = fieldsOf(operation.request);
  const named = [node, instance, cluster].find((name) => typeof name === 'string');
  return typeof named === 'string' ? named.slice(0, LONGEST_SUBJECT) : '';
}

function fieldsOf(request: unknown): Readonly<Record<string, unknown>> {
  return typeof request === 'object' && request !== null ? { ...request } : {};
}

function about(outcome: Outcome): Parameters<typeof operationAnswered>[1] {
  if (outcome.kind !== 'done') return { result: outcome.kind, faults: outcome.faults };
  const { answer } = outcome;
  return {
    result: 'done',
    ...('id' in answer && { rotation: answer.id }),
    ...('execution' in answer && { execution: answer.execution }),
  };
}
