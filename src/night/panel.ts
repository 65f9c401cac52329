/**
 * The sealed panel of a look: which tasks, in which committed order, and how often they were looked
 * at before.
 */
import { canonicalJson, seedOf, sha256 } from '../digest.ts';
import type { Decision } from '../ledger/kinds/index.ts';
import { auditedTasks, MAX_LOOKS, sealedLooks, UNUSED, useOfTasks } from '../ledger/kinds/panels.ts';
import type { Policy } from '../policy/policy.ts';
import type { Environment, Task } from '../types.ts';
import type { NightContext } from './night.ts';

type Choosing = Pick<NightContext, 'decisions' | 'environment' | 'options' | 'sealed'>;

export interface SealedPanel {
  readonly environment: Environment;
  /** In the order of sha256(panel digest, task content): fixed before any rollout. */
  readonly tasks: readonly Task<'sealed'>[];
  readonly digest: string;
  /** Seed of a generated panel; null for tasks that were given. */
  readonly seed: number | null;
}

/** Fewest sealed tasks on which a release may be decided. */
export const MIN_PANEL = 30;

/** What the given sealed tasks are for. */
export interface SealedUse {
  /**
   * The tasks of the next look at given tasks, in a fixed order; fewer than `MIN_PANEL` when all
   * were used.
   */
  readonly next: readonly Task<'sealed'>[];
  /** Tasks that may replace them once they are used. */
  readonly reserve: number;
  /** Tasks that no look plays. */
  readonly audit: readonly Task<'sealed'>[];
  /** Tasks that are not for the audit, used or not. */
  readonly forLooks: readonly Task<'sealed'>[];
}

/**
 * Parts the given sealed tasks by the hash of their content, so that adding tasks moves none from
 * one part to another: the policy's share is the audit set; of the others, those come next that
 * have answered neither a release nor 12 looks.
 */
export function useSealed(
  environment: Environment,
  sealed: readonly Task<'sealed'>[],
  { size, audit_share }: Policy['panel'],
  decisions: readonly Decision[],
): SealedUse {
  const use = useOfTasks(decisions);
  const audited = auditedTasks(decisions);
  // Fresh tasks are a better audit than any that were set apart.
  const share = environment.generate === undefined ? audit_share : 0;
  const ranked = sealed
    .map((task) => ({ task, rank: sha256(`sealed\n${canonicalJson(task)}`) }))
    .sort((a, b) => (a.rank < b.rank ? -1 : 1));
  const isAudit = (rank: string) => Number.parseInt(rank.slice(0, 8), 16) < share * 2 ** 32;
  const forLooks = ranked.filter(({ rank }) => !isAudit(rank)).map(({ task }) => task);
  // Whatever the policy said before: what was audited is looked at no more, and what was looked at
  // is not audited.
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
 * The panel of tonight's look: given tasks that are not used up; else fresh ones where the
 * environment can generate them (that is for every look after the first); else the used ones again,
 * up to 12 looks. A text instead says why there is none.
 */
export function choosePanel(night: Choosing): (SealedPanel & { readonly used: boolean }) | string {
  const { environment, decisions } = night;
  const use = useOfTasks(decisions);
  const { next, forLooks } = useSealed(environment, night.sealed, night.options.policy.panel, decisions);
  const { size } = night.options.policy.panel;
  const { generate } = environment;
  if (generate !== undefined && use.size > 0) {
    return { ...freshPanel(night, size ?? night.sealed.length, sealedLooks(decisions).length), used: false };
  }
  if (next.length >= MIN_PANEL) return { ...panelOf(environment, next, null), used: false };
  const again = forLooks.slice(0, size);
  const looks = Math.max(0, ...again.map(({ id }) => use.get(id)?.looks ?? 0));
  if (looks >= MAX_LOOKS)
    return `the sealed tasks have answered ${looks} looks, the most they may; add ${MIN_PANEL} sealed tasks or more to go on`;
  return { ...panelOf(environment, again, null), used: again.some(({ id }) => use.get(id)?.used) };
}

const sealedOf = (environment: Environment): Task<'sealed'>[] =>
  environment.tasks.filter((task): task is Task<'sealed'> => task.split === 'sealed');

/**
 * A panel that nobody has looked at, drawn for look number `look` and the user's seed, of the kinds
 * of task that the night selects.
 */
function freshPanel({ environment, options }: Choosing, size: number, look: number): SealedPanel {
  return drawPanel(environment, {
    size,
    tags: options.tags,
    seed: seedOf('panel', environment.name, look, options.seed),
  });
}

/**
 * The panel that a seed generates: the same one whenever it is asked. Needs `environment.generate`.
 */
export function drawPanel(
  environment: Environment,
  { size, tags: wanted, seed }: { readonly size: number; readonly tags: readonly string[]; readonly seed: number },
): SealedPanel {
  if (environment.generate === undefined) throw new TypeError(`drawPanel: ${environment.name} cannot generate tasks`);
  const isWanted = ({ tags }: Task) => wanted.length === 0 || tags.some((tag) => wanted.includes(tag));
  const given = sealedOf(environment);
  // As many more as the tags leave out, and a quarter on top, since shares vary from draw to draw.
  const more = wanted.length === 0 ? 1 : (1.25 * given.length) / Math.max(1, given.filter(isWanted).length);
  const fresh = environment.generate({ seed, tasks: Math.ceil(size * more), split: 'sealed' });
  return panelOf(fresh, sealedOf(fresh).filter(isWanted).slice(0, size), seed);
}

function panelOf(environment: Environment, tasks: readonly Task<'sealed'>[], seed: number | null): SealedPanel {
  const contents = new Map(tasks.map((task) => [task, canonicalJson(task)]));
  const digest = sha256([...contents.values()].sort().join('\n'));
  const rank = new Map(tasks.map((task) => [task, sha256(`${digest}\n${contents.get(task)}`)]));
  const order = [...tasks].sort((a, b) => ((rank.get(a) as string) < (rank.get(b) as string) ? -1 : 1));
  return { environment, tasks: order, digest, seed };
}
