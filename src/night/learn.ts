/** Plays the branch head on train, diagnoses failures, and takes edits that pass the checks. */
import { diagnose } from '../diagnosis/diagnose.ts';
import { randomOf, shuffled } from '../digest.ts';
import { applyEdits, editKey } from '../edit/edits.ts';
import { EditError } from '../edit/error.ts';
import type { Edit } from '../edit/schema.ts';
import { UsageError } from '../errors.ts';
import { assertScored, evaluationOf } from '../evaluation/evaluator.ts';
import { playTasks } from '../evaluation/play-tasks.ts';
import { scoreInterval } from '../gate/interval.ts';
import { parseHarness } from '../harness/parse.ts';
import { bundleKey, mayTry, rejectedEdits } from '../ledger/branch/rejected.ts';
import type { CheckContext } from '../proposal/check.ts';
import { checkEdits } from '../proposal/checks.ts';
import type { ScoreLine } from '../report/events.ts';
import type { Diagnosis, Environment, Harness, Task, Trace } from '../types.ts';
import { type NightContext, PAID_SAMPLE } from './night.ts';
import { noticeOf, playHeard } from './notice.ts';
import { propose } from './propose.ts';

export interface Lessons {
  /** Train score of the branch head. */
  readonly score: ScoreLine;
  /** What the replies show; null for nothing. */
  readonly notice: string | null;
  /** Edits that passed every free check, in order of expected gain. */
  readonly edits: readonly Edit[];
  /** By trace id. */
  readonly diagnoses: ReadonlyMap<string, Diagnosis>;
  /** Model calls of the proposers. */
  readonly calls: number;
  /** Edits before any check. */
  readonly proposed: number;
  /** Edits that an earlier record rejects for the same reason. */
  readonly repeated: number;
}

type Learning = Parameters<typeof propose>[0] &
  Parameters<typeof whyNot>[0] &
  Pick<NightContext, 'checks' | 'environment' | 'evaluator' | 'leak' | 'options' | 'report' | 'train'>;

/** `round` counts from 1; `left` is how many candidates may still be evaluated. */
export async function learn(
  night: Learning,
  head: Harness,
  { round, left }: { readonly round: number; readonly left: number },
): Promise<Lessons> {
  const { traces, score, notice } = await playTrain(night, head, round);
  const environment: Environment = { ...night.environment, tasks: night.train };
  const context = { environment, protocol: night.agent.protocol, harness: head, tasks: night.train, traces };
  const diagnoses = await diagnoseAll(traces, night.train, { environment, harness: head });
  const proposal = await propose(
    night,
    { ...context, diagnoses: [...diagnoses.values()] },
    { round, left, decisions: decisionsOf(night) },
  );
  const { edits, refused, repeated } = await checked(night, proposal.edits, diagnoses, {
    ...context,
    parent: head,
    leak: night.leak,
    envelope: night.options.policy.envelope,
    shapes: proposal.shapes,
    mayTry: whyNot(night, head),
    checks: night.checks,
  });
  const { probes, notes, calls } = proposal;
  night.emit({ type: 'learned', edits: proposal.edits.length, refused, repeated, probes, notes });
  return { score, notice, edits, diagnoses, calls, proposed: proposal.edits.length, repeated };
}

async function playTrain(
  night: Learning,
  harness: Harness,
  round: number,
): Promise<{ readonly traces: readonly Trace<'train'>[]; readonly score: ScoreLine; readonly notice: string | null }> {
  const sample = sampleOf(night, round);
  night.emit({ type: 'phase', phase: 'learn', detail: `${sample.length} train tasks` });
  const rollouts = sample.map((task) => ({ harness, task, trial: 0, tier: `train:${round}` }));
  const onPlayed = (done: number, total: number) => night.report('train', done, total);
  const traces =
    round === 1 ? await playHeard(night, rollouts, onPlayed) : await playTasks(night.evaluator, rollouts, onPlayed);
  assertScored(traces);
  const rewards = evaluationOf(harness, 'train', sample, traces).tasks.map((row) => row.rewards);
  const score = { ...scoreInterval(rewards), tasks: rewards.length };
  night.emit({ type: 'score', of: round === 1 ? 'start' : 'branch', split: 'train', score });
  const notice = night.agent.simulated ? null : noticeOf(traces, night.environment);
  return { traces: traces as readonly Trace<'train'>[], score, notice };
}

/** All train tasks of a simulated agent; else a random sample per round. Probes use all. */
function sampleOf(night: Learning, round: number): readonly Task<'train'>[] {
  if (night.agent.simulated || night.train.length <= PAID_SAMPLE) return night.train;
  return shuffled(night.train, randomOf(night.options.seed, night.number, 'train sample', round)).slice(0, PAID_SAMPLE);
}

/** Diagnoses of the failed traces, by trace id. */
export async function diagnoseAll(
  traces: readonly Trace<'train'>[],
  train: readonly Task<'train'>[],
  under: { readonly environment: Environment; readonly harness: Harness },
): Promise<ReadonlyMap<string, Diagnosis>> {
  const tasks = new Map(train.map((task) => [task.id, task]));
  const diagnoses = new Map<string, Diagnosis>();
  for (const trace of traces) {
    const task = tasks.get(trace.task);
    const diagnosis = task && (await diagnose(trace, { task, ...under }));
    if (diagnosis) diagnoses.set(trace.id, diagnosis);
  }
  return diagnoses;
}

/** The edits that may be tried; every other one is recorded with its failed check. */
async function checked(
  night: Learning,
  proposed: readonly Edit[],
  diagnoses: ReadonlyMap<string, Diagnosis>,
  context: Omit<CheckContext, 'edits'>,
): Promise<{ edits: readonly Edit[]; refused: number; repeated: number }> {
  const head = context.parent;
  const passes = async (parent: Harness, edit: Edit) =>
    (await checkEdits({ ...context, parent, edits: [edit] })).every((check) => check.passed);
  const switches: Edit[] = [];
  for (const edit of proposed.filter(isSwitch)) if (await passes(head, edit)) switches.push(edit);
  const switched = switches.length === 0 ? null : withEdits(head, switches);
  const edits: Edit[] = [];
  let repeated = 0;
  for (const edit of proposed) {
    const checks = await checkEdits({ ...context, edits: [edit] });
    const failed = checks.find((check) => !check.passed);
    // A rule for calls is inert where no call was recognized: try it with the switches on.
    if (failed === undefined || (failed.check === 'inert' && switched !== null && (await passes(switched, edit))))
      edits.push(edit);
    // A second refusal for the same reason needs no second record.
    else if (failed.check === 'duplicate' || wasRefused(night, edit, failed.reason)) repeated += 1;
    else night.recorder.refused(edit, checks, head, diagnoses);
  }
  return { edits, refused: proposed.length - edits.length - repeated, repeated };
}

const isSwitch = ({ ops }: Edit): boolean => ops.every(({ op }) => op === 'switch.set');

/** `head` with the edits; null when one no longer fits: its name is taken or its anchor gone. */
export function withEdits(head: Harness, edits: readonly Edit[]): Harness | null {
  try {
    return parseHarness(head.env, applyEdits(head.files, edits));
  } catch (error) {
    if (error instanceof EditError || error instanceof UsageError) return null;
    throw error;
  }
}

type Deciding = Pick<NightContext, 'agent' | 'decisions' | 'recorder'>;

/** Decisions of earlier nights, and tonight's that are committed. */
const decisionsOf = ({ decisions, recorder }: Deciding) => [...decisions, ...recorder.stored()];

/** True if a free check refused the edit before, for the same reason. */
const wasRefused = (night: Deciding, edit: Edit, reason: string): boolean =>
  rejectedEdits(decisionsOf(night)).some(
    (rejected) => rejected.key === editKey(edit) && rejected.by !== 'gate' && rejected.reason === reason,
  );

/** The rejected-edit query: why edits may not be tried on `head`, or null. */
export const whyNot =
  (night: Deciding, head: Harness) =>
  (...edits: readonly Edit[]): string | null => {
    const key = bundleKey(edits.map(editKey));
    const { allowed, reason, seq } = mayTry(key, decisionsOf(night), head, night.agent.id);
    return allowed ? null : `${reason}: tried before, decision ${seq}`;
  };
