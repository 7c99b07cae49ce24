import { Duration } from 'aws-cdk-lib';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { Alias } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { deadLetterQueue } from './ebb-function.ts';

export interface FrequentRunProps {
  readonly alias: Alias;
  /** How many minutes lie between two runs: a divisor of the hour. */
  readonly everyMinutes: number;
  /** How many minutes past the hour the first is, so that functions which follow each other do so soon. @default 0 */
  readonly fromMinute?: number;
  readonly description: string;
  /** Such as `sweeps that never began`. */
  readonly undelivered: string;
}

/** A function that runs every few minutes, and does each time all that there is to do: a run that is late is dropped. */
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
          // One that is late is not missed: the next does all of it.
          maxEventAge: runInterval(everyMinutes),
        }),
      ],
    });
  }
}

/** What has not begun by then, or fails again after that, is left to the next run, so that none queue up. */
export function runInterval(everyMinutes: number): Duration {
  return Duration.minutes(everyMinutes);
}

/** So that a run has ended before the next begins. */
export function runTimeout(everyMinutes: number): Duration {
  return Duration.minutes(everyMinutes - 1);
}
