import { Stack, Validations } from 'aws-cdk-lib';
import { Alarm } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { Topic, type ITopic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import type { Configuration } from '../../lambdas/entry/configuration/configuration.ts';

type Alarms = NonNullable<Configuration['alarms']>;

/** Topic of the stack's alarms: an existing one, or one of ours that sends mail. */
export class AlarmTopic extends Construct {
  readonly #topic: ITopic;

  constructor(scope: Construct, id: string, { topicArn, email }: Alarms) {
    super(scope, id);
    this.#topic = topicArn === undefined ? this.#made() : Topic.fromTopicArn(this, 'Topic', topicArn);
    if (email === undefined) return;
    this.#topic.addSubscription(new EmailSubscription(email));
    const reason = 'A mail that cannot be delivered has nobody else to go to; the alarm stays raised.';
    Validations.of(this).acknowledge({ id: 'Serverless-SNSRedrivePolicy', reason });
  }

  /** Adds the topic to every alarm of the stack. Call it once all alarms exist. */
  tellOfAll(): void {
    const action = new SnsAction(this.#topic);
    for (const construct of Stack.of(this).node.findAll()) {
      if (construct instanceof Alarm) construct.addAlarmAction(action);
    }
  }

  #made(): Topic {
    return new Topic(this, 'Topic', { displayName: 'Ebb', enforceSSL: true });
  }
}
