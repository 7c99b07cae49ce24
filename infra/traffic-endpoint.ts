import { ArnFormat, CfnOutput, Duration, Stack } from 'aws-cdk-lib';
import { FunctionUrlAuthType } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { FIND_INSTANCE_ACTIONS } from '../lambdas/adapters/ec2/finder.ts';
import { CLUSTER_VPC_ACTIONS } from '../lambdas/adapters/eks/vpcs.ts';
import { BALANCER_READ_ACTIONS } from '../lambdas/adapters/load-balancing/elastic-load-balancing.ts';
import { SECRET_ACTIONS } from '../lambdas/adapters/aws/secrets.ts';
import type { Configuration } from '../lambdas/entry/configuration/configuration.ts';
import { LONGEST_WAIT_SECONDS } from '../lambdas/entry/http/request.ts';
import { METRICS } from '../lambdas/entry/reporting/metric-names.ts';
import type { EndpointSettings } from '../lambdas/entry/configuration/settings.ts';
import { alarmOnAny, countedBy } from './alarms/alarm.ts';
import { clusterArns } from './cluster-access.ts';
import { onClusterBalancers } from './permissions/cluster-balancers.ts';
import { EbbFunction } from './ebb-function.ts';
import type { GrantedStatement } from './permissions/granted-statement.ts';

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
      EBB_CLUSTERS: configuration.clusters.map(({ name }) => name).join(','),
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
        ...this.#secretStatements(endpoint),
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
      ...(vpcs === undefined ? [{ actions: CLUSTER_VPC_ACTIONS, resources: clusterArns(this, configuration) }] : []),
    ];
  }

  #secretStatements({ secretArn, secretName }: Endpoint): GrantedStatement[] {
    const resources = [...(secretArn ? [secretArn] : []), ...(secretName ? [this.#arnOf(secretName)] : [])];
    return resources.length === 0 ? [] : [{ actions: SECRET_ACTIONS, resources }];
  }

  /** Returns the ARN. Secrets Manager adds a hyphen and six characters to a name. */
  #arnOf(secretName: string): string {
    return Stack.of(this).formatArn({
      service: 'secretsmanager',
      resource: 'secret',
      resourceName: `${secretName}-??????`,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
  }
}
