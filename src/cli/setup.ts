/** From flags to the values that a command works with: environment, agent and tasks. */

import { loadEnvironment } from '../environments/registry.ts';
import { UsageError } from '../errors.ts';
import type { Spend } from '../models/openai.ts';
import type { Price } from '../models/prices.ts';
import type { Agent, Environment, Split, Task } from '../types.ts';

/** Flags of every command that plays rollouts, as commander gives them. */
export interface PlayFlags {
  readonly env: string;
  readonly data?: string;
  readonly model: string;
  readonly baseUrl?: string;
  readonly priceIn?: number;
  readonly priceOut?: number;
  readonly maxTokens?: number;
  readonly seed: number;
  readonly concurrency?: number;
  readonly maxRollouts?: number;
  readonly maxUsd?: number;
  readonly maxMinutes?: number;
  readonly tasks?: number;
  readonly tags?: readonly string[];
  readonly json?: boolean;
}

const PROFILES = ['weak', 'medium', 'strong'] as const;

/** Throws UsageError for an unknown model or an agent that cannot play `environment`. */
export async function openAgent(flags: PlayFlags, environment: Environment, spend?: Spend): Promise<Agent> {
  const [kind, name] = splitOnce(flags.model, ':');
  if (kind === 'sim') {
    const profile = PROFILES.find((known) => known === (name ?? 'medium'));
    if (profile === undefined)
      throw new UsageError(`--model: expected sim:${PROFILES.join(' or sim:')}, got "${flags.model}"`);
    if (environment.oracle === undefined)
      throw new UsageError(
        `environment "${environment.name}" has no oracle, so the simulated agent cannot play it; use --model openai:NAME`,
      );
    const { simulatedAgent } = await import('../models/sim/agent.ts');
    return simulatedAgent(profile);
  }
  if (kind === 'openai' && name) {
    const price = priceOf(flags);
    if (flags.maxUsd !== undefined && price === undefined)
      throw new UsageError(
        `--max-usd needs the price of "${name}": add --price-in and --price-out (US dollars a million tokens)`,
      );
    const { openaiAgent } = await import('../models/openai.ts');
    return openaiAgent(
      {
        model: name,
        ...(flags.baseUrl === undefined ? {} : { baseUrl: flags.baseUrl }),
        ...(flags.maxTokens === undefined ? {} : { maxTokens: flags.maxTokens }),
        ...(price === undefined ? {} : { price }),
      },
      spend,
    );
  }
  throw new UsageError(`--model: expected sim:weak|medium|strong or openai:NAME, got "${flags.model}"`);
}

/** Throws UsageError when only one of the two prices is given: taking the other for 0 would make a cap of money too high. */
function priceOf({ priceIn: input, priceOut: output }: PlayFlags): Price | undefined {
  if (input === undefined && output === undefined) return undefined;
  if (input === undefined || output === undefined)
    throw new UsageError(
      `--price-${input === undefined ? 'out' : 'in'} is given alone; --price-in and --price-out are needed together (0 where nothing is charged)`,
    );
  return { input, output };
}

/** What plays and on what: the flags that the next night has to repeat to go on from this one. */
export function repeatedFlags(flags: PlayFlags): string {
  const valued: readonly (readonly [string, string | number | undefined])[] = [
    ['env', flags.env],
    ['data', flags.data],
    ['model', flags.model === 'sim:medium' ? undefined : flags.model],
    ['base-url', flags.baseUrl],
    ['price-in', flags.priceIn],
    ['price-out', flags.priceOut],
    ['max-tokens', flags.maxTokens],
    ['seed', flags.seed === 1 ? undefined : flags.seed],
    ['concurrency', flags.concurrency],
    ['max-rollouts', flags.maxRollouts],
    ['max-usd', flags.maxUsd],
    ['max-minutes', flags.maxMinutes],
    ['tasks', flags.tasks],
    ['tags', flags.tags?.join(',')],
  ];
  return valued
    .flatMap(([name, value]) => (value === undefined ? [] : [`--${name} ${shellWord(`${value}`)}`]))
    .join(' ');
}

/** Quoted where a shell would take it apart. */
const shellWord = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;

function splitOnce(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

/** @default 8 for a simulated agent, 1 for an endpoint on this machine, else 4 */
export function concurrencyOf(flags: PlayFlags): number {
  if (flags.concurrency !== undefined) {
    if (flags.concurrency < 1) throw new UsageError('--concurrency: expected 1 or more');
    return flags.concurrency;
  }
  if (flags.model.startsWith('sim')) return 8;
  return flags.baseUrl !== undefined && /\/\/(localhost|127\.|\[::1\])/.test(flags.baseUrl) ? 1 : 4;
}

/** @default 600 s for a real model, 30 s for a simulated one */
export const episodeTimeoutMs = (agent: Agent): number => (agent.simulated ? 30_000 : 600_000);

export const openEnvironment = (flags: { env: string; data?: string }, root: string): Promise<Environment> =>
  loadEnvironment(flags.env, { root, ...(flags.data === undefined ? {} : { data: flags.data }) });

/**
 * Keeps tasks with one of `tags` and at most `count` of them, each split in its own proportion and order.
 * Throws UsageError when nothing is left.
 */
export function selectTasks(
  tasks: readonly Task[],
  select: { readonly tags?: readonly string[]; readonly count?: number | null },
): Task[] {
  const tags = select.tags ?? [];
  const tagged = tags.length === 0 ? tasks : tasks.filter((task) => task.tags.some((tag) => tags.includes(tag)));
  if (tagged.length === 0) {
    const known = [...new Set(tasks.flatMap((task) => task.tags))].sort();
    throw new UsageError(`--tags ${tags.join(',')}: no task has one of them; known tags: ${known.join(', ')}`);
  }
  const count = select.count ?? tagged.length;
  if (count >= tagged.length) return [...tagged];
  const share = count / tagged.length;
  const bySplit = (split: Split) => tagged.filter((task) => task.split === split);
  return (['train', 'dev', 'sealed'] as const).flatMap((split) => {
    const own = bySplit(split);
    return own.slice(0, Math.round(own.length * share));
  });
}
