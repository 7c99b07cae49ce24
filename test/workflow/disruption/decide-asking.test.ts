/** Questions of a decision, asked of the outside until none is open. */
import { describe, expect, test } from 'vitest';
import type { Launched } from '../../../lambdas/core/aws/group.ts';
import { openQuestions, type Answers, type Questions } from '../../../lambdas/core/disruption/questions.ts';
import { decideAsking, type QuestionPorts } from '../../../lambdas/workflow/disruption/decide-asking.ts';
import { aGroup, NO_LOAD_BALANCERS, NOON } from '../../given.ts';

const LAUNCHED: Launched = { image: 'ami-1', at: NOON, startedAt: NOON };

/** EC2 knows i-1 alone. */
class Outside {
  readonly asked: string[] = [];

  ports(
    underWay: () => Promise<string | undefined> = () => Promise.resolve(undefined),
    repairs: () => Promise<boolean> = () => Promise.resolve(true),
  ): QuestionPorts {
    return {
      changes: {
        underWay: ({ name }) => {
          this.asked.push(name);
          return underWay();
        },
        repairs: ({ name }) => {
          this.asked.push(`repairs ${name}`);
          return repairs();
        },
      },
      launches: {
        launched: (instances) => {
          this.asked.push(instances.join(' '));
          return Promise.resolve(new Map([['i-1', LAUNCHED]]));
        },
      },
      zonalShifts: {
        read: () => {
          this.asked.push('shifts');
          return Promise.resolve({ kind: 'read', resources: [] });
        },
      },
      balancing: NO_LOAD_BALANCERS,
      journal: { report: () => undefined },
      view: {
        countPods: (node) => {
          this.asked.push(node);
          return Promise.resolve(7);
        },
      },
    };
  }
}

/** Asks these questions one after the other, and decides by their answers. */
function asking(...steps: readonly Partial<Questions>[]) {
  return (answers: Answers) => {
    const [open] = steps.flatMap((step) => openQuestions(step, answers) ?? []);
    return open ?? { answers };
  };
}

const workers = aGroup({ name: 'workers' });

describe('a decision that asks', () => {
  test('gets every answer, and undefined for an instance that EC2 does not know', async () => {
    const shifts = [{ cluster: 'production', groups: ['workers'] }];
    const asked = { instances: ['i-1', 'i-2'], groups: [workers], nodes: ['node-1'] };
    const questions = { ...asked, repaired: [workers], shifts };
    const { answers } = await decideAsking(asking(questions), new Outside().ports());
    expect(answers).toEqual({
      launched: new Map([
        ['i-1', LAUNCHED],
        ['i-2', undefined],
      ]),
      changes: new Map([['workers', undefined]]),
      pods: new Map([['node-1', 7]]),
      repairs: new Map([['workers', true]]),
      shifts: new Map([['production', undefined]]),
    });
  });

  test('asks each question once, and nothing that an earlier step has asked', async () => {
    const outside = new Outside();
    const first = { instances: ['i-1', 'i-2'], groups: [workers] };
    const second = { instances: ['i-2', 'i-3'], groups: [workers], nodes: ['node-1'], repaired: [workers] };
    await decideAsking(asking(first, second), outside.ports());
    expect(outside.asked).toEqual(['workers', 'i-1 i-2', 'i-3', 'node-1', 'repairs workers']);
  });

  test('asks nobody when it has no question', async () => {
    const outside = new Outside();
    await decideAsking(asking({}), outside.ports());
    expect(outside.asked).toEqual([]);
  });

  test('takes a group as changed when nobody can tell whether it is', async () => {
    const refused = () => Promise.reject(new Error('throttled'));
    const { answers } = await decideAsking(asking({ groups: [workers] }), new Outside().ports(refused));
    expect(answers.changes.get('workers')).toBe('it is unknown whether somebody changes it: Error: throttled');
  });

  test('knows that nobody can tell whether EKS repairs a group', async () => {
    const refused = () => Promise.reject(new Error('throttled'));
    const { answers } = await decideAsking(asking({ repaired: [workers] }), new Outside().ports(undefined, refused));
    expect(answers.repairs.get('workers')).toEqual({
      fault: 'it is unknown whether EKS repairs its nodes: Error: throttled',
    });
  });
});
