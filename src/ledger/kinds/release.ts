/** `release`: the verdict of a look at the sealed panel; with `version` it released the branch. */
import { ReleaseGate } from '../../gate/record.ts';
import { V2_RULES } from '../../gate/rules.ts';
import { LookAt, sentences, VerdictFields, Version } from './fields.ts';
import { hold } from './finding.ts';
import { verifyNotFrozen } from './freeze.ts';
import { isPast, verifyOrder, verifyVerdict } from './judged.ts';
import { type AnyDecision, type Context, type DecisionOf, defineKind } from './kind.ts';
import { sealedLooks } from './panels.ts';
import { verifyEnvironment, verifyPairs } from './settings.ts';

const fields = {
  data: LookAt,
  gate: ReleaseGate,
  verdict: VerdictFields,
  /** `vN`; absent when nothing was released. */
  version: Version.optional(),
  limits: sentences,
};

export const release = defineKind({
  kind: 'release',
  fields,
  title: ({ version }) => (version === undefined ? 'look at the sealed panel' : `release ${version}`),
  verify(decision, context) {
    const { gate, verdict, data, version } = decision;
    const { before, note } = context;
    verifyNotFrozen(decision, context);
    verifyVerdict(gate, verdict, context);
    verifyEnvironment(decision, context);
    if (data.panelSeed === undefined) verifyPairs(gate.pairs, { split: 'sealed', tags: true }, context);
    const next = `v${before.filter(isReleased).length + 1}`;
    hold(note, 'version', verdict.decision === 'accepted' ? next : undefined, version);
    if (isPast(verdict)) return;
    const opened = sealedLooks([...before, decision]).at(-1)?.opened;
    if (opened === undefined || !('plan' in opened)) {
      note('gate', 'a decision of this run that opened the look', null);
      return;
    }
    const { plan } = opened;
    const { rollouts: _, voids: __, costUsd: ___, ...terms } = gate.options;
    hold(note, 'gate.options', plan.terms, terms);
    hold(note, 'data', opened.data, data);
    hold(note, 'parent.harness', opened.parent.harness, decision.parent.harness);
    hold(note, 'child.harness', opened.child.harness, decision.child.harness);
    const played = gate.pairs.map(({ task }) => task);
    const planned = plan.tasks.filter((task) => played.includes(task));
    hold(note, 'gate.pairs', planned, played);
    const trials = gate.pairs.flatMap((pair) => [pair.before.length, pair.after.length]);
    hold(note, 'gate.pairs', plan.trials, trials.find((count) => count !== plan.trials) ?? plan.trials);
    if (verdict.rules === V2_RULES) return;
    if (plan.head === undefined) note('plan.head', 'the record that the coins come from', null);
    const arms = [decision.parent.harness, decision.child.harness];
    verifyOrder(gate.pairs, { head: plan.head ?? null, panel: data.panel, look: data.look, arms }, note);
  },
});

export type ReleaseDecision = DecisionOf<'release', typeof fields>;

const isReleased = (decision: AnyDecision): boolean => release.is(decision) && decision.version !== undefined;

/** A decision about a version must have the harness that was released as it. */
export function verifyVersion(
  { version, child }: AnyDecision & { readonly version: string },
  { before, note }: Context,
): void {
  const released = before.find((one) => release.is(one) && one.version === version)?.child.harness;
  if (released !== child.harness) note('child.harness', released ?? `that of a release ${version}`, child.harness);
}
