/** The operator's answers by HTTP (contract 10.6). */
import type { Outcome, Refusal } from '../../core/operator/outcome.ts';
import { inRotatorsWords } from '../../core/rotation/rotator-request.ts';
import { answer, badRequest, RETRY_AFTER, type HttpAnswer } from '../http/answer.ts';
import type { ReadOperation } from './read-operation.ts';
import type { OperatorRoute } from './route-table.ts';

export const unsigned = (): HttpAnswer =>
  answer(403, { error: 'forbidden', message: 'sign the request with AWS credentials that may invoke the URL' });

export function answerTo(
  outcome: Outcome,
  { status }: Pick<OperatorRoute, 'status'>,
  { translated }: Pick<ReadOperation, 'translated'>,
): HttpAnswer {
  if (outcome.kind === 'done') {
    return answer(status, translated?.echo ?? outcome.answer, locationOf(outcome.answer));
  }
  const { faults } = outcome;
  return answerToRefusal({ ...outcome, faults: translated ? inRotatorsWords(faults, translated) : faults });
}

function answerToRefusal({ kind, faults }: Refusal): HttpAnswer {
  switch (kind) {
    case 'faulty':
      return badRequest(faults);
    case 'unknown':
      return answer(404, { error: 'not found', faults });
    case 'conflict':
      return answer(409, { error: 'conflict', faults });
    case 'away':
      return answer(503, { error: 'the cluster cannot be used now', faults }, { 'retry-after': RETRY_AFTER });
  }
}

/** Where to ask what has become of it. */
function locationOf(done: Extract<Outcome, { kind: 'done' }>['answer']): Record<string, string> {
  if ('goesOn' in done) return { location: `/rotations/${done.id}` };
  if ('already' in done) return { location: `/nodes/${done.node}?cluster=${done.cluster}` };
  return {};
}
