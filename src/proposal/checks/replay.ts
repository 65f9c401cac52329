/** Replays a trace's calls through a harness, without a model. */
import { compileHarness } from '../../runtime/compile.ts';
import { promptOf as promptUnder } from '../../runtime/episode.ts';
import { type FollowedCall, follow } from '../../runtime/follow.ts';
import type { Agent, Environment, Harness, Task, Trace } from '../../types.ts';

export interface ReplayedTrace {
  /** What the model reads before its first reply. */
  readonly prompt: string;
  /** What happens to each call, as comparable text. */
  readonly outcomes: readonly string[];
  /** Ids of rules that block a call which succeeded in the trace. */
  readonly blocks: readonly string[];
  /** How many reads had no recorded answer: what depends on them is unknown. */
  readonly unread: number;
}

/** Where traces come from, and the protocol of their agent. */
export interface ReplaySetup {
  readonly environment: Environment;
  readonly protocol?: Agent['protocol'];
}

/** The text before the first reply: system, tools, skills and request. */
export function promptOf(harness: Harness, task: Task, { environment, protocol }: ReplaySetup): string {
  const { system, tools, user } = promptUnder(compileHarness(harness, environment, protocol), task);
  return [system, JSON.stringify(tools), user].join('\n');
}

/** What a harness makes of the recorded calls, each at its recorded state. */
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
