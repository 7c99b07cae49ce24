import { describe, expect, test } from 'vitest';
import { nodesOfMachine, proved, type MachineIdentity } from '../../../lambdas/core/node/identity.ts';
import { instanceOf, isInstance, type Node } from '../../../lambdas/core/kubernetes/node.ts';
import { aNode, NOON, SECOND } from '../../given.ts';

const MACHINE: MachineIdentity = {
  instance: 'i-0123456789abcdef0',
  dnsName: 'ip-10-0-1-2.ec2.internal',
  addresses: ['10.0.1.2', '10.0.1.77'],
};

/** Without a providerID. */
function aBareNode(given: Partial<Node> = {}): Node {
  const node: { -readonly [Field in keyof Node]: Node[Field] } = aNode({ internalIps: ['10.0.1.2'], ...given });
  delete node.providerId;
  return node;
}

describe('a node without a providerID (contract 2.1)', () => {
  test.each<[string, Node, MachineIdentity, boolean]>([
    ['of the machine’s name and address is it', aBareNode(), MACHINE, true],
    [
      'of its name and any of its addresses is it',
      aBareNode({ internalIps: ['10.0.9.9', '10.0.1.77'] }),
      MACHINE,
      true,
    ],
    ['of its name and another address is not', aBareNode({ internalIps: ['10.0.9.9'] }), MACHINE, false],
    ['of its name that tells no address is not', aBareNode({ internalIps: [] }), MACHINE, false],
    ['of its address and another name is not', aBareNode({ name: 'another' }), MACHINE, false],
    [
      'of a machine that EC2 tells nothing of is not',
      aBareNode(),
      { instance: MACHINE.instance, addresses: [] },
      false,
    ],
  ])('%s', (_what, node, machine, isIt) => {
    expect(isInstance(proved(node, machine), MACHINE.instance)).toBe(isIt);
    expect(instanceOf(proved(node, machine))).toBe(isIt ? MACHINE.instance : undefined);
  });

  test('is told from one with another machine’s providerID, whatever its name and address', () => {
    const node = aNode({ providerId: 'aws:///a/i-0fedcba9876543210', internalIps: ['10.0.1.2'] });
    expect(proved(node, MACHINE)).toEqual(node);
    expect(isInstance(proved(node, MACHINE), MACHINE.instance)).toBe(false);
  });
});

describe('the nodes of a machine', () => {
  const named = (name: string, given: Partial<Node> = {}): Node => aNode({ name, ...given });
  const namesOf = (found: readonly Node[]) => {
    const { node, others, unproven } = nodesOfMachine(found, MACHINE);
    return { node: node?.name, others: others.map(({ name }) => name), unproven };
  };

  test('are none, where there is none', () => {
    expect(namesOf([])).toEqual({ node: undefined, others: [], unproven: [] });
  });

  test('are usually one', () => {
    expect(namesOf([named('a')])).toEqual({ node: 'a', others: [], unproven: [] });
  });

  test('are told with the Ready one first, however old and whatever its name', () => {
    const stale = named(MACHINE.dnsName ?? '', { notReadySince: NOON, createdAt: NOON });
    expect(namesOf([stale, named('new', { createdAt: NOON - SECOND })])).toEqual({
      node: 'new',
      others: [MACHINE.dnsName],
      unproven: [],
    });
  });

  test.each([
    ['of several that are Ready', {}],
    ['of several of which none is', { notReadySince: NOON }],
  ])('are told with the latest first, %s', (_which, given) => {
    const old = named('a', { ...given, createdAt: NOON - SECOND });
    expect(namesOf([old, named('b', { ...given, createdAt: NOON })])).toEqual({
      node: 'b',
      others: ['a'],
      unproven: [],
    });
  });

  test('are told apart from one of its name that nothing proves to be it', () => {
    expect(namesOf([aBareNode({ internalIps: ['10.0.9.9'] }), named('b')])).toEqual({
      node: 'b',
      others: [],
      unproven: [MACHINE.dnsName],
    });
  });
});
