/** Looks at sealed panels, counted from the decisions: each costs alpha. */
import { z } from 'zod';
import { canonicalJson, seedOf } from '../../digest.ts';
import type { AuditGate, ReleaseGate } from '../../gate/record.ts';
import { ReleaseTerms } from '../../gate/release.ts';
import type { LookPlace } from '../../gate/rules.ts';
import { PROPOSERS } from '../../proposal/proposer.ts';
import type { Verdict } from '../../types.ts';
import { digest, type LookAt, type PanelData } from './fields.ts';
import type { AnyDecision } from './kind.ts';

/** Maximum looks per set of sealed tasks. */
export const MAX_LOOKS = 12;

/** Fixed before the first sealed rollout; tasks in the order of play. */
export const LookPlan = z.strictObject({
  tasks: z.array(z.string()),
  /** Tasks of the panel whose prompt a content filter refused in both arms: neither plays them. */
  leftOut: z.array(z.string()).readonly().optional(),
  trials: z.int().min(1),
  terms: ReleaseTerms,
  /** Digest of the record before the run: coins, panel and seeds come from it. Absent in v2. */
  head: digest.nullable().optional(),
});
export type LookPlan = z.infer<typeof LookPlan>;

/** Decisions in the ledger, and those of tonight before they are stored. */
type Told = Pick<AnyDecision, 'kind' | 'run'>;
type Proposing = {
  readonly edits?: readonly { readonly proposer: string }[];
  readonly verdict?: Pick<Verdict, 'decision'>;
};

/** The fields of a `look`, a `release` and an `audit` that concern panels. */
type Opening = AnyDecision & { readonly data: LookAt; readonly plan: LookPlan };
type Closing = AnyDecision & {
  readonly data: LookAt;
  readonly gate: z.infer<typeof ReleaseGate>;
  readonly verdict: Verdict;
};
type Auditing = AnyDecision & { readonly data: PanelData; readonly gate: z.infer<typeof AuditGate> };
type Peeking = AnyDecision & { readonly tasks: readonly string[] };
const isPeek = (decision: Told): decision is Told & Peeking => decision.kind === 'peek';
const isOpening = (decision: Told): decision is Told & Opening => decision.kind === 'look';
const isClosing = (decision: Told): decision is Told & Closing => decision.kind === 'release';
const isAuditing = (decision: Told): decision is Told & Auditing => decision.kind === 'audit';

/** What fixes the panel of a look: no seed that a person may choose again. */
export interface PanelDraw {
  /** `LookPlan.head` */
  readonly head: string | null;
  /** Harness ids of both arms, so that no panel is known before its candidate. */
  readonly before: string;
  readonly after: string;
}

/** Seed of a generated panel. */
export const panelSeed = ({ head, before, after }: PanelDraw): number => seedOf('panel', head ?? '', before, after);

/** The record before a run, given the decisions so far and the digest of the newest one. */
export const headBefore = (
  decisions: readonly Pick<AnyDecision, 'run' | 'prev'>[],
  run: string,
  newest: string | null,
): string | null => {
  const first = decisions.find((one) => one.run === run);
  return first === undefined ? newest : first.prev;
};

/** A look at a sealed panel, with or without a verdict. */
export interface SealedLook {
  /** The decision that counts it, stored before the first rollout (by older rules the verdict). */
  readonly opened: Opening | Closing;
  /** The decision with its verdict; null for an interrupted look. */
  readonly closed: Closing | null;
}

/** All looks in order; an interrupted one counts like any other. */
export function sealedLooks(decisions: readonly Told[]): readonly SealedLook[] {
  const looks: { opened: Opening | Closing; closed: Closing | null }[] = [];
  for (const decision of decisions) {
    if (isOpening(decision)) looks.push({ opened: decision, closed: null });
    if (!isClosing(decision)) continue;
    const open = looks.findLast(
      ({ opened, closed }) =>
        closed === null && opened.run === decision.run && opened.data.panel === decision.data.panel,
    );
    if (open === undefined) looks.push({ opened: decision, closed: decision });
    else open.closed = decision;
  }
  return looks;
}

const isRelease = ({ closed }: SealedLook): boolean => closed?.verdict.decision === 'accepted';

/** Ids of the tasks that it played; all planned ones where it was interrupted. */
const playedBy = ({ opened, closed }: SealedLook): readonly string[] =>
  closed?.gate.pairs.map(({ task }) => task) ?? ('plan' in opened ? opened.plan.tasks : []);

/** Number of looks at the panel so far, and of peeks at its given tasks. */
export const looksAt = (decisions: readonly AnyDecision[], panel: string, given: readonly string[] = []): number =>
  sealedLooks(decisions).filter(({ opened }) => opened.data.panel === panel).length +
  decisions.filter((one) => isPeek(one) && one.tasks.some((task) => given.includes(task))).length;

export interface Use {
  /** Looks that played the task, over all nights and panels. */
  readonly looks: number;
  /**
   * True once no bound can be claimed on it again: a look released on it, a command played it, or
   * somebody who can read the figures of its looks changed the harness after one.
   */
  readonly used: boolean;
}

export const UNUSED: Use = { looks: 0, used: false };

/** Built-in proposers see of a look only whether it released. */
const BLIND: ReadonlySet<string> = new Set(PROPOSERS);

/** Whether somebody changed the harness who can read verdicts: a person, or a caller's proposer. */
const isByReader = (decision: Told): boolean => {
  if (decision.kind === 'external') return true;
  if (decision.kind !== 'candidate') return false;
  const { edits, verdict } = decision as Told & Proposing;
  return verdict?.decision === 'accepted' && (edits ?? []).some(({ proposer }) => !BLIND.has(proposer));
};

/** How looks have used the given tasks, by id; tasks of generated panels are left out. */
export function useOfTasks(decisions: readonly Told[]): ReadonlyMap<string, Use> {
  const tasks = new Map<string, Use>();
  const add = (ids: readonly string[], isUsed: boolean) => {
    for (const id of ids) {
      const { looks, used } = tasks.get(id) ?? UNUSED;
      tasks.set(id, { looks: looks + 1, used: used || isUsed });
    }
  };
  const looks = new Map(sealedLooks(decisions).map((look) => [look.closed ?? look.opened, look]));
  /** Tasks with a verdict that anybody may read. */
  const read = new Set<string>();
  for (const decision of decisions) {
    if (isPeek(decision)) add(decision.tasks, true);
    if (isByReader(decision)) for (const id of read) tasks.set(id, { ...(tasks.get(id) ?? UNUSED), used: true });
    const look = looks.get(decision as Opening);
    if (look === undefined || look.opened.data.panelSeed !== undefined) continue;
    add(playedBy(look), isRelease(look));
    if (look.closed !== null) for (const id of playedBy(look)) read.add(id);
  }
  return tasks;
}

/** Ids of the given tasks that audits have played: their scores are public. */
export const auditedTasks = (decisions: readonly Told[]): ReadonlySet<string> =>
  new Set(
    decisions
      .filter(isAuditing)
      .flatMap(({ data, gate }) => (data.panelSeed === undefined ? gate.pairs.map(({ task }) => task) : [])),
  );

/** Looks and releases so far, which set the alpha of the next look; a peek counts as a look. */
export function lookPlace(decisions: readonly AnyDecision[]): LookPlace {
  const looks = sealedLooks(decisions);
  const last = looks.findLast(isRelease);
  const newest = last === undefined ? -1 : decisions.indexOf(last.closed as Closing);
  const peeks = (all: readonly AnyDecision[]) => all.filter(isPeek).length;
  return {
    looks: looks.length + peeks(decisions),
    sinceRelease: looks.length - 1 - looks.findLastIndex(isRelease) + peeks(decisions.slice(newest + 1)),
    releases: looks.filter(isRelease).length,
  };
}

export interface ReleaseQuestion {
  /** Digest of the panel. */
  readonly panel: string;
  /** Id of the harness in force. */
  readonly release: string;
  /** Id of the harness at the branch head. */
  readonly branch: string;
  /** Served model id; for a simulated agent its id. */
  readonly served: string;
  /** Version of the gate's rules. */
  readonly rules: string;
  /** Canonical JSON of what the policy demands. */
  readonly demands: string;
}

/** What a policy demands of a release, as text; the false-release rate is no part of it. */
export const demandsOf = (demands: {
  readonly protectedTags?: readonly string[];
  readonly maxIncrease?: object;
}): string =>
  canonicalJson({ protectedTags: [...(demands.protectedTags ?? [])].sort(), maxIncrease: demands.maxIncrease ?? {} });

/** The newest verdict on the very same question, at no cost. Too many voids are no answer. */
export function sameQuestion(decisions: readonly AnyDecision[], question: ReleaseQuestion): Verdict | null {
  const earlier = decisions
    .filter(isClosing)
    .filter(
      ({ data, parent, child, who, verdict, gate }) =>
        data.panel === question.panel &&
        verdict.reason !== 'voids' &&
        demandsOf(gate.options as Parameters<typeof demandsOf>[0]) === question.demands &&
        parent.harness === question.release &&
        child.harness === question.branch &&
        who.served === question.served &&
        verdict.rules === question.rules,
    );
  return earlier.at(-1)?.verdict ?? null;
}
