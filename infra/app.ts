/** The CDK app: makes the stack from the configuration, checks it with cdk-nag and AWS's quotas. Needs no account. */
import { Annotations, App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag';
import { readConfiguration, unnamed } from './configuration/configuration-source.ts';
import { EbbStack, stackName } from './ebb-stack.ts';
import { Quotas } from './limits/quotas.ts';
import { WrongConfiguration } from './configuration/fault.ts';

/** Turns off the CDK's own limit of 500 resources, which does not say what to do. quotas.ts does. */
const OWN_QUOTAS = { '@aws-cdk/core:stackResourceLimit': 0 };

try {
  const app = new App({ context: OWN_QUOTAS });
  const context: unknown = app.node.tryGetContext('ebb');
  const configuration = readConfiguration(context);
  const stack = new EbbStack(app, stackName(configuration), {
    configuration,
    env: { account: process.env.CDK_DEFAULT_ACCOUNT, region: process.env.CDK_DEFAULT_REGION },
  });
  const warning = unnamed(context);
  if (warning !== undefined) Annotations.of(stack).addWarningV2('ebb:unnamed', warning);
  Validations.of(app).addPlugins(new Quotas(), new AwsSolutionsChecks(app), new ServerlessChecks(app));
} catch (error) {
  if (!(error instanceof WrongConfiguration)) throw error;
  // The faults are the message: no stack trace.
  console.error(error.message);
  process.exitCode = 1;
}
