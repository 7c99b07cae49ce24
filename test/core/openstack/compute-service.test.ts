/** The nova-compute service of a node, and whose it is to enable (contract 11.1, 11.4). */
import { describe, expect, test } from 'vitest';
import {
  disabledReasonOf,
  hostNamesOf,
  isDisabledByUs,
  serviceOf,
  type ComputeService,
} from '../../../lambdas/core/openstack/compute-service.ts';

type AskedNode = Parameters<typeof hostNamesOf>[0];

function aNode(name: string, marks: { label?: string; annotation?: string } = {}): AskedNode {
  const { label, annotation } = marks;
  return {
    name,
    labels: label === undefined ? {} : { 'ebb/nova-host': label },
    annotations: annotation === undefined ? {} : { 'ebb/nova-host': annotation },
  };
}

function aService(host: string): ComputeService {
  return { id: `id-of-${host}`, host, isEnabled: true, isUp: true };
}

describe('the names of a node’s compute host (contract 11.1)', () => {
  test.each([
    ['its own and its short name', aNode('hv-a.rack1.example.com'), ['hv-a.rack1.example.com', 'hv-a'], false],
    ['one name where there is no domain', aNode('hv-a'), ['hv-a'], false],
    ['the label’s value', aNode('node-1', { label: 'hv-a' }), ['hv-a'], true],
    [
      'the annotation’s value before the label’s',
      aNode('node-1', { label: 'hv-b', annotation: 'hv-a' }),
      ['hv-a'],
      true,
    ],
    ['its own where the label only says that it is one', aNode('hv-a', { label: 'true' }), ['hv-a'], true],
    ['its own where the label is empty', aNode('hv-a', { label: '' }), ['hv-a'], true],
  ])('are %s', (_, node, names, isNamed) => {
    expect(hostNamesOf(node)).toEqual({ names, isNamed });
  });

  test('find the service by the whole name before the short one', () => {
    const services = [aService('hv-a'), aService('hv-a.example.com')];
    expect(serviceOf(aNode('hv-a.example.com'), services)).toMatchObject({ service: { host: 'hv-a.example.com' } });
    expect(serviceOf(aNode('hv-a.other.com'), services)).toMatchObject({ service: { host: 'hv-a' } });
  });

  test('find none for a node that is no compute host, and a fault for one that says it is', () => {
    expect(serviceOf(aNode('web-1'), [aService('hv-a')])).toEqual({ kind: 'none' });
    expect(serviceOf(aNode('web-1', { label: 'hv-z' }), [aService('hv-a')])).toEqual({
      kind: 'missing',
      reason: 'node web-1 says that it is compute host hv-z, which Nova does not know',
    });
  });
});

describe('the reason of a disabled service (contract 11.1, 11.4)', () => {
  test('names the installation, and is cut to what Nova takes', () => {
    expect(disabledReasonOf('ebb', 'node hv-a is retired')).toBe('Ebb (ebb): node hv-a is retired');
    expect(disabledReasonOf('ebb', 'x'.repeat(400))).toHaveLength(255);
  });

  test.each([
    ['ours', 'Ebb (ebb): node hv-a is retired', true],
    ['another installation’s', 'Ebb (ebb-two): node hv-a is retired', false],
    ['a person’s', 'memory is broken', false],
    ['a person’s who quotes us', 'see Ebb (ebb): node hv-a', false],
    ['none', undefined, false],
  ])('is %s', (_, disabledReason, expected) => {
    const service = { isEnabled: false, ...(disabledReason !== undefined && { disabledReason }) };
    expect(isDisabledByUs(service, 'ebb')).toBe(expected);
  });

  test('is nobody’s while the service is enabled', () => {
    expect(isDisabledByUs({ isEnabled: true, disabledReason: 'Ebb (ebb): x' }, 'ebb')).toBe(false);
  });
});
