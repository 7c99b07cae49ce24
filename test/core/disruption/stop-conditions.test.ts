/** What keeps a group from replacing a node that goes (contract 9.7). */
import { describe, expect, test } from 'vitest';
import { suspension } from '../../../lambdas/core/disruption/stop-conditions.ts';
import { aGroup } from '../../given.ts';

describe('suspended', () => {
  test.each([
    [['Launch'], 'its process Launch is suspended'],
    [['AZRebalance', 'HealthCheck', 'Terminate'], 'its processes Terminate, AZRebalance are suspended'],
    [['HealthCheck', 'AlarmNotification'], undefined],
  ])('%j: %s', (suspended, expected) => {
    expect(suspension(aGroup({ suspended }))).toBe(expected);
  });
});
