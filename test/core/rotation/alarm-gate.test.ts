/** Alarms that keep a batch from beginning (contract 10.2). */
import { describe, expect, test } from 'vitest';
import { raisedAlarms, unknownAlarms, type Alarm } from '../../../lambdas/core/rotation/alarm-gate.ts';

const quiet: Alarm = { name: 'quiet', isRaised: false, reason: 'all is well' };
const raised: Alarm = { name: 'errors', isRaised: true, reason: '5 datapoints were over 10' };

describe('alarms', () => {
  test('that are raised are named with why they are', () => {
    expect(raisedAlarms(['quiet', 'errors'], [quiet, raised])).toEqual(['alarm errors: 5 datapoints were over 10']);
  });

  test('that are not raised keep nothing from beginning', () => {
    expect(raisedAlarms(['quiet'], [quiet])).toEqual([]);
  });

  test('that have gone meanwhile keep the next batch from beginning: nobody knows what they would say', () => {
    expect(raisedAlarms(['quiet', 'errors'], [quiet])).toEqual(['alarm errors has gone']);
    expect(unknownAlarms(['quiet', 'errors'], [quiet])).toEqual(['errors']);
  });

  test('have a reason that is cut, and may have none', () => {
    expect(raisedAlarms(['errors'], [{ ...raised, reason: 'x'.repeat(900) }])[0]).toHaveLength(214);
    expect(raisedAlarms(['errors'], [{ ...raised, reason: '' }])).toEqual(['alarm errors']);
  });
});
