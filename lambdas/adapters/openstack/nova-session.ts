/**
 * Requests to Nova with a token, at one microversion (contract 11.2). A token is kept until shortly before its end; one that
 * Nova does not take any more is renewed once. Refusals that concern the cloud as a whole are thrown; others are answers.
 */
import { CloudAway, CloudRefused } from '../../core/openstack/cloud-error.ts';
import { answerWords } from './answer-words.ts';
import type { Session } from './keystone.ts';
import type { Answer, Ask, Transport } from './transport.ts';

/** Rocky, 2018: the abort of queued migrations is the latest of what Ebb needs. */
export const MICROVERSION = '2.65';

/** A token that ends sooner than this is renewed before it is used, milliseconds. */
const RENEWED_BEFORE_MS = 60_000;

export interface NovaAsk {
  readonly method: Ask['method'];
  /** Below the endpoint, such as `/os-services`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: object;
  /** @default MICROVERSION */
  readonly microversion?: string;
  /** What is not to be had is answered all the same: it is only asked for to tell more. */
  readonly isOptional?: true;
  /** A failure of Nova's is answered too, because it concerns one guest. */
  readonly mayFail?: true;
}

export interface NovaSession {
  /** Answers with what Nova says, 400, 404 and 409 among it. @throws CloudAway, CloudRefused */
  ask(ask: NovaAsk): Promise<Answer>;
}

/** @param openSession logs in anew each time that it is called */
export function novaSession(openSession: () => Promise<Session>, wire: Transport): NovaSession {
  let known: Session | undefined;
  let opening: Promise<Session> | undefined;
  const open = (): Promise<Session> => {
    opening ??= openSession()
      .then((session) => (known = session))
      .finally(() => {
        opening = undefined;
      });
    return opening;
  };
  const current = (): Promise<Session> =>
    known !== undefined && known.expiresAt - Date.now() > RENEWED_BEFORE_MS ? Promise.resolve(known) : open();
  const send = async (ask: NovaAsk, { token, nova }: Session): Promise<Answer> => {
    const { method, path, query = {}, body, microversion = MICROVERSION } = ask;
    const url = new URL(`${nova}${path}`);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    const headers = { 'x-auth-token': token, 'openstack-api-version': `compute ${microversion}` };
    return wire.send({ whom: 'Nova', method, url, headers, ...(body && { body }) });
  };
  return {
    async ask(ask) {
      const session = await current();
      let answer = await send(ask, session);
      if (answer.status === 401) answer = await send(ask, known === session ? await open() : await current());
      if (ask.isOptional !== true) throwRefusal(answer, ask);
      return answer;
    },
  };
}

function throwRefusal(answer: Answer, ask: NovaAsk): void {
  const { status } = answer;
  const what = `${ask.method} ${ask.path}`;
  const words = answerWords(answer);
  if (status === 401)
    throw new CloudRefused(
      `Nova does not take the token for ${what}, though it is new (${words}): if it is of an application credential with access rules, they must allow this`,
    );
  if (status === 403)
    throw new CloudRefused(`Nova does not allow ${what} (${words}): the user must have the role admin in its project`);
  if (status === 406)
    throw new CloudRefused(`Nova does not speak version ${MICROVERSION} (${words}): it needs Rocky (2018) or later`);
  if (hasFailed(answer) && ask.mayFail !== true) throw new CloudAway(`Nova fails at ${what}: ${words}`);
  if (status < 300 && !speaks(answer))
    throw new CloudRefused(
      `Nova has answered ${what} in no version, but ${MICROVERSION} was asked for: its endpoint is of the old API (/v2), or it is older than Mitaka`,
    );
}

/** Whether Nova, or a proxy before it, could not do it now. */
export function hasFailed({ status }: Answer): boolean {
  return status >= 500 || status === 429 || status === 413 || status === 408;
}

/** A Nova before Mitaka ignores the header, and then does something else than it was asked for. */
function speaks({ headers }: Answer): boolean {
  return /^compute \d/.test(String(headers['openstack-api-version'] ?? ''));
}
