/** The driver that answers the machine from a record and calls nothing. */
import { EnvironmentError } from '../errors.ts';
import type { Step, Task, Trace } from '../types.ts';
import { type Answer, type Ask, type AskedCall, type CallResult, drive, isPromise } from './ask.ts';
import type { Compiled } from './compile.ts';
import { type EpisodeResult, episode } from './episode.ts';
import { callKey } from './session.ts';

/** The first ask that the record does not answer. */
export interface Departure {
  readonly ask: Ask;
  /** Steps played up to that point. */
  readonly steps: readonly Step[];
  /** One sentence. */
  readonly why: string;
}

export type Replayed = { readonly result: EpisodeResult } | { readonly left: Departure };

class LeftRecord extends Error {}

/** A record's answers, ask by ask; throws LeftRecord for an ask that it does not hold. */
function recordedAnswers(trace: Trace): (ask: Ask) => Answer {
  const { steps } = trace;
  let at = 0;
  let changes: readonly string[] = [];
  /** How often the context was too long before the next reply. */
  let shortened = -1;

  const nextModel = (): number => steps.findIndex((step, i) => i >= at && step.kind === 'model');

  function replyTo(conversation: number): Answer {
    const found = nextModel();
    if (shortened < 0) {
      const upTo = found < 0 ? steps.length : found;
      const note = steps.slice(at, upTo).find((step) => step.kind === 'note' && step.by === 'context');
      shortened = note?.kind === 'note' ? Number.parseInt(note.text, 10) : 0;
    }
    if (shortened > 0) {
      shortened -= 1;
      return { fault: 'too_long', message: 'shortened in the record' };
    }
    shortened = -1;
    const step = steps[found];
    if (step?.kind !== 'model') {
      const end = steps.at(-1);
      if (end?.kind === 'end' && end.ending.reason === 'overflow')
        return { fault: 'too_long', message: 'too long in the record' };
      if (trace.error === undefined) throw new LeftRecord('the record holds no further reply');
      if (trace.fault === 'environment') throw new EnvironmentError(trace.error);
      if (trace.fault === 'filter') return { fault: trace.refused ? 'filtered' : 'withheld', message: trace.error };
      return { fault: trace.refused ? 'refused' : 'gone', message: trace.error };
    }
    if ((step.conversation ?? 0) !== conversation)
      throw new LeftRecord(`the record goes on in conversation ${step.conversation ?? 0}, not in ${conversation}`);
    at = found + 1;
    const { content, toolCalls, usage, cut } = step;
    const finish = toolCalls.length > 0 ? 'tool_calls' : 'stop';
    return { content, toolCalls, usage, model: trace.model, finish: cut ? 'length' : finish };
  }

  function resultOf({ id, call, by }: AskedCall): CallResult {
    const until = nextModel();
    const here = steps.slice(at, until < 0 ? steps.length : until);
    const key = callKey(call);
    const absent = () => new LeftRecord(`the record holds no ${by === null ? 'call' : 'read'} ${key}`);
    if (by !== null) {
      const read = here.find((step) => step.kind === 'read' && !step.reused && callKey(step.call) === key);
      if (read?.kind !== 'read') throw absent();
      return { content: read.content, error: read.error };
    }
    const made = here.find((step) => step.kind === 'call' && step.callId === id && callKey(step.call) === key);
    const result = here.find((step) => step.kind === 'result' && step.callId === id);
    if (made?.kind !== 'call' || result?.kind !== 'result') {
      if (trace.fault === 'environment' && until < 0) throw new EnvironmentError(trace.error ?? '');
      throw absent();
    }
    const delta = here.find((step) => step.kind === 'state_delta' && step.callId === id);
    if (delta?.kind === 'state_delta') changes = withDelta(changes, delta.changes);
    const { content, error } = result;
    return made.readOnly || error ? { content, error } : { content, error, changes };
  }

  return (ask) => {
    if (ask.ask === 'model') return replyTo(ask.conversation);
    if (ask.ask === 'tools') return ask.calls.map(resultOf);
    const until = nextModel();
    const said = steps.slice(at, until < 0 ? steps.length : until).find((s) => s.kind === 'user' && s.by === 'user');
    return said?.kind === 'user' ? said.text : null;
  };
}

const GONE = 'no longer: ';

function withDelta(before: readonly string[], delta: readonly string[]): readonly string[] {
  const gone = new Set(delta.filter((line) => line.startsWith(GONE)).map((line) => line.slice(GONE.length)));
  return [...before.filter((line) => !gone.has(line)), ...delta.filter((line) => !line.startsWith(GONE))];
}

/**
 * Replays a recorded episode under the same or another harness up to the first ask that the record
 * does not answer. Under the same harness the steps are equal.
 */
export function replayEpisode(compiled: Compiled, task: Task, trace: Trace): Replayed {
  const run = episode(compiled, task);
  const answers = recordedAnswers(trace);
  let pending: Ask | undefined;
  try {
    const result = drive(run, (ask) => {
      pending = ask;
      return answers(ask);
    });
    if (isPromise(result)) throw new TypeError('a record answers at once');
    return { result };
  } catch (error) {
    if (!(error instanceof LeftRecord) || pending === undefined) throw error;
    return { left: { ask: pending, steps: [], why: error.message } };
  }
}
