import { CfnOutput, Duration, Stack } from 'aws-cdk-lib';
import { FunctionUrlAuthType } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { FIND_INSTANCE_ACTIONS } from '../lambdas/adapters/ec2/finder.ts';
import { CLUSTER_VPC_ACTIONS } from '../lambdas/adapters/clusters/allowed-vpcs.ts';
import { BALANCER_READ_ACTIONS } from '../lambdas/adapters/load-balancing/elastic-load-balancing.ts';
import type { Configuration } from '../lambdas/entry/configuration/configuration.ts';
import { LONGEST_WAIT_SECONDS } from '../lambdas/entry/http/request.ts';
import { METRICS } from '../lambdas/entry/reporting/metric-names.ts';
import type { EndpointSettings } from '../lambdas/entry/configuration/settings.ts';
import { alarmOnAny, countedBy } from './alarms/alarm.ts';
import { onClusterBalancers } from './permissions/cluster-balancers.ts';
import { EbbFunction } from './ebb-function.ts';
import { eksClusters, onEksClusters } from './permissions/eks-clusters.ts';
import type { GrantedStatement } from './permissions/granted-statement.ts';
import { onSecrets } from './permissions/secrets.ts';

type Endpoint = NonNullable<Configuration['endpoint']>;

export interface TrafficEndpointProps {
  readonly configuration: Configuration;
  readonly endpoint: Endpoint;
}

/** Time for the calls to AWS before and after the longest wait, each with its tries. */
const CALLS = Duration.seconds(60);

/** The function that takes an instance out of its load balancers by HTTP, with its URL and its rights. */
export class TrafficEndpoint extends Construct {
  constructor(scope: Construct, id: string, { configuration, endpoint }: TrafficEndpointProps) {
    super(scope, id);
    const secret = endpoint.secretArn ?? endpoint.secretName;
    const settings: EndpointSettings = {
      EBB_INSTALLATION: configuration.name,
      EBB_CLUSTERS: namesOf(eksClusters(configuration)),
      EBB_OTHER_CLUSTERS: namesOf(configuration.clusters.filter(({ access }) => access !== undefined)),
      EBB_VPCS: (endpoint.vpcs ?? []).join(','),
      EBB_DOOR: secret === undefined ? 'iam' : `secret:${secret}`,
    };
    const { alias } = new EbbFunction(this, 'TrafficEndpoint', {
      entry: 'traffic-endpoint',
      description: 'Ebb: takes an instance out of its load balancers by HTTP',
      settings: { ...settings },
      memorySize: 512,
      timeout: Duration.seconds(LONGEST_WAIT_SECONDS).plus(CALLS),
      concurrency: endpoint.concurrency,
      logRetentionDays: configuration.logRetentionDays,
      statements: [
        ...this.#readStatements(configuration, endpoint),
        ...onClusterBalancers(this, configuration, { ...endpoint, may: ['deregister'] }),
        ...onSecrets(this, secret === undefined ? [] : [secret]),
      ],
    });
    if (secret !== undefined) {
      alarmOnAny(this, 'SecretAlarm', {
        metric: countedBy('traffic-endpoint', configuration, METRICS.secretUnreadable),
        means: 'the secret of the endpoint cannot be read: nobody is let in',
      });
    }
    // With a secret the URL is public: the configuration says so.
    const authType = secret === undefined ? FunctionUrlAuthType.AWS_IAM : FunctionUrlAuthType.NONE;
    const { url } = alias.addFunctionUrl({ authType });
    new CfnOutput(Stack.of(this), 'TrafficEndpointUrl', { value: url, description: 'POST drain?id=i-… there' });
  }

  #readStatements(configuration: Configuration, { vpcs }: Endpoint): GrantedStatement[] {
    return [
      {
        actions: [...BALANCER_READ_ACTIONS, ...FIND_INSTANCE_ACTIONS],
        resources: ['*'],
        wildcardReason: 'Descriptions cannot be limited to a resource.',
      },
      ...(vpcs === undefined ? onEksClusters(this, configuration, CLUSTER_VPC_ACTIONS) : []),
    ];
  }
}

/** Returns the names as the environment holds them. */
function namesOf(clusters: readonly { readonly name: string }[]): string {
  return clusters.map(({ name }) => name).join(',');
}
