/** The CDK app: reads the configuration, makes the stack, checks it with cdk-nag. Needs no account. */
import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag';
import { readConfiguration } from './configuration-source.ts';
import { EbbStack } from './ebb-stack.ts';
import { WrongConfiguration } from './configuration/fault.ts';

try {
  const app = new App();
  const configuration = readConfiguration(app.node.tryGetContext('ebb'));
  new EbbStack(app, 'Ebb', {
    configuration,
    env: { account: process.env.CDK_DEFAULT_ACCOUNT, region: process.env.CDK_DEFAULT_REGION },
  });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app));
} catch (error) {
  if (!(error instanceof WrongConfiguration)) throw error;
  // The faults are the message; a stack trace would bury them.
  console.error(error.message);
  process.exitCode = 1;
}
