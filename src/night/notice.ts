/** What the first replies show before any verdict: cut, empty, or without a call that is heard. */

import { attemptsOf, endOf, quote } from '../diagnosis/attempts.ts';
import { isTextCall } from '../diagnosis/rules/endings.ts';
import { lossOf } from '../diagnosis/rules/lost.ts';
import { UsageError } from '../errors.ts';
import type { Rollout } from '../evaluation/evaluator.ts';
import { playTasks } from '../evaluation/play-tasks.ts';
import { scoreInterval } from '../gate/interval.ts';
import type { ScoreLine } from '../report/events.ts';
import type { Split, Trace } from '../types.ts';
import type { Branch, DevBaseline, NightContext, Progress } from './night.ts';

/** Rollouts after which a night ends if nearly every reply was lost. */
const FIRST = 4;
/** Shares of replies: lost ones that end a night, lost ones and unheard ones that are told. */
const [FATAL, TOLD, UNHEARD] = [0.9, 0.1, 0.5];

/** Nearly every reply of the first rollouts was lost: a setting has to change. */
export class LostRepliesError extends UsageError {
  /** Of the rollouts so far. */
  readonly score: ScoreLine;
  readonly split: Split;
  constructor(message: string, traces: readonly Trace[]) {
    super(message);
    this.score = { ...scoreInterval(traces.map(({ score }) => [score?.reward ?? 0])), tasks: traces.length };
    this.split = traces[0]?.split ?? 'train';
  }
}

/** As `playTasks`. Throws LostRepliesError after four rollouts, or after all. */
export async function playHeard(
  { agent, evaluator, environment }: Pick<NightContext, 'agent' | 'evaluator' | 'environment'>,
  rollouts: readonly Rollout[],
  onPlayed: (done: number, total: number) => void,
): Promise<Trace[]> {
  if (agent.simulated) return playTasks(evaluator, rollouts, onPlayed);
  const first = await playTasks(evaluator, rollouts.slice(0, FIRST), (done) => onPlayed(done, rollouts.length));
  assertHeard(first);
  const rest = await playTasks(evaluator, rollouts.slice(FIRST), (done) => onPlayed(FIRST + done, rollouts.length));
  assertHeard([...first, ...rest]);
  return [...first, ...rest];

  function assertHeard(traces: readonly Trace[]): void {
    const { total, cut, empty } = repliesIn(traces);
    if (traces.length < FIRST || total === 0 || cut + empty < FATAL * total || !scoresNothing(traces)) return;
    throw new LostRepliesError(noticeOf(traces, environment) ?? '', traces);
  }
}

interface Replies {
  readonly total: number;
  /** Cut ones without a call that a layer heard. */
  readonly cut: number;
  /** Cut ones without any text. */
  readonly thoughts: number;
  readonly empty: number;
  /** Most tokens of a reply that was cut. */
  readonly tokens: number;
  /** Replies with a call. */
  readonly called: number;
  /** Others that spell a call as text. */
  readonly spelt: number;
  /** What all of them say; null if they differ. */
  readonly same: string | null;
}

function repliesIn(traces: readonly Trace[]): Replies {
  let [total, cut, thoughts, empty, tokens, called, spelt] = [0, 0, 0, 0, 0, 0, 0];
  const said = new Set<string>();
  for (const { steps, prompt } of traces) {
    const names = [...prompt.tools.map(({ name }) => name), 'done'];
    steps.forEach((step, at) => {
      if (step.kind !== 'model') return;
      total += 1;
      said.add(step.content);
      const next = steps.slice(at + 1).find(({ kind }) => kind === 'model' || kind === 'call' || kind === 'block');
      const heard = next !== undefined && next.kind !== 'model';
      const loss = heard ? null : lossOf(step);
      if (heard || step.toolCalls.length > 0) called += 1;
      else if (loss === null && isTextCall(step.content, names)) spelt += 1;
      if (loss === 'empty') empty += 1;
      if (loss !== 'cut') return;
      cut += 1;
      tokens = Math.max(tokens, step.usage.outputTokens);
      if (step.content.trim() === '' && step.toolCalls.length === 0) thoughts += 1;
    });
  }
  return { total, cut, thoughts, empty, tokens, called, spelt, same: said.size === 1 ? ([...said][0] ?? null) : null };
}

const scoresNothing = (traces: readonly Trace[]): boolean => traces.every(({ score }) => (score?.reward ?? 0) === 0);

/** One sentence, or null where the replies can be read and their calls do something. */
export function noticeOf(
  traces: readonly Trace[],
  { answer }: Pick<NightContext['environment'], 'answer'>,
): string | null {
  const { total, cut, thoughts, empty, tokens, called, spelt, same } = repliesIn(traces);
  if (cut > TOLD * total) {
    const before = 2 * thoughts > cut ? ', before any text or call: reasoning tokens count into the limit' : '';
    return `${cut} of ${total} replies were cut at ${tokens} tokens${before}; raise --max-tokens (max_tokens in models.yaml), or turn thinking off`;
  }
  if (empty > TOLD * total)
    return `${empty} of ${total} replies were empty, without text and without a call; npx optimize doctor asks the endpoint why, and a model that thinks may need a higher --max-tokens`;
  const all = same === null ? '' : `; all of them say ${JSON.stringify(quote(same))}`;
  if (answer?.kind === 'json' && total > 0 && traces.every((trace) => endOf(trace)?.ending.value === undefined))
    return `no answer met its JSON schema: 0 of ${traces.length}${all}`;
  if ((answer?.kind ?? 'tool') !== 'tool' || total === 0) return null;
  if (spelt > UNHEARD * total)
    return `${spelt} of ${total} replies spell a call as text that no layer hears; see realization.rescue in harness.yaml, and protocol: text in models.yaml`;
  if (called === 0) return `no reply held a call: 0 of ${total}${all}`;
  const attempts = traces.flatMap(attemptsOf);
  if (!scoresNothing(traces) || attempts.some(({ outcome }) => outcome === 'ok')) return null;
  const [first] = attempts;
  if (first === undefined) return 'no tool was ever called: every episode calls nothing but done';
  return `no call succeeded: 0 of ${attempts.length}; the first, of ${first.call.name}, was answered ${JSON.stringify(quote(first.content))}`;
}

/** True if every train and dev trial has the reward 1. */
export const isSolved = ({ baseline }: Pick<Branch, 'baseline'>, train: ScoreLine): boolean =>
  allAt(1, baseline, train);

function allAt(reward: number, { rows }: DevBaseline, train: ScoreLine): boolean {
  const dev = [...rows.values()].flatMap(({ rewards }) => rewards);
  return train.score === reward && dev.length > 0 && dev.every((one) => one === reward);
}

/** Says that nothing can be won, or that nothing moved; null where that is not so. */
export function standstill(
  { kept, baseline }: Pick<Branch, 'kept' | 'baseline'>,
  { candidates }: Pick<Progress, 'candidates'>,
  train: ScoreLine,
): string | null {
  const tasks = `${train.tasks} train and ${baseline.rows.size} dev tasks`;
  if (isSolved({ baseline }, train)) return `all ${tasks} are solved already: nothing is left to win here`;
  if (!allAt(0, baseline, train) || kept.length > 0) return null;
  const tried = candidates === 0 ? 'no edit could be tried' : `no candidate of ${candidates} changed that`;
  return `none of ${tasks} is solved, and ${tried}`;
}
