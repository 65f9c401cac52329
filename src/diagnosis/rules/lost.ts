/** Replies that were lost: cut by the limit of their length, or empty. No rule helps. */
import type { Step, Trace } from '../../types.ts';
import { endOf, quote } from '../attempts.ts';
import type { PatternMatch } from '../patterns.ts';

export type Reply = Extract<Step, { kind: 'model' }>;

/** Null for a reply that can be read. */
export function lossOf({ cut, content, toolCalls }: Reply): 'cut' | 'empty' | null {
  if (cut) return 'cut';
  return content.trim() === '' && toolCalls.length === 0 ? 'empty' : null;
}

/** The last reply was lost, or half of them; an episode that ended with `done` was heard. */
export function lostReply(trace: Trace): (PatternMatch & { readonly step: number }) | null {
  const replies = trace.steps.flatMap((step, at) => (step.kind === 'model' ? [{ step, at, loss: lossOf(step) }] : []));
  const lost = replies.filter(({ loss }) => loss !== null);
  const last = lost.at(-1);
  if (last === undefined || last.loss === null) return null;
  const heard = last.at !== replies.at(-1)?.at || endOf(trace)?.ending.reason === 'done';
  if (heard && 2 * lost.length < replies.length) return null;
  const { usage, content } = last.step;
  const what = last.loss === 'cut' ? `cut after ${usage.outputTokens} tokens` : `empty, ${usage.outputTokens} tokens`;
  const text = content.trim();
  return {
    pattern: last.loss,
    step: last.at,
    evidence: quote(text === '' ? `${what}, nothing but thoughts or nothing` : `${what}: ${text}`),
    confidence: 0.95,
  };
}
