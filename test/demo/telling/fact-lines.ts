/** What is said of what the cluster itself saw, of the traffic and of kills: one line each. */
import { plain, quiet, verb, wait, type Line } from '../../../infra/cli/reports/line.ts';
import { nodeName } from '../../../infra/cli/reports/report-words.ts';
import type { Fact } from '../../peers/kubernetes/storage/facts.ts';
import type { Kill, Scene, TrafficNews } from '../scenario.ts';

/** In a story about several nodes, all of them are looked at. */
export function lineOfFact(fact: Fact, { node, story }: Pick<Scene, 'node' | 'story'>): Line | undefined {
  const isTold = story !== undefined;
  if (fact.kind === 'podReady' && (isTold || fact.node !== node))
    return verb('good', 'Ready', `${fact.namespace}/${fact.pod} on ${nodeName(fact.node ?? '?')}`);
  if (fact.kind === 'volumeDetached' && (isTold || fact.node === node))
    return verb('quiet', 'volume', `${fact.volume} detached${isTold ? ` from ${nodeName(fact.node)}` : ''}`);
  if (fact.kind === 'volumeAttached')
    return verb('quiet', 'volume', `${fact.volume} attached to ${nodeName(fact.node)}`);
  return undefined;
}

export function lineOfTraffic(news: TrafficNews): Line {
  if (news.kind !== 'requests') return plain(`balancer ${news.pool}: ${SEEN_BY_BALANCER[news.kind]}`);
  const { served, failed } = news;
  return (failed === 0 ? quiet : wait)(`requests ${served} served, ${failed} failed`);
}

/** What a load balancer makes of the node. */
const SEEN_BY_BALANCER: Readonly<Record<Exclude<TrafficNews['kind'], 'requests'>, string>> = {
  registered: 'the node is in',
  draining: 'the node is out, and finishes what it has',
  gone: 'the node has drained',
  healthy: 'the node is healthy',
  unhealthy: 'nothing answers at the node any more',
};

export function lineOfKill({ number, of, when }: Kill): Line {
  const lost = when === 'before' ? 'its checkpoint is lost' : 'its checkpoint is kept, the answer lost';
  return verb('wait', 'killed', `the function, ${number} of ${of} times: ${lost}`);
}
