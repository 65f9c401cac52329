/**
 * Takes the recorded calls of a trace through a harness again, with no model: what would be sent,
 * rewritten and blocked.
 */
import { NO_USAGE } from '../../chat.ts';
import { compileHarness } from '../../runtime/compile.ts';
import { DONE } from '../../runtime/done.ts';
import { userText } from '../../runtime/prompt.ts';
import { type HeardCall, hear } from '../../runtime/protocol.ts';
import { realizeCall } from '../../runtime/realize.ts';
import { execute, openSession, type Session } from '../../runtime/session.ts';
import { retrieveSkills } from '../../runtime/skills.ts';
import type { Agent, ChatReply, Environment, Harness, Step, Task, Trace } from '../../types.ts';

export interface ReplayedTrace {
  /** Everything that the model would read before its first reply. */
  readonly prompt: string;
  /** What became of each call, rewrites included, as comparable text. */
  readonly outcomes: readonly string[];
  /** Ids of the rules that block a call which the recorded run got through. */
  readonly blocks: readonly string[];
}

/** Where traces come from, and how their agent has to be spoken to. */
export interface ReplaySetup {
  readonly environment: Environment;
  readonly protocol?: Agent['protocol'];
}

/** The text before the first reply under a harness: system, tools, skills and request. */
export function promptOf(harness: Harness, task: Task, { environment, protocol }: ReplaySetup): string {
  const compiled = compileHarness(harness, environment, protocol);
  const { preamble, skills } = harness.settings;
  const retrieved = retrieveSkills(compiled.skills, task.request, skills.top_k, skills.min_score);
  const user = userText(task.request, retrieved, preamble);
  return [compiled.system, JSON.stringify(compiled.sentTools), user].join('\n');
}

/**
 * Replays on a fresh state; after each turn the calls that the record executed are executed, so
 * that the state follows the record.
 */
export function replay(harness: Harness, trace: Trace, task: Task, played: ReplaySetup): ReplayedTrace {
  const { environment, protocol } = played;
  const session = openSession(compileHarness(harness, environment, protocol), task);
  const outcomes: string[] = [];
  const blocks: string[] = [];
  const succeeded = new Set(trace.steps.flatMap((s) => (s.kind === 'result' && !s.error ? [s.callId] : [])));
  let fresh = 0;
  for (const [step, executed] of turnsOf(trace)) {
    session.turn += 1;
    const reply: ChatReply = {
      content: step.content,
      toolCalls: step.toolCalls,
      usage: NO_USAGE,
      model: '',
      finish: 'stop',
    };
    const heard = hear(session.compiled, reply, step.toolCalls, () => `replay-${fresh++}`).calls;
    for (const [index, call] of heard.entries()) {
      const { text, by } = outcomeOf(session, call);
      outcomes.push(text);
      const recorded = executed.find((s) => s.callId === call.id) ?? executed[index];
      if (by !== undefined && recorded && succeeded.has(recorded.callId)) blocks.push(by);
    }
    for (const made of executed) if (made.call.name !== DONE) execute(session, made.callId, made.call);
  }
  return { prompt: promptOf(harness, task, played), outcomes, blocks };
}

function outcomeOf(session: Session, call: HeardCall): { text: string; by?: string } {
  const from = session.steps.length;
  const realized = realizeCall(session, call);
  const steps = session.steps.slice(from).map((s) => ({ ...s, callId: '' }));
  const text = JSON.stringify([realized, steps]);
  return realized.kind === 'block' ? { text, by: realized.by } : { text };
}

type ModelStep = Extract<Step, { kind: 'model' }>;
type CallStep = Extract<Step, { kind: 'call' }>;

/** Model steps with the calls that were executed before the next one. */
function turnsOf(trace: Trace): [ModelStep, CallStep[]][] {
  const turns: [ModelStep, CallStep[]][] = [];
  for (const step of trace.steps) {
    if (step.kind === 'model') turns.push([step, []]);
    else if (step.kind === 'call') turns.at(-1)?.[1].push(step);
  }
  return turns;
}
