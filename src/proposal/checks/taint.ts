/** Finds text that was copied from what tools or customers said: eight or more words in a row. */
import type { Trace } from '../../types.ts';
import { type FreeWords, wordsIn } from './text-of.ts';

const RUN = 8;

/** All runs of 8 words in results and user texts; computed once for one array of traces. */
const known = new WeakMap<readonly Trace[], ReadonlySet<string>>();

export function taintedRuns(traces: readonly Trace[]): ReadonlySet<string> {
  const before = known.get(traces);
  if (before) return before;
  const texts = new Set<string>();
  for (const trace of traces) {
    texts.add(trace.prompt.user);
    for (const step of trace.steps) {
      if (step.kind === 'result' || step.kind === 'read') texts.add(step.content);
      else if (step.kind === 'user') texts.add(step.text);
    }
  }
  const runs = new Set<string>();
  for (const text of texts) for (const run of runsOf(wordsIn(text))) runs.add(run);
  known.set(traces, runs);
  return runs;
}

function* runsOf(words: readonly string[]): Generator<string> {
  for (let i = 0; i + RUN <= words.length; i++) yield words.slice(i, i + RUN).join(' ');
}

/** The first copied run of a text; runs that stand in the schemas or the policy are free. Null if there is none. */
export function findTaint(text: string, traces: readonly Trace[], free: FreeWords): string | null {
  const runs = taintedRuns(traces);
  for (const run of runsOf(wordsIn(text))) if (runs.has(run) && !free.text.includes(` ${run} `)) return run;
  return null;
}
