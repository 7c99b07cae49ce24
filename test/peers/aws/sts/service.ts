/** STS on the wire: who am I. */
import { z } from 'zod';
import { readForm } from '../wire/form.ts';
import { operation, type Service } from '../wire/service.ts';

export function stsService(): Service {
  return {
    scope: 'sts',
    iamPrefix: 'sts',
    protocol: 'query',
    namespace: 'https://sts.amazonaws.com/doc/2011-06-15/',
    invalidCode: 'ValidationError',
    deniedCode: 'AccessDenied',
    operations: {
      GetCallerIdentity: operation({
        input: z.object({}),
        // No permissions are required (STS API reference).
        iamAction: null,
        answer: (_input, { caller }) => ({ Arn: caller.arn, UserId: caller.userId, Account: caller.accountId }),
      }),
    },
    route: (request) => {
      const parameters =
        request.method === 'GET' ? Object.fromEntries(request.query) : readForm(request.body.toString());
      const { Action } = z.object({ Action: z.string() }).parse(parameters);
      return { action: Action, parameters };
    },
  };
}
