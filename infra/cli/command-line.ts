/**
 * Commands of `ebb`: their purposes, options and examples. Help, usage errors and completion are made from them. The
 * code of a command is loaded when it runs, so that help and errors answer at once.
 */
import { Argument, Command } from 'commander';
import { readFileSync } from 'node:fs';
import type { PrintOptions } from './cluster-role.ts';
import { completionScript, SHELLS, type Shell } from './completion.ts';
import { addCommand, ending, typed } from './added-command.ts';
import { DONE } from './exit-status.ts';
import { DRIFT_TAINTER, RETIREMENT, SWEEP } from './functions/asked-functions.ts';
import type { AskedFunction, AskOptions } from './functions/function-command.ts';
import { addEvacuate } from './evacuation/add-evacuate.ts';
import { addOperatorCommands } from './operator/operator-commands.ts';
import { readServiceAccountName } from './service-account-name.ts';

const EXIT_STATUS = `
Exit status:
  0  done
  1  could not be done, or something wrong was found; standard error says what
  2  wrong usage; nothing was done`;

const BESIDE = `
In this folder, \`npx ebb\` starts it; \`npm run -s COMMAND -- OPTIONS\` does the same.

These need the test folder, and are npm scripts alone (each knows --help):
  npm run demo        drains a node, on embedded peers or in your own cluster
  npm run -s cost     what a drain costs that a budget blocks
  npm run bench       Ebb beside kubectl drain
  npm run scan-bench  the drift scan of many nodes
  npm run explore     looks for scenarios that break a promise`;

/** Commander throws a CommanderError for wrong usage, and after help and version. */
export function commandLine(): Command {
  const program = new Command('ebb')
    .description('Ebb drains nodes of Kubernetes on AWS before they go. This command line installs and watches it.')
    .version(packageVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .configureHelp({ subcommandTerm: (command) => command.name() })
    .showHelpAfterError(`See ${typed()} --help.`)
    .exitOverride()
    .addHelpText('after', BESIDE)
    .addHelpText('afterAll', EXIT_STATUS);
  program.commandsGroup('Look at an installation (nothing is changed):');
  addDrift(program);
  addSweep(program);
  addRetirements(program);
  program.commandsGroup('Replace nodes:');
  addOperatorCommands(program);
  addEvacuate(program);
  program.commandsGroup('Install:');
  addClusterRole(program);
  addBuild(program);
  addConfigurationTable(program);
  addOperatorApi(program);
  program.commandsGroup('Other:');
  addCompletion(program);
  return program.helpCommand('help [COMMAND]', 'print the help of a command');
}

function packageVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

interface Json {
  readonly json?: true;
}

function addDrift(program: Command): void {
  const command = addCommand(program, 'drift', {
    summary: 'which nodes are out of date, and when each is replaced',
    description:
      'Dry run of the drift tainter. Prints which nodes have drifted, which go now, and what the others wait for.',
    examples: ['--function Ebb-Drift-1A2B', '--function Ebb-Drift-1A2B --json'],
  });
  askingFor(command, DRIFT_TAINTER, 'print a line of JSON for each cluster').action(
    ending(async (options: AskOptions) => (await import('./functions/dry-run.ts')).showDrift(DRIFT_TAINTER, options)),
  );
}

function addSweep(program: Command): void {
  const command = addCommand(program, 'sweep', {
    summary: 'which nodes bear a drain taint, and what the sweep does with each',
    description: 'Dry run of the sweep. Prints which nodes bear a drain taint, and what the sweep would do with each.',
    examples: ['--function Ebb-Sweep-1A2B', '--function Ebb-Sweep-1A2B --json'],
  });
  askingFor(command, SWEEP, 'print a line of JSON for each cluster').action(
    ending(async (options: AskOptions) => (await import('./functions/dry-run.ts')).showSweep(SWEEP, options)),
  );
}

function addRetirements(program: Command): void {
  const command = addCommand(program, 'retirements', {
    summary: 'what each running retirement does now, and what holds it',
    description:
      'Prints what each running retirement does now, for how long, what holds it, and how much time it has left.',
    examples: ['--function Ebb-Retirement-1A2B', '--function Ebb-Retirement-1A2B --node ip-10-0-1-2.ec2.internal'],
  });
  askingFor(command, RETIREMENT, 'print a line of JSON for each retirement')
    .option('--node <NODE>', "only this node's retirement; an instance id will do")
    .action(
      ending(async (options: AskOptions & { readonly node?: string }) =>
        (await import('./functions/retirements.ts')).showRetirements(RETIREMENT, options),
      ),
    );
}

function addClusterRole(program: Command): void {
  addCommand(program, 'cluster-role', {
    summary: 'what to apply in each cluster before Ebb is deployed',
    description: 'Prints the ClusterRoles, their bindings and the admission policies, as YAML for kubectl apply -f -.',
    examples: [
      '| kubectl apply -f -',
      'staging.json | kubectl apply -f -',
      '--service-account kube-system/ebb | kubectl apply -f -',
    ],
  })
    .argument('[FILE]', 'configuration file (default: context.ebb of cdk.json)')
    .option(
      '--service-account <NAMESPACE/NAME>',
      'for a cluster with a kubeconfig: print a service account too, a secret for its token, and its rights',
      readServiceAccountName,
    )
    .option('--json', 'print JSON, which kubectl takes as well')
    .action(
      ending(async (file: string | undefined, options: PrintOptions) =>
        (await import('./cluster-role.ts')).printClusterRole(file, options),
      ),
    );
}

function addBuild(program: Command): void {
  addCommand(program, 'build', {
    summary: 'bundle the functions, and print what each weighs',
    description: 'Bundles every function as the stack does. Prints its bytes, and the CPU time of a cold import.',
    examples: ['', '--json'],
  })
    .option('--json', 'print a line of JSON for each function')
    .action(ending(async ({ json }: Json) => (await import('./build.ts')).build(json)));
}

function addConfigurationTable(program: Command): void {
  addCommand(program, 'configuration-table', {
    summary: 'write the list of configuration fields and the JSON schema anew',
    description:
      'Writes the list of configuration fields and the JSON schema for editors anew, from the schema in the code.',
    examples: ['', '--check'],
  })
    .option('--check', 'write nothing; end with 1 if a file is out of date')
    .option('--json', 'print a line of JSON for each file')
    .action(
      ending(async (options: Json & { readonly check?: true }) =>
        (await import('./generated-files.ts')).writeConfigurationTable(options),
      ),
    );
}

function addOperatorApi(program: Command): void {
  addCommand(program, 'operator-api', {
    summary: 'write the OpenAPI document of the operator anew',
    description: 'Writes the OpenAPI document of the operator’s URL anew, from the schemas in the code.',
    examples: ['', '--check'],
  })
    .option('--check', 'write nothing; end with 1 if the file is out of date')
    .option('--json', 'print a line of JSON for the file')
    .action(
      ending(async (options: Json & { readonly check?: true }) =>
        (await import('./generated-files.ts')).writeOperatorApi(options),
      ),
    );
}

function addCompletion(program: Command): void {
  addCommand(program, 'completion', {
    summary: 'completion of commands and options for your shell',
    description: 'Prints a script that lets your shell complete commands and options of ebb.',
    examples: [
      'bash > ~/.local/share/bash-completion/completions/ebb',
      'zsh > "${fpath[1]}/_ebb"',
      'fish > ~/.config/fish/completions/ebb.fish',
    ],
  })
    .addArgument(new Argument('<SHELL>').choices(SHELLS))
    .action(
      ending((shell: Shell) => {
        process.stdout.write(completionScript(shell, program));
        return DONE;
      }),
    );
}

/** Adds the options of every command that asks a function. */
function askingFor(command: Command, { is, output }: AskedFunction, json: string): Command {
  const where = `output ${output} of the stack`;
  return command
    .usage('--function <NAME> [options]')
    .option('--function <NAME>', `name of ${is}: ${where}`)
    .option('--json', json)
    .hook('preAction', () => {
      // Commander's own check of mandatory options would call a misspelt --function missing, and suggest nothing.
      const { function: name = '' } = command.opts<Partial<AskOptions>>();
      if (name === '') command.error(`error: --function is missing: the name of ${is}, ${where}`);
    });
}
