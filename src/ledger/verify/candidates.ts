/**
 * Holds what changed the branch against the rules that let it: protected parts, the envelope, what
 * a person has to say, and what pruning may do.
 */
import { loosenedIn } from '../../harness/loosened.ts';
import { parseHarness } from '../../harness/parse.ts';
import { NO_POLICY } from '../../policy/policy.ts';
import { policyRefusal } from '../../proposal/checks/policy.ts';
import { riskRefusal } from '../../proposal/checks/risk-limit.ts';
import type { Harness, HarnessFiles } from '../../types.ts';
import { settingsInForce } from '../acts/settings.ts';
import { changesBranch, type Decision, type Touched } from '../format/decision.ts';
import { changedItems, touchedBy } from '../format/items.ts';
import { hold, type Note } from './finding.ts';
import type { Said } from './settings.ts';

/** What the decisions so far say that candidates are held against. */
export interface Changed {
  /** What accepted candidates changed, by run. */
  readonly kept: Map<string, readonly Touched[]>;
  /** Number of the decision that froze the environment; null when it is not frozen. */
  frozen: number | null;
}

/** A decision that changes the branch from one harness to another, both rebuilt. */
export function verifyChange(
  decision: Decision,
  sides: { readonly before: HarnessFiles; readonly after: HarnessFiles },
  { settings, kept }: Said & Changed,
  note: Note,
): void {
  const { env, kind, run, gate, candidate, limits, seq } = decision;
  if (!changesBranch(decision) || kind === 'merge') return;
  const { before, after } = sides;
  const harnesses = parsed(env, before, after);
  const changed = harnesses === null ? [] : changedItems(harnesses.parent, harnesses.child);
  const edits = kind === 'candidate' ? (candidate?.edits ?? []) : null;
  // Edits that change no part are told by the parts that they name.
  const touched = edits === null || changed.length > 0 ? changed : touchedBy(env, before, edits);
  hold(note, 'candidate.touched', touched, candidate?.touched);
  if (edits === null) {
    const loosened = seq === 1 || harnesses === null ? [] : loosenedIn(harnesses.parent, harnesses.child);
    const missing = loosened.filter((line) => !limits.includes(line));
    if (missing.length > 0) note('limits', missing.join('; '), limits);
    return;
  }
  const prunes = gate?.stage === 'prune';
  if (prunes !== (candidate?.form === 'prune')) note('candidate.form', prunes ? 'prune' : 'no prune', candidate?.form);
  if (harnesses !== null) {
    const refused = policyRefusal({ ...harnesses, edits });
    if (refused !== null) note('candidate.edits', 'nothing that is protected', refused);
  }
  if (prunes) {
    // Leaving out brings back what was there before something was kept this night.
    const earlier = kept.get(run) ?? [];
    const fresh = touched.find(({ id, after: to }) => !earlier.some((old) => old.id === id && old.before === to));
    if (fresh !== undefined)
      note('candidate.edits', 'nothing but what was there before this night kept more', fresh.id);
  } else {
    const { envelope } = settingsInForce(settings)?.policy ?? NO_POLICY;
    const refused = riskRefusal({ edits, envelope });
    if (refused !== null) note('candidate.edits', 'what the policy lets a night change', refused);
  }
  kept.set(run, [...(kept.get(run) ?? []), ...touched]);
}

function parsed(env: string, before: HarnessFiles, after: HarnessFiles): { parent: Harness; child: Harness } | null {
  try {
    return { parent: parseHarness(env, before), child: parseHarness(env, after) };
  } catch {
    return null;
  }
}

/** Nothing is tried or looked at while a person has to look first. */
export function verifyFrozen({ kind, seq }: Decision, changed: Changed, note: Note): void {
  if (kind === 'freeze') changed.frozen ??= seq;
  if (kind === 'unfreeze') changed.frozen = null;
  if (changed.frozen !== null && ['candidate', 'look', 'release'].includes(kind))
    note('kind', `nothing of a night: it is frozen since decision ${changed.frozen}`, kind);
}
