/** Paths and methods of a function URL. Any other request gets an answer that names those that exist. */
import httpRouter from '@middy/http-router';
import type { LambdaFunctionURLEvent } from 'aws-lambda';
import { noSuchPath, wrongMethod, type HttpAnswer } from './answer.ts';

export type Handle = (event: LambdaFunctionURLEvent) => Promise<HttpAnswer>;

export interface ServedRoute {
  readonly method: 'GET' | 'HEAD' | 'POST';
  /** Such as `/nodes/{name}`. */
  readonly path: string;
  readonly handler: Handle;
}

/** @param named the routes in words, for whoever asks for another */
export function router(served: readonly ServedRoute[], named: string) {
  return httpRouter<LambdaFunctionURLEvent, HttpAnswer>({
    routes: [...served],
    notFoundResponse: ({ path: asked }) => {
      const methods = served.filter(({ path }) => isAt(path, asked)).map(({ method }) => method);
      return methods.length === 0 ? noSuchPath(named) : wrongMethod(methods.join(', '));
    },
  });
}

/** Whether the path that is asked for is that of the route. A slash at the end does not count. */
function isAt(path: string, asked: string): boolean {
  const parts = path.split('/');
  const askedParts = asked.replace(/(.)\/$/, '$1').split('/');
  return (
    parts.length === askedParts.length &&
    parts.every((part, index) => (part.startsWith('{') ? askedParts[index] !== '' : part === askedParts[index]))
  );
}
