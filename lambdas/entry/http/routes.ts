/** The endpoint's paths and methods. Any other request gets an answer that names those that exist (contract 7.4). */
import httpRouter from '@middy/http-router';
import type { LambdaFunctionURLEvent } from 'aws-lambda';
import { healthy, noSuchPath, wrongMethod, type HttpAnswer } from './answer.ts';

type Handle = (event: LambdaFunctionURLEvent) => Promise<HttpAnswer>;

export function routes(drain: Handle) {
  const health: Handle = () => Promise.resolve(healthy());
  const served = [
    { method: 'POST', path: '/drain', handler: drain },
    { method: 'GET', path: '/health', handler: health },
    { method: 'HEAD', path: '/health', handler: health },
  ] as const;
  return httpRouter<LambdaFunctionURLEvent, HttpAnswer>({
    routes: [...served],
    notFoundResponse: ({ path: asked }) => {
      const methods = served.filter(({ path }) => path === asked.replace(/(.)\/$/, '$1')).map(({ method }) => method);
      return methods.length === 0 ? noSuchPath() : wrongMethod(methods.join(', '));
    },
  });
}
