/** A person's own machine: `ebb` is started on it as they do, against a cluster and AWS that are peers. */
import { spawn, type ChildProcess } from 'node:child_process';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { KubeconfigFolder } from '../../../peers/own-cluster/kubeconfig-given.ts';
import { Machines } from '../../../machines.ts';
import { GROUP, Rehearsal, type RehearsalPlan } from '../../../workflow/retirement/rehearsal.ts';
import { runDriven, type Ended } from './run-driven.ts';

const PROJECT = resolve(import.meta.dirname, '../../../..');

export class OwnMachine implements AsyncDisposable {
  readonly rehearsal: Rehearsal;
  readonly kubeconfig: string;
  /** A configuration file: all nodes of so small a cluster may leave at once. */
  readonly config: string;
  readonly #folder = new KubeconfigFolder();

  private constructor(rehearsal: Rehearsal) {
    this.rehearsal = rehearsal;
    const { aws, kubernetes } = rehearsal;
    this.kubeconfig = this.#folder.write('config', kubernetes.kubeconfig());
    const clusters = [{ name: 'production', groups: [{ name: GROUP }], maxLeaving: '100%' }];
    this.config = this.#folder.write('ebb.json', JSON.stringify({ name: 'ebb-own', clusters }));
    const machines = new Machines({ aws, kubernetes });
    for (const instance of rehearsal.instances) machines.nodes.set(instance, rehearsal.nodeOf(instance));
    machines.follow({ seconds: 30 });
  }

  static async start(plan: RehearsalPlan = {}): Promise<OwnMachine> {
    const groupTags = { 'kubernetes.io/cluster/production': 'owned' };
    const rehearsal = await Rehearsal.start({ metadata: null, groupTags, ...plan });
    await rehearsal.ready();
    return new OwnMachine(rehearsal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#folder[Symbol.dispose]();
    await this.rehearsal[Symbol.asyncDispose]();
  }

  /** Runs it in a thread on driven time, to its end. */
  async ebb(...args: readonly string[]): Promise<Ended> {
    const { clock } = this.rehearsal;
    // Nodes that are there are older than what begins now.
    await clock.advance(60_000);
    return await runDriven(args, { clock, env: this.#environment() });
  }

  /** Starts it as a process, in real time. */
  spawn(...args: readonly string[]): { readonly child: ChildProcess; readonly ended: Promise<Ended> } {
    const env = { ...process.env, ...this.#environment() };
    const child = spawn(process.execPath, ['infra/cli/ebb.js', ...args], { cwd: PROJECT, env });
    const status = new Promise<number | null>((end) => child.once('close', end));
    const ended = Promise.all([status, text(child.stdout), text(child.stderr)]).then(([code, stdout, stderr]) => ({
      status: code,
      stdout,
      stderr,
    }));
    return { child, ended };
  }

  #environment(): Record<string, string> {
    // Hints name the command as its user types it, and npm must not be the one here.
    const by = { npm_lifecycle_event: '' };
    return { ...by, PATH: process.env.PATH ?? '', KUBECONFIG: this.kubeconfig, ...this.rehearsal.aws.environment() };
  }
}
