/**
 * From flags to the values that a command works with: environment and tasks, and back to a command
 * line.
 */
import { join } from 'node:path';
import { assertScorer } from '../environments/define.ts';
import { withPrivateTasks } from '../environments/private-tasks.ts';
import { loadEnvironment } from '../environments/registry.ts';
import { UsageError } from '../errors.ts';
import { keyFolder } from '../ledger/keys/keys.ts';
import { readTaskSalt } from '../ledger/keys/task-salt.ts';
import { keysIn } from '../models/settings.ts';
import { readConfig } from '../night/run.ts';
import { readPolicy } from '../policy/policy.ts';
import { redactorOf, withoutSecrets } from '../secrets.ts';
import type { Agent, Environment, Split, Task } from '../types.ts';
import type { ModelFlags } from './agent.ts';

/** Flags of every command that plays rollouts, as commander gives them. */
export interface PlayFlags extends ModelFlags {
  readonly env: string;
  readonly data?: string;
  readonly seed: number;
  readonly maxRollouts?: number;
  readonly maxMinutes?: number;
  readonly tasks?: number;
  readonly tags?: readonly string[];
  readonly json?: boolean;
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

/**
 * One call with all its tries and waits: an hour for a real model, whose single replies have their
 * own limit; 30 s for a simulated one.
 */
export const callTimeoutMs = (agent: Agent): number => (agent.simulated ? 30_000 : 3_600_000);

/**
 * The environment without the secrets of this process in any of its texts, its tasks under names
 * that say nothing where the policy calls them private. Throws UsageError when it has no scorer,
 * unless `unscored` says that the command needs none.
 */
export async function openEnvironment(
  flags: { env: string; data?: string },
  root: string,
  { unscored = false } = {},
): Promise<Environment> {
  const environment = await loadEnvironment(flags.env, {
    root,
    ...(flags.data === undefined ? {} : { data: flags.data }),
  });
  if (!unscored) assertScorer(environment);
  const shown = withoutSecrets(environment, redactorOf(process.env, keysIn(root, process.env)));
  if (readPolicy(root, environment.name).private_tasks !== true) return shown;
  const folder = keyFolder(process.env, { root, commonDir: root });
  return withPrivateTasks(shown, readTaskSalt(process.env, folder));
}

/**
 * Keeps tasks with one of `tags` and at most `count` of them, each split in its own proportion and
 * order. Throws UsageError when nothing is left.
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

/** Flags by which `run`, `ablate` and `baseline` choose tasks. */
export interface TaskFlags {
  readonly split: string;
  readonly tags?: readonly string[];
  readonly tasks?: number;
  /** Name of a run: only tasks that it did not select. */
  readonly unusedBy?: string;
}

const SPLITS = ['train', 'dev', 'sealed', 'all'];

/** Throws UsageError for an unknown split or run, and when nothing is left. */
export function chooseTasks(environment: Environment, flags: TaskFlags, root: string): Task[] {
  const { split, unusedBy } = flags;
  if (!SPLITS.includes(split)) throw new UsageError(`--split: expected ${SPLITS.join(', ')}, got "${split}"`);
  const used = unusedBy === undefined ? new Set() : tasksOfRun(environment, unusedBy, root);
  const own = environment.tasks.filter((task) => (split === 'all' || task.split === split) && !used.has(task.id));
  if (own.length === 0)
    throw new UsageError(
      `--split ${split}: no task is left${unusedBy === undefined ? '' : ` that ${unusedBy} did not use`}`,
    );
  return selectTasks(own, { ...(flags.tags ? { tags: flags.tags } : {}), count: flags.tasks ?? null });
}

function tasksOfRun(environment: Environment, run: string, root: string): Set<string> {
  const config = readConfig(join(root, 'runs', run));
  if (config === null)
    throw new UsageError(`--unused-by ${run}: there is no run of that name here, such as retail-0001`);
  const { options, data } = config;
  if (options.env !== environment.name || data.environment !== environment.digest)
    throw new UsageError(`--unused-by ${run}: it played other tasks than these (environment ${options.env})`);
  return new Set(selectTasks(environment.tasks, { tags: options.tags, count: options.tasks }).map(({ id }) => id));
}
