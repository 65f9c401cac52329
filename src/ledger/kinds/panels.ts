/** Looks at sealed panels, counted from the decisions: each costs alpha. */
import { z } from 'zod';
import { canonicalJson } from '../../digest.ts';
import type { AuditGate, ReleaseGate } from '../../gate/record.ts';
import { ReleaseTerms } from '../../gate/release.ts';
import type { LookPlace } from '../../gate/rules.ts';
import type { Verdict } from '../../types.ts';
import type { LookAt, PanelData } from './fields.ts';
import type { AnyDecision } from './kind.ts';

/** Maximum looks per set of sealed tasks. */
export const MAX_LOOKS = 12;

/** Fixed before the first sealed rollout; tasks in the order of play. */
export const LookPlan = z.strictObject({ tasks: z.array(z.string()), trials: z.int().min(1), terms: ReleaseTerms });
export type LookPlan = z.infer<typeof LookPlan>;

/** The fields of a `look`, a `release` and an `audit` that concern panels. */
type Opening = AnyDecision & { readonly data: LookAt; readonly plan: LookPlan };
type Closing = AnyDecision & {
  readonly data: LookAt;
  readonly gate: z.infer<typeof ReleaseGate>;
  readonly verdict: Verdict;
};
type Auditing = AnyDecision & { readonly data: PanelData; readonly gate: z.infer<typeof AuditGate> };
const isOpening = (decision: AnyDecision): decision is Opening => decision.kind === 'look';
const isClosing = (decision: AnyDecision): decision is Closing => decision.kind === 'release';
const isAuditing = (decision: AnyDecision): decision is Auditing => decision.kind === 'audit';

/** A look at a sealed panel, with or without a verdict. */
export interface SealedLook {
  /** The decision that counts it, stored before the first rollout (by older rules the verdict). */
  readonly opened: Opening | Closing;
  /** The decision with its verdict; null for an interrupted look. */
  readonly closed: Closing | null;
}

/** All looks in order; an interrupted one counts like any other. */
export function sealedLooks(decisions: readonly AnyDecision[]): readonly SealedLook[] {
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

/** Number of looks at the panel so far. */
export const looksAt = (decisions: readonly AnyDecision[], panel: string): number =>
  sealedLooks(decisions).filter(({ opened }) => opened.data.panel === panel).length;

export interface Use {
  /** Looks that played the task, over all nights and panels. */
  readonly looks: number;
  /** True once a look released on it: no bound can be claimed on it again. */
  readonly used: boolean;
}

export const UNUSED: Use = { looks: 0, used: false };

/** How looks have used the given tasks, by id; tasks of generated panels are left out. */
export function useOfTasks(decisions: readonly AnyDecision[]): ReadonlyMap<string, Use> {
  const tasks = new Map<string, Use>();
  for (const look of sealedLooks(decisions)) {
    if (look.opened.data.panelSeed !== undefined) continue;
    for (const task of playedBy(look)) {
      const { looks, used } = tasks.get(task) ?? UNUSED;
      tasks.set(task, { looks: looks + 1, used: used || isRelease(look) });
    }
  }
  return tasks;
}

/** Ids of the given tasks that audits have played: their scores are public. */
export const auditedTasks = (decisions: readonly AnyDecision[]): ReadonlySet<string> =>
  new Set(
    decisions
      .filter(isAuditing)
      .flatMap(({ data, gate }) => (data.panelSeed === undefined ? gate.pairs.map(({ task }) => task) : [])),
  );

/** Looks and releases so far, which set the alpha of the next look. */
export function lookPlace(decisions: readonly AnyDecision[]): LookPlace {
  const looks = sealedLooks(decisions);
  return {
    looks: looks.length,
    sinceRelease: looks.length - 1 - looks.findLastIndex(isRelease),
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
