/** What a run in this process is made of: a kubeconfig, AWS, and the cluster's settings. */
import { KubeConfig } from '@kubernetes/client-node';
import { existsSync } from 'node:fs';
import type { RunMeans } from '../../../lambdas/entry/library/begin-run.ts';
import type { Configuration } from '../../../lambdas/entry/configuration/configuration.ts';
import { readConfiguration } from '../../configuration/configuration-source.ts';
import { readJson } from '../../configuration/json-file.ts';
import { fieldAt } from '../../configuration/written.ts';
import type { LocalOptions } from './local-options.ts';

/** A file or a context that an option names is not as it must be. Nothing was done. */
export class WrongMeans extends Error {
  override readonly name = 'WrongMeans';
}

/** @throws WrongMeans, WrongConfiguration */
export function localMeans(cluster: string, options: LocalOptions): RunMeans & Required<Pick<RunMeans, 'kubeconfig'>> {
  const { region, config } = options;
  const configuration = configurationIn(config);
  const settings = configuration?.clusters.find(({ name }) => name === cluster);
  if (config !== undefined && settings === undefined) {
    const names = configuration?.clusters.map(({ name }) => name) ?? [];
    throw new WrongMeans(`${config} has no cluster ${cluster}: it has ${names.join(', ')}`);
  }
  return {
    kubeconfig: kubeconfigIn(options),
    aws: { ...(region !== undefined && { region }) },
    ...(settings && { settings }),
    ...(settings && configuration && { hookName: configuration.hookName }),
  };
}

const CDK = 'cdk.json';

/** Undefined when no file is named and the folder has none. */
function configurationIn(file: string | undefined): Configuration | undefined {
  if (file !== undefined) return readConfiguration(file);
  const context = existsSync(CDK) ? fieldAt(readJson(CDK), ['context', 'ebb']) : undefined;
  return context === undefined ? undefined : readConfiguration(context);
}

/** The server that the library takes when it finds no kubeconfig. */
const NO_KUBECONFIG = 'http://localhost:8080';

function kubeconfigIn({ kubeconfig: file, context }: LocalOptions): KubeConfig {
  const config = loaded(file);
  if (context !== undefined) choose(config, context);
  const server = config.getCurrentCluster()?.server;
  if (server === undefined) throw new WrongMeans('the kubeconfig has no current context: name one with --context');
  if (file === undefined && server === NO_KUBECONFIG)
    throw new WrongMeans('there is no kubeconfig: neither $KUBECONFIG nor ~/.kube/config; name one with --kubeconfig');
  return config;
}

function loaded(file: string | undefined): KubeConfig {
  const config = new KubeConfig();
  try {
    if (file === undefined) config.loadFromDefault();
    else config.loadFromFile(file);
    return config;
  } catch (cause) {
    const [words] = (cause instanceof Error ? cause.message : String(cause)).split('\n');
    const which = file ?? 'of $KUBECONFIG or ~/.kube/config';
    throw new WrongMeans(`the kubeconfig ${which} cannot be read: ${words ?? ''}`, { cause });
  }
}

function choose(config: KubeConfig, context: string): void {
  const names = config.getContexts().map(({ name }) => name);
  if (!names.includes(context))
    throw new WrongMeans(`the kubeconfig has no context ${context}: it has ${names.join(', ') || 'none'}`);
  config.setCurrentContext(context);
}
