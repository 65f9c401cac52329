/** Rules about an answer that ended the run, for environments that ask for text or JSON. */
import type { Environment, Trace } from '../../types.ts';
import { endOf, quote } from '../attempts.ts';
import type { PatternMatch } from '../patterns.ts';

/** Names the first failed check; null when the run did not end with an answer. */
export function wrongAnswer(trace: Trace, { answer }: Environment): PatternMatch | null {
  const ending = endOf(trace)?.ending;
  if (answer === undefined || answer.kind === 'tool' || ending?.reason !== 'text') return null;
  const failed = trace.score?.checks.find(({ passed }) => !passed);
  const form = answer.kind === 'json' && ending.value === undefined;
  return {
    pattern: 'wrong_answer',
    argument: form ? 'form' : (failed?.name ?? 'answer'),
    evidence: quote(failed?.detail ?? ending.summary),
    confidence: 0.8,
  };
}
