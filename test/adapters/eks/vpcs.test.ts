/** The VPCs of clusters, each asked for once (contract 7.4). */
import { EKSClient } from '@aws-sdk/client-eks';
import { HttpResponse, type HttpRequest } from '@smithy/protocol-http';
import { expect, test } from 'vitest';
import { allowedVpcs } from '../../../lambdas/adapters/eks/vpcs.ts';

/** EKS with these clusters, by their VPCs; and for which it was asked. */
function eks(vpcs: Readonly<Record<string, string>>): { client: EKSClient; asked: string[] } {
  const asked: string[] = [];
  const handle = ({ path }: HttpRequest) => {
    const name = path.split('/').at(-1) ?? '';
    asked.push(name);
    const vpcId = vpcs[name];
    const [statusCode, body] =
      vpcId === undefined
        ? [404, { message: `No cluster found for name: ${name}.` }]
        : [200, { cluster: { name, resourcesVpcConfig: { vpcId } } }];
    const headers: Record<string, string> =
      statusCode === 404 ? { 'x-amzn-errortype': 'ResourceNotFoundException' } : {};
    return Promise.resolve({
      response: new HttpResponse({ statusCode, headers, body: Buffer.from(JSON.stringify(body)) }),
    });
  };
  const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
  return { client: new EKSClient({ region: 'eu-central-1', credentials, requestHandler: { handle } }), asked };
}

test('are those of the configured clusters; one that is not there has none, and is asked for again', async () => {
  const { client, asked } = eks({ blue: 'vpc-1', green: 'vpc-2' });
  const allowed = allowedVpcs(client, { clusters: ['blue', 'green', 'gone'], vpcs: [] });
  expect(await allowed()).toEqual(new Set(['vpc-1', 'vpc-2']));
  expect(await allowed()).toEqual(new Set(['vpc-1', 'vpc-2']));
  expect(asked.toSorted()).toEqual(['blue', 'gone', 'gone', 'green']);
});

test('are the configured VPCs where there are any, and no cluster is asked for', async () => {
  const { client, asked } = eks({ blue: 'vpc-1' });
  expect(await allowedVpcs(client, { clusters: ['blue'], vpcs: ['vpc-3'] })()).toEqual(new Set(['vpc-3']));
  expect(asked).toEqual([]);
});
