/** Options that several commands have, and how their values are read. */
import { type Command, InvalidArgumentError, Option } from 'commander';

/** Values of an option that may be given more than once. */
export const collect = (text: string, before: string[] = []): string[] => [...before, text];
export const list = (text: string): string[] => text.split(',').filter((part) => part !== '');

export function number(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < 0)
    throw new InvalidArgumentError('expected a number of 0 or more.');
  return value;
}

export function integer(text: string): number {
  const value = number(text);
  if (!Number.isSafeInteger(value)) throw new InvalidArgumentError('expected a whole number of 0 or more.');
  return value;
}

/** Options of every command that plays rollouts. */
export function playing(command: Command): Command {
  return command
    .requiredOption('--env <name>', 'environment: built-in, a folder under evals/, or a path to a file')
    .option('--data <dir>', 'folder of data that the environment takes, such as public benchmark files')
    .option('--model <spec>', 'agent: sim:weak|medium|strong, openai:NAME, or a name from models.yaml', 'sim:medium')
    .option('--base-url <url>', 'OpenAI-compatible endpoint of openai:NAME')
    .option('--price-in <usd>', 'US dollars a million input tokens', number)
    .option('--price-out <usd>', 'US dollars a million output tokens', number)
    .option('--max-tokens <n>', 'longest reply of the model', integer)
    .option('--seed <n>', 'seed of every random choice', integer, 1)
    .option('--concurrency <n>', 'rollouts at the same time [8 for sim, 1 for a loopback endpoint, else 4]', integer)
    .option('--max-rollouts <n>', 'hard cap', integer)
    .option('--max-usd <x>', 'hard cap in US dollars', number)
    .option('--max-minutes <n>', 'hard cap, of this try if the night goes on from an earlier one', number)
    .option('--tasks <n>', 'use that many tasks: of a night over all splits, of run in its split', integer)
    .option('--tags <a,b>', 'use tasks with one of these tags', list)
    .option('--json', 'events on stdout, one JSON object a line');
}

export function night(command: Command): Command {
  return playing(command)
    .option('--budget <n>', 'candidates that may be evaluated', number, 20)
    .addOption(
      new Option('--proposer <name>', 'mine needs no model, reflect asks one; null and harmful test the gate')
        .choices(['mine', 'reflect', 'both', 'null', 'harmful'])
        .default('mine'),
    )
    .option('--proposer-model <spec>', 'what reflect asks, as --model; default: the agent itself')
    .option('--proposer-base-url <url>', 'its endpoint; default: --base-url')
    .option('--fdr <rate>', 'hold the share of false releases of a branch below this, by e-LOND', number)
    .option('--apply', 'merge a release into the checked-out branch');
}

export const answering = (command: Command): Command =>
  command.option('--env <name>', 'environment [the only one with a branch]').option('--json', 'one JSON object a line');

export const answeringAll = (command: Command): Command =>
  command.option('--env <name>', 'environment [every one with a branch]').option('--json', 'one JSON object a line');

/** The options part of a command's help. */
export function optionsOf(command: Command): string {
  const help = command.createHelp();
  const options = help.visibleOptions(command).filter(({ long }) => long !== '--help');
  const width = Math.max(...options.map((option) => help.optionTerm(option).length));
  return options
    .map((option) => `  ${help.optionTerm(option).padEnd(width)}  ${help.optionDescription(option)}`)
    .join('\n');
}

type Run = (options: Record<string, unknown>, ...args: string[]) => Promise<number>;

/** Loads the command's module, runs it and leaves its exit code. */
export function does(command: Command, load: () => Promise<Run>): Command {
  return command.action(async (...args: unknown[]) => {
    const self = args.pop() as Command;
    const options = args.pop() as Record<string, unknown>;
    const { runSafely } = await import('./exit.ts');
    process.exitCode = await runSafely(async () => (await load())(options, ...(args as string[])), {
      json: options.json === true,
      name: self.name(),
    });
  });
}
