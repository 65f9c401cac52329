/** From --model to an agent: simulated, an endpoint, or a name from models.yaml. */
import { UsageError } from '../errors.ts';
import type { Spend } from '../models/calls.ts';
import { isLoopback } from '../models/key-hosts.ts';
import type { OpenAISettings } from '../models/openai.ts';
import type { Price } from '../models/prices.ts';
import { findModel, type ModelEntry } from '../models/settings.ts';
import type { Agent, Environment, ProgramSettings } from '../types.ts';
import { offerToBind } from './bind-key.ts';

/** Flags that name a model. */
export interface ModelFlags {
  readonly model: string;
  readonly baseUrl?: string;
  readonly priceIn?: number;
  readonly priceOut?: number;
  readonly maxTokens?: number;
  readonly temperature?: number;
  readonly concurrency?: number;
  readonly maxUsd?: number;
  /** Endpoint behind a program. */
  readonly upstream?: string;
  /** Where the files of the command lie, and its time limit. */
  readonly cwd?: string | undefined;
  readonly timeoutS?: number | undefined;
}

const PROFILES = ['weak', 'medium', 'strong'] as const;

export type ModelChoice =
  | { readonly kind: 'sim'; readonly profile: (typeof PROFILES)[number]; readonly concurrency: number }
  | {
      readonly kind: 'command';
      readonly program: ProgramSettings;
      readonly settings: OpenAISettings;
      readonly concurrency: number;
    }
  | { readonly kind: 'openai'; readonly settings: OpenAISettings; readonly concurrency: number };

/**
 * The model of the flags, which override models.yaml. `concurrency` defaults to 8 for a simulated
 * agent, 1 for an endpoint on this machine, else 4. Throws UsageError, which names `flag`, for an
 * unknown model, half a price, or --max-usd without a price.
 */
export function chooseModel(flags: ModelFlags, root: string, flag = '--model'): ModelChoice {
  if (flags.concurrency !== undefined && flags.concurrency < 1)
    throw new UsageError('--concurrency: expected 1 or more');
  const [kind, name] = splitOnce(flags.model, ':');
  if (kind === 'sim') {
    const profile = PROFILES.find((known) => known === (name ?? 'medium'));
    if (profile === undefined)
      throw new UsageError(`${flag}: expected sim:${PROFILES.join(' or sim:')}, got "${flags.model}"`);
    return { kind, profile, concurrency: flags.concurrency ?? 8 };
  }
  if (kind === 'command') return chooseCommand(flags, name ?? '');
  const entry = kind === 'openai' && name ? undefined : findModel(root, flags.model, flag);
  const settings = settingsOf(flags, name ?? flags.model, entry);
  if (flags.maxUsd !== undefined && settings.price === undefined)
    throw new UsageError(
      `--max-usd needs the price of "${settings.model}": add --price-in and --price-out (US dollars per million tokens), or a price in models.yaml`,
    );
  const usual = settings.baseUrl !== undefined && isLoopback(settings.baseUrl) ? 1 : 4;
  const concurrency = flags.concurrency ?? entry?.concurrency ?? usual;
  return { kind: 'openai', settings: { ...settings, concurrency }, concurrency };
}

function chooseCommand(flags: ModelFlags, line: string): ModelChoice {
  const { upstream, cwd, timeoutS } = flags;
  const baseUrl = upstream ?? flags.baseUrl;
  const settings = settingsOf({ ...flags, ...(baseUrl === undefined ? {} : { baseUrl }) }, 'program', undefined);
  if (flags.maxUsd !== undefined && settings.price === undefined)
    throw new UsageError('--max-usd needs the price of the model behind the program: add --price-in and --price-out');
  const program = { command: line, ...(baseUrl === undefined ? {} : { upstream: baseUrl }), cwd, timeoutS };
  return { kind: 'command', program, settings, concurrency: flags.concurrency ?? 4 };
}

/** The flags, with the program that the environment's own file names where no agent is named. */
export function withOwnAgent<F extends ModelFlags>(flags: F, { agent, oracle }: Environment): F {
  if (agent === undefined || oracle !== undefined || flags.model !== 'sim:medium') return flags;
  const { command, ...settings } = agent;
  return { ...settings, ...flags, model: `command:${command}` };
}

/** A second model beside the agent, as its own flags name it. */
export interface SecondModel {
  /** Name of the flag, such as `--judge-model`. */
  readonly flag: string;
  /** @default the agent's own */
  readonly model?: string | undefined;
  readonly baseUrl?: string | undefined;
  readonly temperature?: number | undefined;
}

/**
 * The second model gets no address, key or price of the agent, and the reverse, unless the agent is
 * simulated. Throws as `chooseModel` does.
 */
export function chooseSecond(flags: ModelFlags, second: SecondModel, root: string): ModelChoice {
  const { flag, model, baseUrl, temperature } = second;
  const own = { ...(baseUrl === undefined ? {} : { baseUrl }), ...(temperature === undefined ? {} : { temperature }) };
  if (model === undefined) return chooseModel({ ...flags, ...own }, root);
  if (isSimulated(flags.model)) return chooseModel({ ...flags, ...own, model }, root, flag);
  const { concurrency } = flags;
  const choice = chooseModel({ ...(concurrency === undefined ? {} : { concurrency }), ...own, model }, root, flag);
  if (flags.maxUsd !== undefined && choice.kind === 'openai' && choice.settings.price === undefined)
    throw new UsageError(
      `--max-usd needs the price of "${choice.settings.model}": give it an entry with a price in models.yaml and name that with ${flag}`,
    );
  return choice;
}

/** True for `sim` and `sim:PROFILE`. */
export const isSimulated = (model: string): boolean => splitOnce(model, ':')[0] === 'sim';

function settingsOf(flags: ModelFlags, model: string, entry: ModelEntry | undefined): OpenAISettings {
  const baseUrl = flags.baseUrl ?? entry?.base_url;
  const maxTokens = flags.maxTokens ?? entry?.max_tokens;
  const price = priceOf(flags) ?? entry?.price;
  const temperature = flags.temperature ?? entry?.temperature;
  return {
    model: entry?.model ?? model,
    ...(baseUrl === undefined ? {} : { baseUrl }),
    ...(maxTokens === undefined ? {} : { maxTokens }),
    ...(price === undefined ? {} : { price }),
    ...(temperature === undefined ? {} : { temperature }),
    ...(entry === undefined
      ? {}
      : {
          keyEnv: entry.key_env,
          ...namedBy(flags, entry),
          timeoutMs: entry.timeout_s * 1000,
          maxRetries: entry.retries,
        }),
    ...(entry?.context === undefined ? {} : { context: entry.context }),
    ...(entry?.protocol === 'text' ? { protocol: entry.protocol } : {}),
  };
}

/** The file's own unless a person typed the address and the key has its usual name. */
const namedBy = ({ baseUrl }: ModelFlags, { key_env: key }: ModelEntry): { readonly named?: true } =>
  baseUrl !== undefined && key === 'OPENAI_API_KEY' ? {} : { named: true };

/** Throws UsageError for half a price: 0 for the other half would weaken --max-usd. */
function priceOf({ priceIn: input, priceOut: output }: ModelFlags): Price | undefined {
  if (input === undefined && output === undefined) return undefined;
  if (input === undefined || output === undefined)
    throw new UsageError(
      `--price-${input === undefined ? 'out' : 'in'} is given alone; --price-in and --price-out are needed together (0 where nothing is charged)`,
    );
  return { input, output };
}

function splitOnce(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

/** The id that an agent of this choice has. */
export function nameOf(choice: ModelChoice): string {
  if (choice.kind === 'sim') return `sim:${choice.profile}`;
  return choice.kind === 'command' ? `command:${choice.program.command}` : `openai:${choice.settings.model}`;
}

/** Throws UsageError when it cannot play or a key is refused, InfrastructureError at no answer. */
export async function openAgent(choice: ModelChoice, environment: Environment, spend?: Spend): Promise<Agent> {
  if (choice.kind === 'sim') {
    if (environment.oracle === undefined)
      throw new UsageError(
        `environment "${environment.name}" has no oracle, so the simulated agent cannot play it; use --model openai:NAME`,
      );
    const { simulatedAgent } = await import('../models/sim/agent.ts');
    return simulatedAgent(choice.profile);
  }
  if (choice.kind === 'command') {
    const { openCommand } = await import('../programs/command.ts');
    const { price, concurrency } = choice.settings;
    return openCommand(
      choice.program,
      { ...(price === undefined ? {} : { price }), ...(concurrency === undefined ? {} : { concurrency }) },
      spend,
    );
  }
  const { keyUseOf, openaiAgent } = await import('../models/openai.ts');
  await offerToBind(keyUseOf(choice.settings));
  return openaiAgent(choice.settings, spend);
}

/** Limit for a call with all its retries; single replies of a real model have their own. */
export const callTimeoutMs = (agent: Agent): number => (agent.simulated ? 30_000 : 3_600_000);

/** The agent's name for people. */
export const labelOf = ({ id, simulated }: Pick<Agent, 'id' | 'simulated'>): string =>
  simulated ? `${id}, SIMULATED` : id;
