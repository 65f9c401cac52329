/**
 * Recomputes what a look at the sealed panel was begun on, and holds its verdict's record against
 * that.
 */
import { alphaOf, PAST_RULES, RELEASE } from '../../gate/rules.ts';
import { closesLook, lookPlace, looksAt, sealedLooks, useOfTasks } from '../branch/panels.ts';
import type { Decision } from '../format/decision.ts';
import { hold, type Note } from './finding.ts';

/**
 * A look is opened before its first rollout, on the terms that the `looks` before it leave, and
 * closed on the same; adds the decision to them.
 */
export function verifyLook(decision: Decision, looks: Decision[], note: Note): void {
  const { kind, plan, data, gate, verdict } = decision;
  const opens = kind === 'look';
  if (opens !== (plan !== undefined)) note('plan', opens ? 'the plan of the look' : 'none', plan ?? null);
  if (opens && plan !== undefined) verifyTerms(decision, plan, looks, note);
  if (closesLook(decision) && gate?.stage === 'release' && !PAST_RULES.includes(verdict?.rules ?? '')) {
    const opened = sealedLooks([...looks, decision]).at(-1)?.opened;
    if (opened?.plan === undefined) note('gate', 'a decision of this run that opened the look', null);
    else {
      const { rollouts: _, voids: __, costUsd: ___, ...terms } = gate.options;
      hold(note, 'gate.options', opened.plan.terms, terms);
      hold(note, 'data', opened.data, data);
      hold(note, 'parent.harness', opened.parent.harness, decision.parent.harness);
      hold(note, 'child.harness', opened.child.harness, decision.child.harness);
      const played = gate.pairs.map(({ task }) => task);
      hold(
        note,
        'gate.pairs',
        opened.plan.tasks.filter((task) => played.includes(task)),
        played,
      );
      const trials = gate.pairs.flatMap(({ before, after }) => [before.length, after.length]);
      hold(
        note,
        'gate.pairs',
        opened.plan.trials,
        trials.find((count) => count !== opened.plan?.trials) ?? opened.plan.trials,
      );
    }
  }
  if (opens || closesLook(decision)) looks.push(decision);
}

type Plan = NonNullable<Decision['plan']>;

function verifyTerms({ data }: Decision, { tasks, terms }: Plan, looks: readonly Decision[], note: Note): void {
  const { alpha = RELEASE.alpha, fdr, planned, panelUsed = false } = terms;
  hold(note, 'plan.terms.alpha', alphaOf(lookPlace(looks), fdr), alpha);
  hold(note, 'plan.terms.planned', tasks.length, planned);
  // A night leaves these to the rule; a record that names them has changed it.
  hold(note, 'plan.terms.maxVoidShare', undefined, terms.maxVoidShare);
  hold(note, 'plan.terms.sizeWithinCap', undefined, terms.sizeWithinCap);
  // A generated panel answers once: the next look draws another one.
  if (data.panelSeed !== null && looks.some((look) => look.data.panelSeed === data.panelSeed))
    note('data.panelSeed', 'a seed that no look had before', data.panelSeed);
  const use = data.panelSeed === null ? useOfTasks(looks) : new Map();
  hold(
    note,
    'plan.terms.panelUsed',
    tasks.some((task) => use.get(task)?.used),
    panelUsed,
  );
  hold(note, 'data.look', looksAt(looks, data.panel ?? '') + 1, data.look);
}
