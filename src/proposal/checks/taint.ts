/** Finds text copied from results or requests: eight or more words in a row. */
import type { Task, Trace } from '../../types.ts';
import { namesIn, wordsIn } from '../../words.ts';
import type { FreeWords } from './text-of.ts';

const RUN = 8;

/** All runs of 8 words in results and requests; computed once per array of traces. */
const known = new WeakMap<readonly Trace[], ReadonlySet<string>>();

function runsIn(traces: readonly Trace[], tasks: readonly Task[]): ReadonlySet<string> {
  const before = known.get(traces);
  if (before) return before;
  // The first user message also holds skills, so requests are taken from the tasks.
  const texts = new Set(tasks.map((t) => t.request));
  for (const trace of traces)
    for (const step of trace.steps) if (step.kind === 'result' || step.kind === 'read') texts.add(step.content);
  const runs = new Set<string>();
  for (const text of texts) for (const run of runsOf(namesIn(text))) runs.add(run);
  known.set(traces, runs);
  return runs;
}

function* runsOf(terms: readonly string[]): Generator<string> {
  for (let i = 0; i + RUN <= terms.length; i++) yield terms.slice(i, i + RUN).join(' ');
}

/** The first copied run that is not in the schemas or the policy, or null. */
export function findTaint(
  text: string,
  traces: readonly Trace[],
  tasks: readonly Task[],
  free: FreeWords,
): string | null {
  const runs = runsIn(traces, tasks);
  const isFree = (run: string): boolean => free.text.includes(` ${wordsIn(run).join(' ')} `);
  for (const run of runsOf(namesIn(text))) if (runs.has(run) && !isFree(run)) return run;
  return null;
}
