/**
 * Looks at sealed panels, counted from the decisions: each costs alpha, and a question is answered
 * once.
 */
import { canonicalJson } from '../../digest.ts';
import type { LookPlace } from '../../gate/rules.ts';
import type { Verdict } from '../../types.ts';
import type { Decision } from '../format/decision.ts';

/** Looks that one set of sealed tasks may answer. */
export const MAX_LOOKS = 12;

/** A look at a sealed panel, whatever came of it. */
export interface SealedLook {
  /**
   * The decision that counts it: it was stored before the first rollout (by older rules the verdict
   * itself).
   */
  readonly opened: Decision;
  /** The decision with its verdict; null for a look that was cut off. */
  readonly closed: Decision | null;
}

/** Whether the decision judges two arms on a sealed panel. */
export const closesLook = ({ gate, data }: Decision): boolean => gate?.stage === 'release' && data.panel !== null;

/** All looks in their order: one that was cut off counts like any other. */
export function sealedLooks(decisions: readonly Decision[]): readonly SealedLook[] {
  const looks: { opened: Decision; closed: Decision | null }[] = [];
  for (const decision of decisions) {
    if (decision.kind === 'look') looks.push({ opened: decision, closed: null });
    if (!closesLook(decision)) continue;
    const open = looks.findLast(({ opened, closed }) => closed === null && isSameLook(opened, decision));
    if (open === undefined) looks.push({ opened: decision, closed: decision });
    else open.closed = decision;
  }
  return looks;
}

const isSameLook = (opened: Decision, closing: Decision): boolean =>
  opened.run === closing.run && opened.data.panel === closing.data.panel;

const isRelease = ({ closed }: SealedLook): boolean => closed?.verdict?.decision === 'accepted';

/** Ids of the tasks that it played: all of them where nobody knows how far it came. */
const playedBy = ({ opened, closed }: SealedLook): readonly string[] =>
  closed?.gate?.pairs.map(({ task }) => task) ?? opened.plan?.tasks ?? [];

/** Looks at the panel so far. */
export const looksAt = (decisions: readonly Decision[], panel: string): number =>
  sealedLooks(decisions).filter(({ opened }) => opened.data.panel === panel).length;

export interface Use {
  /** Looks that played the task, over all nights and panels. */
  readonly looks: number;
  /** True once something was released on it: no bound can be claimed on it again. */
  readonly used: boolean;
}

export const UNUSED: Use = { looks: 0, used: false };

/**
 * Ids of the given tasks that looks have played, and how; tasks of generated panels are not among
 * them.
 */
export function useOfTasks(decisions: readonly Decision[]): ReadonlyMap<string, Use> {
  const tasks = new Map<string, Use>();
  for (const look of sealedLooks(decisions)) {
    if (look.opened.data.panelSeed !== null) continue;
    for (const task of playedBy(look)) {
      const { looks, used } = tasks.get(task) ?? UNUSED;
      tasks.set(task, { looks: looks + 1, used: used || isRelease(look) });
    }
  }
  return tasks;
}

/** Ids of the given tasks that audits have played: what was published is no more secret. */
export const auditedTasks = (decisions: readonly Decision[]): ReadonlySet<string> =>
  new Set(
    decisions.flatMap(({ kind, data, gate }) =>
      kind === 'audit' && (data.panelSeed ?? null) === null ? (gate?.pairs ?? []).map(({ task }) => task) : [],
    ),
  );

/** Where the next look stands. */
export function lookPlace(decisions: readonly Decision[]): LookPlace {
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

/**
 * What a policy demands of a release, as one text; the rate of false releases is no part of the
 * question.
 */
export const demandsOf = (demands: {
  readonly protectedTags?: readonly string[];
  readonly maxIncrease?: object;
}): string =>
  canonicalJson({ protectedTags: [...(demands.protectedTags ?? [])].sort(), maxIncrease: demands.maxIncrease ?? {} });

/**
 * The newest verdict on the very same question: to ask again costs no rollouts and no alpha. Too
 * many voids are no answer.
 */
export function sameQuestion(decisions: readonly Decision[], question: ReleaseQuestion): Verdict | null {
  const earlier = decisions
    .filter(closesLook)
    .filter(
      ({ data, parent, child, who, verdict, gate }) =>
        data.panel === question.panel &&
        verdict?.reason !== 'voids' &&
        gate?.stage === 'release' &&
        demandsOf(gate.options as Parameters<typeof demandsOf>[0]) === question.demands &&
        parent.harness === question.release &&
        child.harness === question.branch &&
        who.served === question.served &&
        verdict?.rules === question.rules,
    );
  return earlier.at(-1)?.verdict ?? null;
}
