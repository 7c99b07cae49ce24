/** Asks the peer and moto the same, where MOTO_URL names one. */
import { DrivenClock } from '../clock.ts';
import { AwsPeer } from './peer.ts';

export const MOTO_URL = process.env.MOTO_URL;
if (MOTO_URL === undefined) console.info('moto checks skipped: MOTO_URL is not set');

export interface Endpoint {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/** Asks both; answers [the peer's, moto's]. */
export async function both<T>(ask: (config: Endpoint, peer: AwsPeer | undefined) => Promise<T>): Promise<[T, T]> {
  const peer = await AwsPeer.start({ clock: new DrivenClock() });
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  try {
    const moto: Endpoint = { endpoint: MOTO_URL ?? '', region: 'eu-central-1', credentials };
    return [await ask(peer.clientConfig(), peer), await ask(moto, undefined)];
  } finally {
    await peer.stop();
  }
}

export async function errorName(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => 'answered',
    (error: unknown) => (error instanceof Error ? error.name : error),
  );
}
