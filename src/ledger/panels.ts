/** Looks at sealed panels, counted from the decisions: each costs alpha, and a question is answered once. */
import type { Verdict } from '../types.ts';
import type { Decision } from './decision.ts';

export interface PanelState {
  /** Times the panel was looked at, over all nights. */
  readonly looks: number;
  /** True once something was released on it: its bound cannot be claimed again. */
  readonly used: boolean;
  /** Sum of alpha over the looks. */
  readonly alphaSpent: number;
}

/** A look is a decision whose gate compared two arms on a sealed panel, whatever came of it. */
const isLook = (decision: Decision): boolean => decision.gate?.stage === 'release' && decision.data.panel !== null;

const looksOf = (decisions: readonly Decision[], panel: string): Decision[] =>
  decisions.filter((decision) => isLook(decision) && decision.data.panel === panel);

/** What was done with the panel of this digest; all zero for a fresh one. */
export function panelState(decisions: readonly Decision[], panel: string): PanelState {
  const looks = looksOf(decisions, panel);
  return {
    looks: looks.length,
    used: looks.some(({ verdict }) => verdict?.decision === 'accepted'),
    alphaSpent: looks.reduce((sum, { verdict }) => sum + (verdict?.alpha ?? 0), 0),
  };
}

/** Looks at any panel since the newest release that a look made. */
export function looksSinceRelease(decisions: readonly Decision[]): number {
  const looks = decisions.filter(isLook);
  return looks.length - 1 - looks.findLastIndex(({ verdict }) => verdict?.decision === 'accepted');
}

/** Looks at the panel so far. */
export const looksAt = (decisions: readonly Decision[], panel: string): number => looksOf(decisions, panel).length;

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
}

/** The newest verdict on the very same question: to ask again costs no rollouts and no alpha. */
export function sameQuestion(decisions: readonly Decision[], question: Question): Verdict | null {
  const earlier = looksOf(decisions, question.panel).filter(
    ({ parent, child, who, verdict }) =>
      parent.harness === question.release &&
      child.harness === question.branch &&
      who.served === question.served &&
      verdict?.rules === question.rules,
  );
  return earlier.at(-1)?.verdict ?? null;
}
