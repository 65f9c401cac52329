/** `candidate`: edits that were proposed, refused by a free check or judged on dev. */
import { z } from 'zod';
import { editKey } from '../../edit/edits.ts';
import { Edit } from '../../edit/schema.ts';
import { bundleTitle } from '../../edit/title.ts';
import { KeepGate, PruneGate } from '../../gate/record.ts';
import { Splice } from '../../harness/splice.ts';
import { NO_POLICY } from '../../policy/policy.ts';
import { policyRefusal } from '../../proposal/checks/policy.ts';
import { riskRefusal } from '../../proposal/checks/risk-limit.ts';
import { Data, sentences, Touched, VerdictFields } from './fields.ts';
import { hold } from './finding.ts';
import { verifyNotFrozen } from './freeze.ts';
import { changedItems, parsedSides, touchedBy } from './items.ts';
import { verifyVerdict } from './judged.ts';
import { type Context, type DecisionOf, defineKind } from './kind.ts';
import { settingsInForce, verifyEnvironment, verifyPairs } from './settings.ts';

const fields = {
  /** `bundle`, `half`, `single`, `prune`, ... */
  form: z.string().min(1).max(40),
  edits: z.array(Edit),
  /** Normalized content of each edit, see `editKey`. */
  keys: z.array(z.string()),
  touched: z.array(Touched),
  /** From the parent to the child in bytes, for programs that know no edits. */
  changes: z.array(Splice),
  causes: z.array(
    z.strictObject({
      pattern: z.string(),
      failure: z.string(),
      cause: z.string(),
      count: z.int().min(0),
      traces: z.array(z.string()),
    }),
  ),
  /** The free checks before a rollout, in the order run. */
  checks: z.array(
    z.strictObject({ check: z.string(), passed: z.boolean(), reason: z.string().nullable(), detail: z.string() }),
  ),
  data: Data,
  /** Absent when a free check refused it. */
  gate: z.discriminatedUnion('stage', [KeepGate, PruneGate]).optional(),
  verdict: VerdictFields,
  limits: sentences,
};

export const candidate = defineKind({
  kind: 'candidate',
  fields,
  elsewhere: true,
  title: ({ form, edits }) => `${form} ${bundleTitle(edits)}`,
  changesBranch: ({ verdict }) => verdict.decision === 'accepted',
  verify(decision, context) {
    const { gate, verdict, edits, keys } = decision;
    const { note } = context;
    verifyNotFrozen(decision, context);
    verifyEnvironment(decision, context);
    if (isUnworded(decision)) hold(note, 'verdict.decision', 'rejected', verdict.decision);
    else hold(note, 'keys', edits.map(editKey), keys);
    if (gate !== undefined) {
      verifyVerdict(gate, verdict, context);
      verifyPairs(gate.pairs, { split: 'dev' }, context);
      verifyOnce(decision, context);
    } else if (verdict.decision === 'accepted') note('gate', 'the scores behind an accepted verdict', null);
    if (verdict.decision === 'accepted') verifyKept(decision, context);
  },
});
export type CandidateDecision = DecisionOf<'candidate', typeof fields>;

type Checked = Pick<CandidateDecision, 'checks'>;

/** Whether the first failed check is one whose refusal must not repeat the words of the edit. */
export const hidesWords = ({ checks }: Checked): boolean =>
  ['leak', 'taint'].includes(checks.find(({ passed }) => !passed)?.check ?? '');

/** A refusal that holds the key of its edit alone, so nothing can be recomputed from its edits. */
const isUnworded = (decision: CandidateDecision): boolean =>
  decision.edits.length === 0 &&
  decision.keys.length === 1 &&
  decision.verdict.stage === 'check' &&
  decision.gate === undefined &&
  hidesWords(decision);

/** Every evaluated candidate has exactly one decision. */
function verifyOnce({ run, verdict, parent, child, seq }: CandidateDecision, { before, note }: Context): void {
  const earlier = before.find(
    (one) =>
      one.run === run &&
      one.parent.harness === parent.harness &&
      one.child.harness === child.harness &&
      candidate.is(one) &&
      one.gate !== undefined &&
      one.verdict.stage === verdict.stage,
  );
  if (earlier !== undefined) note('seq', `one decision, number ${earlier.seq}, on this candidate`, seq);
}

/** An accepted candidate keeps to protection and envelope; a pruned one only leaves things out. */
function verifyKept(decision: CandidateDecision, { before, sides, note, vocabulary }: Context): void {
  const { env, run, edits, form, gate } = decision;
  if (sides === null) return;
  const harnesses = parsedSides(env, sides);
  const changed = harnesses === null ? [] : changedItems(harnesses.parent, harnesses.child);
  // Edits that change no part touch the parts that they name.
  const touched = changed.length > 0 ? changed : touchedBy(env, sides.before, edits);
  hold(note, 'touched', touched, decision.touched);
  const prunes = gate?.stage === 'prune';
  if (prunes !== (form === 'prune')) note('form', prunes ? 'prune' : 'no prune', form);
  const refused = harnesses && policyRefusal({ ...harnesses, edits });
  if (refused !== null) note('edits', 'nothing that is protected', refused);
  if (prunes) {
    // Pruning brings back what was there before this night kept something.
    const kept = before.filter(candidate.is).filter((one) => one.run === run && one.verdict.decision === 'accepted');
    const earlier = kept.flatMap((one) => one.touched);
    const fresh = touched.find(({ id, after: to }) => !earlier.some((old) => old.id === id && old.before === to));
    if (fresh !== undefined) note('edits', 'nothing but what was there before this night kept more', fresh.id);
    return;
  }
  const { envelope } = settingsInForce(before)?.policy ?? NO_POLICY;
  const tooMuch = riskRefusal({ edits, envelope, environment: { vocabulary } });
  if (tooMuch !== null) note('edits', 'what the policy lets a night change', tooMuch);
}
