/** Tries one edit that somebody gives: a night whose only proposal it is. */
import { editKey } from './edit/edits.ts';
import { editTitle } from './edit/title.ts';
import { EXIT } from './exit-codes.ts';
import { openLedger } from './ledger/branch/ledger.ts';
import { rejectedEdits } from './ledger/branch/rejected.ts';
import { openRepository } from './ledger/git/git.ts';
import type { GivenChange } from './open/change.ts';
import { given } from './proposal/given.ts';
import type { Event, NightSummary } from './report/events.ts';
import { type NightRequest, runNight } from './run-night.ts';
import type { Verdict } from './types.ts';

/**
 * - `released`: the sealed tasks certified it. `kept`: dev did, and there was no look.
 * - `not_certified`: kept on the branch, but the look at the sealed tasks released nothing.
 * - `not_better`, `worse`: on dev, or in the look; worse means that the interval lies below 0.
 * - `refused`: by a free check, without a candidate's rollout.
 * - `tried_before`: the same edit was refused, and nothing that it needs has changed.
 * - `unproven`: too few tasks to test it, or a cap ended the night before it.
 */
export type TryDecision =
  | 'released'
  | 'kept'
  | 'not_certified'
  | 'not_better'
  | 'worse'
  | 'refused'
  | 'tried_before'
  | 'unproven';

/** The last line of `optimize try --json`: that of its night, and what became of the edit. */
export interface TrySummary extends NightSummary {
  /** What was given: a path, or a name of a commit. */
  readonly change: string;
  readonly title: string;
  readonly decision: TryDecision;
  /** One sentence. */
  readonly why: string;
  /** Name of the check that refused it; else null. */
  readonly check: string | null;
  /** Difference on the tasks that decided, with its 95 % interval; null where none was played. */
  readonly effect: {
    readonly mean: number;
    readonly low: number;
    readonly high: number;
    readonly split: string;
  } | null;
  /** Other files that the change touches: those of the base were used. */
  readonly unused: readonly string[];
}

export type TryRequest = Omit<NightRequest, 'proposers' | 'budget' | 'given' | 'apply'>;

/** Plays the night and tells its events. Throws as `runNight`. */
export async function tryEdit(request: TryRequest, word: string, { edit, unused }: GivenChange): Promise<TrySummary> {
  const { emit = () => {} } = request;
  const verdicts: Verdict[] = [];
  const night = await runNight({
    ...request,
    proposers: [given(edit)],
    budget: 1,
    given: true,
    emit(event: Event) {
      if (event.type === 'decision') verdicts.push(event.verdict);
      // The summary comes once, with what became of the edit.
      if (event.type !== 'summary') emit(event);
    },
  });
  const repeated = night.repeated > 0 ? await reasonBefore(request, edit) : null;
  const { decision, why, decided } = outcomeOf(night, verdicts, repeated);
  return {
    ...night,
    change: word,
    title: editTitle(edit),
    decision,
    why,
    check: decided?.stage === 'check' ? decided.reason : null,
    effect: effectOf(decided),
    unused,
    exitCode: EXIT_OF[decision],
  };
}

const EXIT_OF: Readonly<Record<TryDecision, number>> = {
  released: EXIT.ok,
  kept: EXIT.ok,
  not_certified: EXIT.nothingCertified,
  not_better: EXIT.nothingCertified,
  worse: EXIT.regression,
  refused: EXIT.nothingCertified,
  tried_before: EXIT.nothingCertified,
  unproven: EXIT.nothingCertified,
};

function effectOf(verdict: Verdict | null): TrySummary['effect'] {
  if (verdict === null || verdict.effect === null || verdict.low === null || verdict.high === null) return null;
  const { effect: mean, low, high, stage } = verdict;
  return { mean, low, high, split: stage === 'release' ? 'sealed' : 'dev' };
}

interface Outcome {
  readonly decision: TryDecision;
  readonly why: string;
  /** The verdict that decided; null for none. */
  readonly decided: Verdict | null;
}

function outcomeOf(night: NightSummary, verdicts: readonly Verdict[], repeated: string | null): Outcome {
  const of = (...stages: string[]) => verdicts.find(({ stage }) => stages.includes(stage)) ?? null;
  const [own, look] = [of('check', 'keep'), of('release')];
  const as = (decision: TryDecision, decided: Verdict | null, why = decided?.detail ?? night.outcome): Outcome => ({
    decision,
    why,
    decided,
  });
  if (night.released !== null) return as('released', look);
  if (look !== null) return as(look.reason === 'regression' ? 'worse' : 'not_certified', look);
  if (own === null) return repeated === null ? as('unproven', null) : as('tried_before', null, repeated);
  if (own.stage === 'check') return as('refused', own, `${own.reason}: ${own.detail}`);
  if (own.decision === 'accepted') return as('kept', own, `${own.detail}; ${night.outcome}`);
  return as(own.high !== null && own.high < 0 ? 'worse' : 'not_better', own);
}

/** What refused the same edit before. */
async function reasonBefore({ root, environment }: TryRequest, edit: GivenChange['edit']): Promise<string> {
  const ledger = await openLedger(await openRepository(root), environment.name);
  const last = rejectedEdits(ledger.decisions()).findLast(({ key }) => key === editKey(edit));
  return `the same edit was refused before${last === undefined ? '' : ` (decision ${last.seq}): ${last.detail}`}`;
}
