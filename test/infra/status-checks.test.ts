/** The right to read status checks of EC2: only where a cluster names one (contract 1.2). */
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseConfiguration } from '../../infra/configuration/parse-configuration.ts';
import { EbbStack } from '../../infra/ebb-stack.ts';
import { statusCheckActions } from '../../infra/permissions/status-checks.ts';
import type { Configuration } from '../../lambdas/entry/configuration/configuration.ts';

const EBS = { statusChecks: [{ check: 'ebs' }] };

/** Two clusters, the second of which has these settings of drift. */
const configured = (drift: object): Configuration =>
  parseConfiguration({ clusters: [{ name: 'green' }, { name: 'blue', drift }], rotation: true });

test.each([
  ['a cluster names one', EBS, ['ec2:DescribeInstanceStatus']],
  ['conditions alone are named', { conditions: [{ type: 'KernelDeadlock' }] }, []],
  ['drift is disabled', { ...EBS, enabled: false }, []],
])('where %s, the actions on status checks are as few as needed', (_where, drift, actions) => {
  expect(statusCheckActions(configured(drift))).toEqual(actions);
});

test('the drift tainter and the rotation have the right', () => {
  const outdir = mkdtempSync(join(tmpdir(), 'ebb-status-checks-'));
  try {
    const app = new App({ outdir, analyticsReporting: false });
    const template = Template.fromStack(new EbbStack(app, 'Ebb', { configuration: configured(EBS) }));
    const policies = Object.entries(template.findResources('AWS::IAM::Policy'));
    for (const entry of ['DriftTainter', 'ClusterRotation']) {
      const granted = policies.filter(
        ([id, policy]) => id.includes(entry) && JSON.stringify(policy).includes('DescribeInstanceStatus'),
      );
      expect(granted).toHaveLength(1);
    }
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}, 240_000);
