/** Looks at sealed panels, counted from the decisions: each costs alpha, and a question is answered once. */
import { canonicalJson } from '../digest.ts';
import type { LookPlace } from '../gate/rules.ts';
import type { Verdict } from '../types.ts';
import type { Decision } from './decision.ts';

/** Looks that one set of sealed tasks may answer. */
export const MAX_LOOKS = 12;

/** A look is a decision whose gate compared two arms on a sealed panel, whatever came of it. */
export const isLook = (decision: Decision): boolean =>
  decision.gate?.stage === 'release' && decision.data.panel !== null;

const isRelease = ({ verdict }: Decision): boolean => verdict?.decision === 'accepted';

const looksOf = (decisions: readonly Decision[], panel: string): Decision[] =>
  decisions.filter((decision) => isLook(decision) && decision.data.panel === panel);

/** Looks at the panel so far. */
export const looksAt = (decisions: readonly Decision[], panel: string): number => looksOf(decisions, panel).length;

export interface Use {
  /** Looks that played the task, over all nights and panels. */
  readonly looks: number;
  /** True once something was released on it: no bound can be claimed on it again. */
  readonly used: boolean;
}

export const UNUSED: Use = { looks: 0, used: false };

/** Ids of the given tasks that looks have played, and how; tasks of generated panels are not among them. */
export function useOfTasks(decisions: readonly Decision[]): ReadonlyMap<string, Use> {
  const tasks = new Map<string, Use>();
  for (const decision of decisions) {
    if (!isLook(decision) || (decision.data.panelSeed ?? null) !== null) continue;
    for (const { task } of decision.gate?.pairs ?? []) {
      const { looks, used } = tasks.get(task) ?? UNUSED;
      tasks.set(task, { looks: looks + 1, used: used || isRelease(decision) });
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
  const looks = decisions.filter(isLook);
  return {
    looks: looks.length,
    sinceRelease: looks.length - 1 - looks.findLastIndex(isRelease),
    releases: looks.filter(isRelease).length,
  };
}

export interface Question {
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

/** What a policy demands of a release, as one text; the rate of false releases is no part of the question. */
export const demandsOf = (demands: {
  readonly protectedTags?: readonly string[];
  readonly maxIncrease?: object;
}): string =>
  canonicalJson({ protectedTags: [...(demands.protectedTags ?? [])].sort(), maxIncrease: demands.maxIncrease ?? {} });

/** The newest verdict on the very same question: to ask again costs no rollouts and no alpha. Too many voids are no answer. */
export function sameQuestion(decisions: readonly Decision[], question: Question): Verdict | null {
  const earlier = looksOf(decisions, question.panel).filter(
    ({ parent, child, who, verdict, gate }) =>
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
