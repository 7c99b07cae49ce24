/** The resource-based policy of a queue: what a service may do with it on behalf of one of the account's resources. */
import { z } from 'zod';
import { covers, readPolicy, type Statement } from '../iam/policy.ts';

const oneOrMore = z.union([z.string(), z.array(z.string())]).transform((value) => [value].flat());

const granteeSchema = z.object({
  Principal: z.union([
    z.literal('*').transform(() => ({ services: [] as string[], anyone: true })),
    z
      .union([z.object({ Service: oneOrMore }), z.object({ AWS: oneOrMore })])
      .transform((by) =>
        'Service' in by ? { services: by.Service, anyone: false } : { services: [], anyone: by.AWS.includes('*') },
      ),
  ]),
});

/** A statement of such a policy, and which services it is about. */
export interface QueueStatement {
  readonly statement: Statement;
  readonly services: readonly string[];
  readonly anyone: boolean;
}

const documentSchema = z.object({ Statement: z.array(z.record(z.string(), z.unknown())) });

/** @throws ZodError for anything that the peer cannot judge */
export function readQueuePolicy(document: unknown): readonly QueueStatement[] {
  return documentSchema.parse(document).Statement.flatMap(({ Principal, ...rest }) => {
    const grantee = granteeSchema.parse({ Principal }).Principal;
    return readPolicy({ Statement: [rest] }).map((statement) => ({ statement, ...grantee }));
  });
}

/** Whether the service may send to the queue for the resource `sourceArn`; services talk over TLS. */
export function mayReceive(
  statements: readonly QueueStatement[],
  { queue, service, sourceArn }: { queue: string; service: string; sourceArn: string },
): boolean {
  const context = { 'aws:SourceArn': sourceArn, 'aws:SecureTransport': 'true' };
  const access = { action: 'sqs:SendMessage', resource: queue, context };
  const applying = statements.filter(
    ({ statement, services, anyone }) => (anyone || services.includes(service)) && covers(statement, access),
  );
  return applying.length > 0 && applying.every(({ statement }) => statement.Effect === 'Allow');
}
