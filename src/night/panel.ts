/** The sealed panel of a look: which tasks, in which committed order, and how often they were looked at before. */
import { canonicalJson, seedOf, sha256 } from '../digest.ts';
import { panelState } from '../ledger/panels.ts';
import type { Environment, Task } from '../types.ts';
import type { Night } from './night.ts';

/** Looks that one panel may answer. */
export const MAX_LOOKS = 12;

export interface Panel {
  readonly environment: Environment;
  /** In the order of sha256(panel digest, task content): fixed before any rollout. */
  readonly tasks: readonly Task<'sealed'>[];
  readonly digest: string;
  /** Seed of a generated panel; null for tasks that were given. */
  readonly seed: number | null;
}

/** Fewest sealed tasks on which a release may be decided. */
export const MIN_PANEL = 30;

/**
 * The panel of tonight's look: the given sealed tasks the first time; after that fresh ones where the environment can
 * generate them, else the given ones again, up to 12 looks. A text instead says why there is none.
 */
export function choosePanel(night: Night): (Panel & { readonly used: boolean }) | string {
  const decisions = night.decisions;
  const given = givenPanel(night.environment, night.sealed);
  const state = panelState(decisions, given.digest);
  if (state.looks === 0) return { ...given, used: false };
  if (night.environment.generate !== undefined) {
    const looks = decisions.filter((decision) => decision.data.panel !== null).length;
    return { ...freshPanel(night.environment, given.tasks.length, looks, night.options.seed), used: false };
  }
  if (state.looks >= MAX_LOOKS)
    return `the sealed panel has answered ${state.looks} looks, the most it may; add sealed tasks to go on`;
  return { ...given, used: state.used };
}

const sealedOf = (environment: Environment): Task<'sealed'>[] =>
  environment.tasks.filter((task): task is Task<'sealed'> => task.split === 'sealed');

/** The tasks that were given as sealed. */
export const givenPanel = (environment: Environment, tasks: readonly Task<'sealed'>[]): Panel =>
  panelOf(environment, tasks, null);

/** A panel that nobody has looked at, drawn for look number `look` (0 = the given tasks) and the user's seed. Needs `environment.generate`. */
function freshPanel(environment: Environment, size: number, look: number, user: number): Panel {
  if (environment.generate === undefined) throw new TypeError(`freshPanel: ${environment.name} cannot generate tasks`);
  const seed = seedOf('panel', environment.name, look, user);
  const fresh = environment.generate({ seed, tasks: size, split: 'sealed' });
  return panelOf(fresh, sealedOf(fresh), seed);
}

function panelOf(environment: Environment, tasks: readonly Task<'sealed'>[], seed: number | null): Panel {
  const contents = new Map(tasks.map((task) => [task, canonicalJson(task)]));
  const digest = sha256([...contents.values()].sort().join('\n'));
  const rank = new Map(tasks.map((task) => [task, sha256(`${digest}\n${contents.get(task)}`)]));
  const order = [...tasks].sort((a, b) => ((rank.get(a) as string) < (rank.get(b) as string) ? -1 : 1));
  return { environment, tasks: order, digest, seed };
}
