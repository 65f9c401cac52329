/**
 * Rolls the branch head on train, finds what failed and why, and lets the proposer write edits that
 * pass the free checks.
 */

import { diagnose } from '../diagnosis/diagnose.ts';
import { randomOf, seedOf, shuffled } from '../digest.ts';
import { applyEdits, editKey, touchedIds } from '../edit/edits.ts';
import type { Edit } from '../edit/schema.ts';
import { assertScored, evaluationOf } from '../evaluation/evaluator.ts';
import { mapPool } from '../evaluation/pool.ts';
import { scoreInterval } from '../gate/interval.ts';
import { parseHarness } from '../harness/parse.ts';
import { bundleKey, mayTry, rejectedEdits } from '../ledger/branch/rejected.ts';
import { checkEdits } from '../proposal/checks.ts';
import { harmfulEdits } from '../proposal/harmful.ts';
import { heldOutOf } from '../proposal/held-out.ts';
import { type MineContext, type MinedProposal, mine } from '../proposal/mine/mine.ts';
import { editWords, withoutNearDuplicates } from '../proposal/near.ts';
import { nullEdits } from '../proposal/null.ts';
import { reflect } from '../proposal/reflect/reflect.ts';
import { editTitle } from '../report/title.ts';
import type { Diagnosis, Harness, Task, Trace } from '../types.ts';
import { type Night, PAID_SAMPLE } from './night.ts';
import { report } from './race.ts';

export interface Lessons {
  /** Edits that passed every free check, in order of expected gain. */
  readonly edits: readonly Edit[];
  /** By trace id. */
  readonly diagnoses: ReadonlyMap<string, Diagnosis>;
}

/**
 * `round` 1 is the start of the night; later rounds look at what still fails under the new head.
 */
export async function learn(night: Night, head: Harness, round: number): Promise<Lessons> {
  const sample = sampleOf(night, round);
  night.emit({ type: 'phase', phase: 'learn', detail: `${sample.length} train tasks` });
  let done = 0;
  const traces = await mapPool(
    sample,
    night.options.concurrency,
    async (task) => {
      const trace = await night.evaluator.play({ harness: head, task, trial: 0, tier: `train:${round}` });
      done += 1;
      report(night, 'train', done, sample.length);
      return trace as Trace<'train'>;
    },
    night.signal,
  );
  assertScored(traces);
  const rewards = evaluationOf(head, 'train', sample, traces).tasks.map((row) => row.rewards);
  night.emit({
    type: 'score',
    of: round === 1 ? 'start' : 'branch',
    split: 'train',
    score: { ...scoreInterval(rewards), tasks: rewards.length },
  });

  const context = {
    environment: { ...night.environment, tasks: night.train },
    protocol: night.agent.protocol,
    harness: head,
    tasks: night.train,
    traces,
  };
  const tasks = new Map(night.train.map((task) => [task.id, task]));
  const diagnoses = new Map<string, Diagnosis>();
  for (const trace of traces) {
    const task = tasks.get(trace.task);
    const diagnosis = task && (await diagnose(trace, { task, environment: context.environment, harness: head }));
    if (diagnosis) diagnoses.set(trace.id, diagnosis);
  }
  const random = randomOf(night.options.seed, night.number, 'propose', round);
  const proposal = await propose(night, { ...context, diagnoses: [...diagnoses.values()], random }, round);
  let repeated = 0;
  const common = {
    ...context,
    leak: night.leak,
    envelope: night.options.policy.envelope,
    shapes: proposal.shapes,
    mayTry: whyNot(night, head),
  };
  const passes = async (parent: Harness, edit: Edit) =>
    (await checkEdits({ ...common, parent, edits: [edit] })).every((check) => check.passed);
  const switches: Edit[] = [];
  for (const edit of proposal.edits.filter(isSwitch)) if (await passes(head, edit)) switches.push(edit);
  const switched = withSwitches(head, switches);
  const edits: Edit[] = [];
  for (const edit of proposal.edits) {
    const checks = await checkEdits({ ...common, parent: head, edits: [edit] });
    const failed = checks.find((check) => !check.passed);
    // Rules for calls change nothing in traces whose calls were never heard; with the switch that
    // hears them they may.
    if (failed === undefined || (failed.check === 'inert' && switched !== null && (await passes(switched, edit))))
      edits.push(edit);
    // What was refused before and is refused again for the same reason needs no second record.
    else if (failed.check === 'duplicate' || wasRefused(night, edit, failed.reason)) repeated += 1;
    else night.recorder.refused(edit, checks, head, diagnoses);
  }
  night.repeated += repeated;
  const refused = proposal.edits.length - edits.length - repeated;
  const { probes, notes } = proposal;
  night.emit({ type: 'learned', edits: proposal.edits.length, refused, repeated, probes, notes });
  return { edits, diagnoses };
}

const isSwitch = ({ ops }: Edit): boolean => ops.every(({ op }) => op === 'switch.set');

/** The head with these switches on; null when there are none or they do not fit together. */
function withSwitches(head: Harness, switches: readonly Edit[]): Harness | null {
  if (switches.length === 0) return null;
  try {
    return parseHarness(head.env, applyEdits(head.files, switches));
  } catch {
    return null;
  }
}

/**
 * All train tasks; of an agent whose rollouts cost time or money a fresh random sample each round.
 * Probes are free and use all.
 */
function sampleOf(night: Night, round: number): readonly Task<'train'>[] {
  if (night.agent.simulated || night.train.length <= PAID_SAMPLE) return night.train;
  return shuffled(night.train, randomOf(night.options.seed, night.number, 'train sample', round)).slice(0, PAID_SAMPLE);
}

async function propose(night: Night, context: MineContext, round: number): Promise<MinedProposal> {
  const { proposer, budget } = night.options;
  if (proposer === 'null' || proposer === 'harmful') {
    const edits = proposer === 'null' ? nullEdits(context.harness, context.random, budget) : harmfulEdits(context);
    return { edits, shapes: new Map(), notes: [], probes: 0 };
  }
  // Probes give the shapes that the path lint needs, whoever proposes.
  const mined = await mine(context);
  if (night.thinker === null) return mined;
  const known = proposer === 'both' ? mined.edits : [];
  const { edits, calls, notes } = await reflect(context, {
    model: night.thinker,
    tried: triedBefore(night),
    found: known.map((edit) => editWords(edit) || editTitle(edit)),
    heldOut: heldOutOf([...night.train, ...night.dev, ...night.sealed]),
    seed: seedOf('reflect', night.options.seed, night.number, round),
    signal: night.signal,
  });
  night.proposerCalls += calls;
  const fresh = withoutNearDuplicates(edits, known);
  return {
    ...mined,
    edits: [...known, ...fresh],
    notes: [
      ...mined.notes,
      ...notes,
      `reflect: ${calls} model calls, ${edits.length} edits, ${fresh.length} of them new.`,
    ],
  };
}

/** What `reflect` proposed before and was refused, newest first, as the model wrote it. */
const triedBefore = (night: Night): string[] =>
  rejectedEdits(decisionsOf(night))
    .reverse()
    .flatMap(({ edits }) => edits.filter(({ proposer }) => proposer === 'reflect').map(editWords));

/** Decisions of earlier nights, and tonight's that are committed. */
const decisionsOf = (night: Night) => [...night.decisions, ...night.recorder.stored()];

/** True if an edit was refused by a free check for the same reason before. */
const wasRefused = (night: Night, edit: Edit, reason: string): boolean =>
  rejectedEdits(decisionsOf(night)).some(
    (rejected) => rejected.key === editKey(edit) && rejected.by !== 'gate' && rejected.reason === reason,
  );

/** The rejected-edit query: why an edit may not be tried on `head`, or null. */
export const whyNot =
  (night: Night, head: Harness) =>
  (...edits: readonly Edit[]): string | null => {
    const { allowed, reason, seq } = mayTry(
      bundleKey(edits.map(editKey)),
      edits.flatMap((edit) => [...touchedIds(edit)]),
      decisionsOf(night),
      head,
      night.agent.id,
    );
    return allowed ? null : `${reason}: tried before, decision ${seq}`;
  };
