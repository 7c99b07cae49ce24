/** `POST /drain`: checks who asks, carries the order out, answers, and reports order and answer (contract 7.4, 13). */
import {
  secretUnreadable,
  withdrawalAnswered,
  withdrawalRefused,
  withdrawalRequested,
} from '../../core/events/withdrawal-request-events.ts';
import type { Journal } from '../../workflow/ports/journal.ts';
import {
  withdrawInstance,
  type WithdrawalOrder,
  type WithdrawalOutcome,
  type WithdrawalPorts,
} from '../../workflow/traffic/withdraw-instance.ts';
import { answerToFailure, type HttpAnswer } from './answer.ts';
import { attempt } from './attempt.ts';
import type { HttpRequest } from './read-request.ts';
import { readOrder } from './request.ts';
import { SecretUnreadable, type Doorkeeper } from './secret.ts';
import { admissionFailed, answerTo, fixOf, notAdmitted } from './withdrawal-answer.ts';

export interface DrainPorts extends WithdrawalPorts {
  readonly doorkeeper: Doorkeeper;
  readonly journal: Journal;
}

/** @throws errors that are not AWS's: Lambda answers them with 502, and counts an error of the function */
export async function drain(request: HttpRequest, ports: DrainPorts): Promise<HttpAnswer> {
  const { sourceIp: from } = request.requestContext.http;
  const admitted = await admit(request, ports);
  if ('refusal' in admitted) return admitted.refusal;
  const read = readOrder(request);
  if ('refusal' in read) return read.refusal;
  return carryOut(read.value, { by: admitted.by, from }, ports);
}

/** Checks who asks. A refusal says nothing about the account. */
async function admit(
  request: HttpRequest,
  { doorkeeper, journal }: DrainPorts,
): Promise<{ readonly by: string } | { readonly refusal: HttpAnswer }> {
  const { sourceIp: from } = request.requestContext.http;
  try {
    const by = await doorkeeper(request);
    if (by !== undefined) return { by };
  } catch (error) {
    if (!(error instanceof SecretUnreadable)) throw error;
    journal.report(secretUnreadable({ from, reason: error.message }));
    return { refusal: admissionFailed() };
  }
  journal.report(withdrawalRefused({ from, reason: 'no secret, a wrong one, or no signature' }));
  return { refusal: notAdmitted() };
}

async function carryOut(
  order: WithdrawalOrder,
  who: { by: string; from: string },
  ports: DrainPorts,
): Promise<HttpAnswer> {
  const { dryRun, timeoutSeconds } = order;
  const asked = 'id' in order.who ? order.who.id : order.who.ip;
  const since = Date.now();
  ports.journal.report(withdrawalRequested({ asked, ...who, dryRun, timeoutSeconds }));
  const done = await attempt(() => withdrawInstance(order, ports));
  const answer = 'failure' in done ? answerToFailure(done.failure, fixOf(done.failure.reason)) : answerTo(done.value);
  const { statusCode: status } = answer;
  const seconds = Math.round((Date.now() - since) / 1000);
  const about = 'failure' in done ? { pools: [], reason: done.failure.reason } : aboutOutcome(done.value);
  ports.journal.report(withdrawalAnswered({ asked, status, seconds, ...about }));
  return answer;
}

function aboutOutcome(outcome: WithdrawalOutcome): { instance?: string; pools: string[] } {
  const remaining = 'remaining' in outcome ? outcome.remaining : [];
  const pools = [...new Set(remaining.map(({ pool }) => pool.name))];
  return { ...('instance' in outcome && { instance: outcome.instance }), pools };
}
