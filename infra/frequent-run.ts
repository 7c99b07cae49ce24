import { Duration } from 'aws-cdk-lib';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { Alias } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { deadLetterQueue } from './ebb-function.ts';

export interface FrequentRunProps {
  readonly alias: Alias;
  /** Minutes between two runs: a divisor of the hour. */
  readonly everyMinutes: number;
  /** Minutes past the hour of the first run, so that functions which follow each other do so soon. @default 0 */
  readonly fromMinute?: number;
  readonly description: string;
  /** What the dead-letter queue holds, such as `sweeps that never began`. */
  readonly undelivered: string;
}

/** Schedule of a function that runs every few minutes and does all work each time. A late run is dropped. */
export class FrequentRun extends Construct {
  constructor(
    scope: Construct,
    id: string,
    { alias, everyMinutes, fromMinute = 0, description, undelivered }: FrequentRunProps,
  ) {
    super(scope, id);
    new Rule(this, 'Schedule', {
      description,
      schedule: Schedule.cron({ minute: `${fromMinute}/${everyMinutes}` }),
      targets: [
        new LambdaFunction(alias, {
          deadLetterQueue: deadLetterQueue(this, 'Undelivered', undelivered),
          // A late run is not missed: the next one does all of it.
          maxEventAge: runInterval(everyMinutes),
        }),
      ],
    });
  }
}

/** Longest wait of a run: one that is late, or fails again after that, is left to the next, so that none queue up. */
export function runInterval(everyMinutes: number): Duration {
  return Duration.minutes(everyMinutes);
}

/** Time limit of a run: it ends before the next begins. */
export function runTimeout(everyMinutes: number): Duration {
  return Duration.minutes(everyMinutes - 1);
}
