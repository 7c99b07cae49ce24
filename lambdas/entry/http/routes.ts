/** The endpoint's paths and methods (contract 7.4). */
import { router, type Handle } from './router.ts';
import { healthy } from './withdrawal-answer.ts';

export function routes(drain: Handle) {
  const health: Handle = () => Promise.resolve(healthy());
  return router(
    [
      { method: 'POST', path: '/drain', handler: drain },
      { method: 'GET', path: '/health', handler: health },
      { method: 'HEAD', path: '/health', handler: health },
    ],
    'POST /drain or GET /health',
  );
}
