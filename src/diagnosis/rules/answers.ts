/** Rules over an answer that ended the run, where an environment asks for a text or for JSON. */
import type { Environment, Trace } from '../../types.ts';
import { endOf, quote } from '../attempts.ts';
import type { PatternMatch } from '../patterns.ts';

/** The first check that failed names what is wrong; null when the run did not end by an answer. */
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
