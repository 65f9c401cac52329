/**
 * Takes the recorded calls of a trace through a harness again, with no model: what would be sent,
 * rewritten and blocked.
 */
import { compileHarness } from '../../runtime/compile.ts';
import { promptOf as promptUnder } from '../../runtime/episode.ts';
import { type FollowedCall, follow } from '../../runtime/follow.ts';
import type { Agent, Environment, Harness, Task, Trace } from '../../types.ts';

export interface ReplayedTrace {
  /** Everything that the model would read before its first reply. */
  readonly prompt: string;
  /** What became of each call, rewrites included, as comparable text. */
  readonly outcomes: readonly string[];
  /** Ids of the rules that block a call which the recorded run got through. */
  readonly blocks: readonly string[];
  /** Reads of rules that nobody could answer: what hangs on them is not known. */
  readonly unread: number;
}

/** Where traces come from, and how their agent has to be spoken to. */
export interface ReplaySetup {
  readonly environment: Environment;
  readonly protocol?: Agent['protocol'];
}

/** The text before the first reply under a harness: system, tools, skills and request. */
export function promptOf(harness: Harness, task: Task, { environment, protocol }: ReplaySetup): string {
  const { system, tools, user } = promptUnder(compileHarness(harness, environment, protocol), task);
  return [system, JSON.stringify(tools), user].join('\n');
}

/** What a harness would make of the recorded calls, each at the state that the record had. */
export async function replay(harness: Harness, trace: Trace, task: Task, played: ReplaySetup): Promise<ReplayedTrace> {
  const { environment, protocol } = played;
  const { calls, unread } = await follow(compileHarness(harness, environment, protocol), trace, task, environment);
  const blocks = calls.flatMap(({ realized, recorded }) =>
    realized.kind === 'block' && recorded?.ok ? [realized.by] : [],
  );
  return { prompt: promptOf(harness, task, played), outcomes: calls.map(textOf), blocks, unread };
}

const textOf = ({ realized, steps }: FollowedCall): string =>
  JSON.stringify([realized, steps.map((step) => ({ ...step, callId: '' }))]);
