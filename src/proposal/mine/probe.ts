/**
 * Probes: tool calls on reset train tasks, counted against a budget, with their results as values.
 */
import { isObject } from '../../digest.ts';
import { parseResult } from '../../runtime/results.ts';
import type { Environment, Json, Plan, Task, Tool, ToolCall } from '../../types.ts';

export interface ProbeResult {
  readonly error: boolean;
  readonly content: string;
  /** The content as JSON, or as a string when it is none. */
  readonly value: Json;
}

/** A write of an oracle, with the writes that the plan makes before it. */
export interface GoldWrite {
  readonly task: Task<'train'>;
  readonly before: readonly ToolCall[];
  readonly call: ToolCall;
}

/** A world in which to try calls; `apply` changes it. */
export interface ProbeWorld {
  readonly task: Task<'train'>;
  /** A read-only call; remembered, so that asking again is free until the next `apply`. */
  read(call: ToolCall): ProbeResult;
  /** A call on a copy: the world stays as it is. */
  attempt(call: ToolCall): ProbeResult;
  apply(call: ToolCall): ProbeResult;
}

/** A write of an oracle, and the world before it. */
export interface Case {
  readonly world: ProbeWorld;
  readonly gold: GoldWrite;
}

export class Prober {
  /** Tool calls made so far. */
  used = 0;
  /** One result a tool and kind of call, for shapes. */
  readonly results: { tool: string; content: string }[] = [];
  readonly environment: Environment;
  readonly budget: number;

  constructor(environment: Environment, budget: number) {
    this.environment = environment;
    this.budget = budget;
  }

  /** True once the budget is spent: learners stop asking for more evidence. */
  get spent(): boolean {
    return this.used >= this.budget;
  }

  open(task: Task<'train'>, before: readonly ToolCall[] = []): ProbeWorld {
    const { environment } = this;
    const state = environment.reset(task);
    const run = (on: unknown, call: ToolCall): ProbeResult => {
      this.used += 1;
      const { error, content } = environment.execute(on, call);
      if (!error && this.results.length < 2000) this.results.push({ tool: call.name, content });
      return { error, content, value: parseResult(content) };
    };
    for (const call of before) run(state, call);
    let known = new Map<string, ProbeResult>();
    return {
      task,
      read: (call) => {
        const key = JSON.stringify([call.name, call.arguments]);
        const hit = known.get(key);
        if (hit) return hit;
        const result = run(state, call);
        known.set(key, result);
        return result;
      },
      attempt: (call) => run(environment.fork(state), call),
      apply: (call) => {
        known = new Map();
        return run(state, call);
      },
    };
  }
}

/** All writes of the oracle over the tasks, in the order of tasks and plans. */
export function goldWrites(environment: Environment, tasks: readonly Task<'train'>[]): GoldWrite[] {
  if (!environment.oracle) return [];
  const readOnly = new Set(environment.tools.filter((t) => t.readOnly).map((t) => t.name));
  return tasks.flatMap((task) => {
    const plan = environment.oracle?.(task) as Plan;
    const writes = plan.calls.filter((c) => !readOnly.has(c.name));
    return writes.map((call, index) => ({ task, before: writes.slice(0, index), call }));
  });
}

/** Names of a tool's arguments. */
export function parametersOf(tool: Tool): string[] {
  return isObject(tool.parameters.properties) ? Object.keys(tool.parameters.properties) : [];
}

/** Required arguments of a tool; all of them when the schema does not say. */
export function requiredArguments(tool: Tool): string[] {
  const { required } = tool.parameters;
  return Array.isArray(required) ? required.map(String) : parametersOf(tool);
}
