/** `optimize`: one night. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { UsageError } from '../errors.ts';
import type { AgentSource } from '../models/source.ts';
import { chooseModel, chooseSecond, openAgent, withOwnAgent } from '../open/model.ts';
import { readPolicy } from '../policy/policy.ts';
import { builtInProposers } from '../proposal/built-in.ts';
import { commandProposer } from '../proposal/command.ts';
import { PROPOSERS, type Proposer } from '../proposal/proposer.ts';
import type { Emit } from '../report/events.ts';
import { unescaped } from '../report/terminal.ts';
import { type NightRequest, runNight } from '../run-night.ts';
import type { Environment } from '../types.ts';
import { command, OPTION_HELP, typedFlags } from './command.ts';
import { interruptible } from './interruption.ts';
import { fdr, flag, playing, text, whole } from './options.ts';
import { subscribers } from './output.ts';
import { openPlace } from './play.ts';

/** A built-in proposer, or `command:` and a command line. */
const proposer = z
  .string()
  .refine((word) => COMMAND_LINE.test(word) || PROPOSERS.some((name) => name === word), {
    error: ({ input }) => `expected ${PROPOSERS.join(', ')} or command:CMD, got ${JSON.stringify(input)}`,
  })
  .register(OPTION_HELP, {
    value: '<name>',
    help: `mine needs no model, reflect asks one, command:CMD runs a program; null and harmful test the gate (${PROPOSERS.join(', ')}, command:CMD)`,
  });
const COMMAND_LINE = /^command:\s*\S/;

/** Options of `night` and `plan`. */
export const nightFlags = {
  ...playing,
  budget: whole('<n>', 'candidates that may be evaluated', { of: 'candidates' }).default(20),
  proposer: proposer.default('mine'),
  proposerModel: text('<spec>', 'what reflect asks, as --model; default: the agent itself').exactOptional(),
  proposerBaseUrl: text('<url>', 'its endpoint; default: --base-url').exactOptional(),
  ...fdr,
  apply: flag('merge a release into the checked-out branch'),
};
const options = z.object(nightFlags);
export type NightFlags = z.output<typeof options>;

/** The request that the flags make. */
export function requestOf(flags: NightFlags, root: string, environment: Environment): NightRequest {
  const model = chooseModel(withOwnAgent(flags, environment), root);
  return {
    ...flags,
    root,
    environment,
    agent: (spend) => openAgent(model, environment, spend),
    proposers: proposersOf(flags, root, environment),
    policy: readPolicy(root, environment.name, flags),
    concurrency: model.concurrency,
    command: commandLine(flags),
  };
}

export const night = command({
  name: 'night',
  summary: 'one night; the command when none is named',
  options,
  exits: ['nothingCertified', 'regression', 'budget', 'verify', 'frozen', 'interrupted'],
  example: '--budget 20 --env retail',
  run: playNight,
});

async function playNight(flags: NightFlags): Promise<number> {
  const { root, environment } = await openPlace(flags);
  const request = requestOf(flags, root, environment);
  const tell = subscribers(flags.json);
  const emit: Emit = (event) => {
    tell(event);
    if (event.type !== 'summary' || !('run' in event) || flags.json) return;
    const page = readFileSync(join(root, 'runs', event.run, 'report.md'), 'utf8');
    process.stdout.write(`\n${process.stdout.isTTY ? unescaped(page) : page}`);
  };
  const { signal, stop } = interruptible();
  try {
    return (await runNight({ ...request, emit, signal })).exitCode;
  } finally {
    stop();
  }
}

/** The command line that resumes this night. */
const commandLine = ({ budget, apply: _, json: __, ...flags }: NightFlags): string =>
  `npx optimize --budget ${budget} ${typedFlags(options, flags)}`;

function proposersOf(flags: NightFlags, root: string, environment: Environment): Proposer[] {
  const model = proposerModelOf(flags, root, environment);
  const name = PROPOSERS.find((one) => one === flags.proposer);
  return name === undefined
    ? [commandProposer(flags.proposer.slice('command:'.length).trim())]
    : builtInProposers(name, model);
}

/** The model that `reflect` asks; by default the agent's own. */
function proposerModelOf(flags: NightFlags, root: string, environment: Environment): AgentSource | null {
  if (flags.proposer !== 'reflect' && flags.proposer !== 'both') {
    if (flags.proposerModel !== undefined)
      throw new UsageError(`--proposer-model needs --proposer reflect or both; ${flags.proposer} asks no model`);
    return null;
  }
  const { proposerModel: model, proposerBaseUrl: baseUrl } = flags;
  const choice = chooseSecond(flags, { flag: '--proposer-model', model, baseUrl }, root);
  if (choice.kind === 'sim')
    throw new UsageError('reflect needs a model that thinks: --proposer-model openai:NAME, or a name from models.yaml');
  return (spend) => openAgent(choice, environment, spend);
}
