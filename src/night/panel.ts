/** The sealed panel of a look: its tasks, their fixed order, and their earlier use. */
import { canonicalJson, sha256 } from '../digest.ts';
import { newTasks } from '../environments/equal-tasks.ts';
import type { Decision, DecisionDraft } from '../ledger/kinds/index.ts';
import { auditedTasks, MAX_LOOKS, panelSeed, UNUSED, useOfTasks } from '../ledger/kinds/panels.ts';
import type { Policy } from '../policy/policy.ts';
import type { Environment, Harness, Task } from '../types.ts';
import type { NightContext } from './night.ts';

type Choosing = Pick<
  NightContext,
  'chain' | 'decisions' | 'environment' | 'options' | 'recorder' | 'release' | 'sealed'
>;

export interface SealedPanel {
  readonly environment: Environment;
  /** In the order of sha256(panel digest, task content), fixed before any rollout. */
  readonly tasks: readonly Task<'sealed'>[];
  readonly digest: string;
  /** Seed of a generated panel; null for given tasks. */
  readonly seed: number | null;
}

type Generate = NonNullable<Environment['generate']>;
export const MOST_DRAWS = 4;

/** Fewest sealed tasks for a look. */
export const MIN_PANEL = 30;

/** What the given sealed tasks are for. */
export interface SealedUse {
  /** Tasks of the next look, in a fixed order; fewer than `MIN_PANEL` when all were used. */
  readonly next: readonly Task<'sealed'>[];
  /** How many unused tasks may replace them. */
  readonly reserve: number;
  /** Tasks that no look plays. */
  readonly audit: readonly Task<'sealed'>[];
  /** All tasks but the audit's, used or not. */
  readonly forLooks: readonly Task<'sealed'>[];
}

/**
 * Parts the given sealed tasks by the hash of their content, so that new tasks move none. The
 * policy's share is the audit set; of the others, `next` holds tasks without a release and below
 * `MAX_LOOKS` looks.
 */
export function useSealed(
  environment: Environment,
  sealed: readonly Task<'sealed'>[],
  { size, audit_share }: Policy['panel'],
  decisions: readonly (Decision | DecisionDraft)[],
): SealedUse {
  const use = useOfTasks(decisions);
  const audited = auditedTasks(decisions);
  // Generated tasks audit better than kept ones.
  const share = environment.generate === undefined ? audit_share : 0;
  const ranked = sealed
    .map((task) => ({ task, rank: sha256(`sealed\n${canonicalJson(task)}`) }))
    .sort((a, b) => (a.rank < b.rank ? -1 : 1));
  const isAudit = (rank: string) => Number.parseInt(rank.slice(0, 8), 16) < share * 2 ** 32;
  const forLooks = ranked.filter(({ rank }) => !isAudit(rank)).map(({ task }) => task);
  // Even if the share has changed: no task is both looked at and audited.
  const left = forLooks.filter(({ id }) => {
    const { looks, used } = use.get(id) ?? UNUSED;
    return !used && looks < MAX_LOOKS && !audited.has(id);
  });
  const next = left.slice(0, size);
  return {
    next,
    reserve: left.length - next.length,
    audit: ranked.filter(({ task, rank }) => isAudit(rank) && !use.has(task.id)).map(({ task }) => task),
    forLooks,
  };
}

/**
 * The panel of tonight's look: unused given tasks; generated ones for every look after the first;
 * else used ones, up to `MAX_LOOKS`. A string says why there is none.
 */
export function choosePanel(night: Choosing, head: Harness): (SealedPanel & { readonly used: boolean }) | string {
  const { environment } = night;
  // Tonight's proposals tell who has read the verdicts of earlier nights.
  const decisions = [...night.decisions, ...night.recorder.decisions];
  const use = useOfTasks(decisions);
  const { next, forLooks } = useSealed(environment, night.sealed, night.options.policy.panel, decisions);
  const { size } = night.options.policy.panel;
  const { generate } = environment;
  if (generate !== undefined && use.size > 0) {
    const seed = panelSeed({ head: night.chain, before: night.release.id, after: head.id });
    const tags = night.options.tags;
    return { ...drawPanel(environment, { size: size ?? night.sealed.length, tags, seed }), used: false };
  }
  if (next.length >= MIN_PANEL) return { ...panelOf(environment, next, null), used: false };
  const again = forLooks.slice(0, size);
  const looks = Math.max(0, ...again.map(({ id }) => use.get(id)?.looks ?? 0));
  if (looks >= MAX_LOOKS)
    return `the sealed tasks have answered ${looks} looks, the maximum; add ${MIN_PANEL} sealed tasks or more to go on`;
  return { ...panelOf(environment, again, null), used: again.some(({ id }) => use.get(id)?.used) };
}

export const sealedOf = ({ tasks }: Pick<Environment, 'tasks'>): Task<'sealed'>[] =>
  tasks.filter((task): task is Task<'sealed'> => task.split === 'sealed');

/** The panel of a seed, always the same, of wanted tags. Needs `environment.generate`. */
export function drawPanel(
  environment: Environment,
  { size, tags: wanted, seed }: { readonly size: number; readonly tags: readonly string[]; readonly seed: number },
): SealedPanel {
  if (environment.generate === undefined) throw new TypeError(`drawPanel: ${environment.name} cannot generate tasks`);
  const isWanted = ({ tags }: Task) => wanted.length === 0 || tags.some((tag) => wanted.includes(tag));
  const given = sealedOf(environment);
  // Generate what the tags leave out, and a quarter more, since shares vary per draw.
  const more = wanted.length === 0 ? 1 : (1.25 * given.length) / Math.max(1, given.filter(isWanted).length);
  const wantedOf = (tasks: readonly Task[]) => sealedOf({ tasks }).filter(isWanted);
  const { fresh, unseen } = drawUnseen(environment, {
    seed,
    size: Math.ceil(size * more),
    most: size,
    wanted: wantedOf,
  });
  return panelOf(fresh, unseen, seed);
}

interface Draw<T extends Task> {
  readonly seed: number;
  /** Tasks of the first draw. */
  readonly size: number;
  /** Tasks that are kept. */
  readonly most: number;
  wanted(tasks: readonly Task[]): readonly T[];
}

/** Generated tasks that are none of the given ones; draws up to `MOST_DRAWS` times as many. */
export function drawUnseen<T extends Task>(
  environment: Environment,
  { seed, size, most, wanted }: Draw<T>,
): { readonly fresh: Environment; readonly unseen: readonly T[] } {
  for (let times = 1; ; times *= 2) {
    const fresh = (environment.generate as Generate)({ seed, tasks: size * times, split: 'sealed' });
    const unseen = newTasks(wanted(fresh.tasks), environment.tasks).slice(0, most);
    if (unseen.length >= Math.min(most, size) || times >= MOST_DRAWS) return { fresh, unseen };
  }
}

function panelOf(environment: Environment, tasks: readonly Task<'sealed'>[], seed: number | null): SealedPanel {
  const contents = new Map(tasks.map((task) => [task, canonicalJson(task)]));
  const digest = sha256([...contents.values()].sort().join('\n'));
  const rank = new Map(tasks.map((task) => [task, sha256(`${digest}\n${contents.get(task)}`)]));
  const order = [...tasks].sort((a, b) => ((rank.get(a) as string) < (rank.get(b) as string) ? -1 : 1));
  return { environment, tasks: order, digest, seed };
}
