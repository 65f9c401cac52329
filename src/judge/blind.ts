/** What a judge sees: the request and two runs as data, nothing of harness or scorer. */
import { asData, promptText } from '../prompts.ts';
import { compactSteps } from '../traces/compact.ts';
import type { Step, Task, Trace } from '../types.ts';

/** Maximum characters of a request and of each run: two runs fit into 2,000 tokens. */
const REQUEST_CHARACTERS = 1500;
const RUN_CHARACTERS = 2000;

/** A run as lines. The parameter has no score, so no score can get in. */
export type BlindRun = readonly string[];

/**
 * What was said, called, answered and changed, without the harness's words and ids; a blocked call
 * was not made. Long runs keep changes, the end and the newest steps.
 */
export const blindRun = ({ steps }: Pick<Trace, 'steps'>): BlindRun => fitted(compactSteps(steps.flatMap(visible)));

function visible(step: Step): Step[] {
  switch (step.kind) {
    case 'model':
    case 'call':
    case 'result':
    case 'state_delta':
    case 'end':
      return [step];
    case 'block':
      return [{ kind: 'result', callId: step.callId, content: 'The call was not made.', error: true }];
    case 'rewrite':
    case 'read':
    case 'note':
    case 'monitor':
    case 'user':
      return [];
  }
}

function fitted(lines: readonly string[]): string[] {
  const weight = (at: number) => (/^\d+ (?:changed|end) /.test(lines[at] ?? '') ? 0 : 1);
  const order = lines.map((_, at) => at).sort((a, b) => weight(a) - weight(b) || b - a);
  const kept = new Set<number>();
  let left = RUN_CHARACTERS;
  for (const at of order) {
    left -= (lines[at] ?? '').length + 1;
    if (left < 0 && kept.size > 0) break;
    kept.add(at);
  }
  return lines.filter((_, at) => kept.has(at));
}

/** The question about two runs of one task, in the given order. */
export const questionOf = ({ request }: Pick<Task, 'request'>, first: BlindRun, second: BlindRun): string =>
  promptText('judge/pair', {
    request: asData(request.slice(0, REQUEST_CHARACTERS)),
    first: asData(first),
    second: asData(second),
  });
