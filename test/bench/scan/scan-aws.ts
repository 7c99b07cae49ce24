/**
 * AWS for a made-up cluster, as far as a scan asks: written answers in each service's own protocol, with all that the
 * real ones tell of an instance, since reading that is most of the work. Signatures are not looked at.
 */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SETTINGS } from './scan-marks.ts';
import { group, reservation, templateVersion } from './scan-answers.ts';
import { CLUSTER, instanceId, PER_GROUP, type MadeUpFleet } from './scan-fleet.ts';

export interface CannedAws {
  readonly url: string;
  readonly server: Server;
  readonly instanceBytes: number;
}

interface World {
  readonly fleet: MadeUpFleet;
  readonly kubernetes: { readonly url: string; readonly ca: string };
}

/** Under this path the cluster's settings are. */
export const PARAMETERS = '/ebb/clusters/';

const GROUPS_PER_PAGE = 100;

export async function serveAws(world: World, counted: (request: string) => void): Promise<CannedAws> {
  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      const { action, answer } = answerTo(request, body, world);
      counted(action);
      response.end(answer);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, server, instanceBytes: reservation(instanceId(0), world.fleet).length };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

function answerTo(request: IncomingMessage, body: string, world: World): { action: string; answer: string } {
  const { 'x-amz-target': target } = request.headers;
  if (typeof target === 'string') {
    const action = target.split('.')[1] ?? '';
    return { action, answer: JSON.stringify(parameters(action)) };
  }
  if (request.method === 'GET') return answerToGet(request.url ?? '', world);
  const asked = new URLSearchParams(body);
  const action = asked.get('Action') ?? '';
  return { action, answer: QUERIES[action]?.(asked, world) ?? '' };
}

/** ARC, which manages nothing, and EKS. */
function answerToGet(path: string, world: World): { action: string; answer: string } {
  if (path.startsWith('/managedresources')) return { action: 'ListManagedResources', answer: '{"items":[]}' };
  if (path.includes('/node-groups/'))
    return { action: 'DescribeNodegroup', answer: '{"nodegroup":{"status":"ACTIVE"}}' };
  return { action: 'DescribeCluster', answer: JSON.stringify({ cluster: clusterOf(world) }) };
}

function parameters(action: string): object {
  const parameter = { Name: `${PARAMETERS}${CLUSTER}`, Type: 'String', Value: SETTINGS };
  return action === 'GetParameter' ? { Parameter: parameter } : { Parameters: [parameter] };
}

function clusterOf({ kubernetes: { url, ca } }: World): object {
  const certificateAuthority = { data: Buffer.from(ca).toString('base64') };
  return { name: CLUSTER, endpoint: url, certificateAuthority, status: 'ACTIVE', version: '1.33' };
}

const QUERIES: Readonly<Record<string, (asked: URLSearchParams, world: World) => string>> = {
  DescribeAutoScalingGroups: (asked, { fleet }) => {
    // By name it is the configured one alone, by tag all of them.
    const groups = asked.has('AutoScalingGroupNames.member.1') ? 1 : Math.ceil(fleet.nodes / PER_GROUP);
    const first = Number(asked.get('NextToken') ?? '0');
    const next = Math.min(groups, first + GROUPS_PER_PAGE);
    const items = Array.from({ length: next - first }, (_, index) => group(first + index, fleet));
    const more = next < groups ? `<NextToken>${next}</NextToken>` : '';
    return result('DescribeAutoScalingGroups', `<AutoScalingGroups>${items.join('')}</AutoScalingGroups>${more}`);
  },
  DescribeInstanceRefreshes: () => result('DescribeInstanceRefreshes', '<InstanceRefreshes/>'),
  DescribeLaunchTemplateVersions: (asked) => {
    const id = asked.get('LaunchTemplateId') ?? '';
    const versions = [...asked].flatMap(([name, value]) => (name.startsWith('LaunchTemplateVersion.') ? [value] : []));
    const found = versions.map((version) => templateVersion(id, version));
    return ec2('DescribeLaunchTemplateVersions', 'launchTemplateVersionSet', found.join(''));
  },
  DescribeInstances: (asked, { fleet }) => {
    const ids = [...asked].flatMap(([name, value]) => (name.startsWith('InstanceId.') ? [value] : []));
    return ec2('DescribeInstances', 'reservationSet', ids.map((id) => reservation(id, fleet)).join(''));
  },
};

function result(action: string, content: string): string {
  return `<${action}Response xmlns="http://autoscaling.amazonaws.com/doc/2011-01-01/"><${action}Result>${content}</${action}Result></${action}Response>`;
}

function ec2(action: string, list: string, items: string): string {
  return `<${action}Response xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>r</requestId><${list}>${items}</${list}></${action}Response>`;
}
