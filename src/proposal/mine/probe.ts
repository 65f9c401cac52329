/** Probes: tool calls on reset train tasks, within a budget. */
import { isObject } from '../../digest.ts';
import { parseResult } from '../../runtime/results.ts';
import type { Environment, Json, Task, Tool, ToolCall } from '../../types.ts';

export interface ProbeResult {
  readonly error: boolean;
  readonly content: string;
  /** The content as JSON, or else as a string. */
  readonly value: Json;
}

/** A write of an oracle, with the writes before it. */
export interface GoldWrite {
  readonly task: Task<'train'>;
  readonly before: readonly ToolCall[];
  readonly call: ToolCall;
}

/** A state on which to try calls. */
export interface ProbeWorld {
  readonly task: Task<'train'>;
  /** A read-only call; repeated reads are free until the next `apply`. */
  read(call: ToolCall): Promise<ProbeResult>;
  /** A call on a copy of the state. */
  attempt(call: ToolCall): Promise<ProbeResult>;
  apply(call: ToolCall): Promise<ProbeResult>;
  /** Disposes of the state. */
  close(): Promise<void>;
}

/** A write of an oracle, in the state before it. */
export interface Case {
  readonly world: ProbeWorld;
  readonly gold: GoldWrite;
}

export class Prober {
  /** Tool calls made so far. */
  used = 0;
  /** Results for shapes, at most 2,000. */
  readonly results: { tool: string; content: string }[] = [];
  readonly environment: Environment;
  readonly budget: number;

  constructor(environment: Environment, budget: number) {
    this.environment = environment;
    this.budget = budget;
  }

  /** True once the budget is spent. */
  get spent(): boolean {
    return this.used >= this.budget;
  }

  async open(task: Task<'train'>, before: readonly ToolCall[] = []): Promise<ProbeWorld> {
    const { environment } = this;
    const made: ToolCall[] = [];
    const run = async (on: unknown, call: ToolCall): Promise<ProbeResult> => {
      this.used += 1;
      const { error, content } = await environment.execute(on, call);
      if (!error && this.results.length < 2000) this.results.push({ tool: call.name, content });
      return { error, content, value: parseResult(content) };
    };
    const state = await environment.reset(task);
    const apply = async (call: ToolCall): Promise<ProbeResult> => {
      made.push(call);
      return run(state, call);
    };
    /** A copy; without `fork`, the same calls on a fresh state. */
    const copy = async (): Promise<unknown> => {
      if (environment.fork !== undefined) return environment.fork(state);
      const again = await environment.reset(task);
      for (const call of made) await run(again, call);
      return again;
    };
    for (const call of before) await apply(call);
    let known = new Map<string, ProbeResult>();
    return {
      task,
      read: async (call) => {
        const key = JSON.stringify([call.name, call.arguments]);
        const result = known.get(key) ?? (await run(state, call));
        known.set(key, result);
        return result;
      },
      attempt: async (call) => {
        const other = await copy();
        const result = await run(other, call);
        await environment.dispose?.(other);
        return result;
      },
      apply: (call) => {
        known = new Map();
        return apply(call);
      },
      close: async () => environment.dispose?.(state),
    };
  }
}

/** All writes of the oracle, in the order of tasks and plans. */
export async function goldWrites(environment: Environment, tasks: readonly Task<'train'>[]): Promise<GoldWrite[]> {
  const { oracle } = environment;
  if (!oracle) return [];
  const readOnly = new Set(environment.tools.filter((t) => t.readOnly).map((t) => t.name));
  const golds: GoldWrite[] = [];
  for (const task of tasks) {
    const { calls } = await oracle.call(environment, task);
    const writes = calls.filter((c) => !readOnly.has(c.name));
    golds.push(...writes.map((call, index) => ({ task, before: writes.slice(0, index), call })));
  }
  return golds;
}

/** Names of a tool's arguments. */
export function parametersOf(tool: Tool): string[] {
  return isObject(tool.parameters.properties) ? Object.keys(tool.parameters.properties) : [];
}

/** Required arguments of a tool; all if the schema names none. */
export function requiredArguments(tool: Tool): string[] {
  const { required } = tool.parameters;
  return Array.isArray(required) ? required.map(String) : parametersOf(tool);
}
