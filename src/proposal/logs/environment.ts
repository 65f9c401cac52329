/** An environment of which nothing is known but its traces: the tools that they call. */
import { handsOver } from '../../diagnosis/claims.ts';
import { canonicalJson, sha256 } from '../../digest.ts';
import { UsageError } from '../../errors.ts';
import type { StoredTrace } from '../../traces/store.ts';
import { toTrace } from '../../traces/stored.ts';
import type { Environment, Json, Task, Tool, Trace, Vocabulary } from '../../types.ts';

/** What one trace was about: its first message, and the others as they come. */
export const taskOf = (trace: Trace): Task<'train'> => ({
  id: trace.id,
  split: 'train',
  tags: [],
  request: trace.prompt.user,
  target: null,
});

/** A hand-over changes nothing that was asked for: it counts as a call that only looks. */
export function traceOf(stored: StoredTrace, vocabulary?: Vocabulary): Trace<'train'> {
  const trace = toTrace(stored);
  return {
    ...trace,
    steps: trace.steps.map((step) =>
      step.kind === 'call' && handsOver(step.call.name, vocabulary?.handOver) ? { ...step, readOnly: true } : step,
    ),
  };
}

const notPlayed = (): never => {
  throw new UsageError('this environment is known from traces alone and cannot be played');
};

/** Tools as the requests listed them, else as their calls show them. */
export function environmentOf(name: string, traces: readonly Trace[], vocabulary?: Vocabulary): Environment {
  const tools = toolsOf(traces);
  return {
    name,
    digest: sha256(canonicalJson(tools)),
    tools,
    tasks: traces.map(taskOf),
    maxTurns: Math.max(1, ...traces.map(({ steps }) => steps.filter(({ kind }) => kind === 'model').length)),
    ceiling: 0,
    replayable: false,
    unscored: true,
    ...(vocabulary === undefined ? {} : { vocabulary }),
    reset: notPlayed,
    execute: notPlayed,
    score: notPlayed,
  };
}

function toolsOf(traces: readonly Trace[]): Tool[] {
  const tools = new Map<string, Tool>();
  for (const trace of traces) for (const tool of trace.prompt.tools) tools.set(tool.name, tool);
  const seen = new Map<string, { calls: number; readOnly: boolean; arguments: Map<string, Json[]> }>();
  for (const { steps } of traces)
    for (const step of steps) {
      if (step.kind !== 'call') continue;
      const { name, arguments: given } = step.call;
      const entry = seen.get(name) ?? { calls: 0, readOnly: step.readOnly, arguments: new Map<string, Json[]>() };
      entry.calls += 1;
      entry.readOnly &&= step.readOnly;
      for (const [argument, value] of Object.entries(given))
        entry.arguments.set(argument, [...(entry.arguments.get(argument) ?? []), value].slice(-20));
      seen.set(name, entry);
      const listed = tools.get(name);
      if (listed !== undefined) tools.set(name, { ...listed, readOnly: entry.readOnly });
    }
  const counted = countArguments(traces);
  for (const [name, entry] of seen) {
    if (tools.has(name)) continue;
    const properties = Object.fromEntries(
      [...entry.arguments].map(([argument, values]) => [argument, schemaOf(values)]),
    );
    const required = [...entry.arguments.keys()].filter(
      (argument) => counted.get(`${name} ${argument}`) === entry.calls,
    );
    const description = name.replace(/[_-]+/g, ' ');
    tools.set(name, {
      name,
      description,
      parameters: { type: 'object', properties, required },
      readOnly: entry.readOnly,
    });
  }
  return [...tools.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function countArguments(traces: readonly Trace[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { steps } of traces)
    for (const step of steps)
      if (step.kind === 'call')
        for (const argument of Object.keys(step.call.arguments)) {
          const key = `${step.call.name} ${argument}`;
          counts.set(key, (counts.get(key) ?? 0) + 1);
        }
  return counts;
}

const typeOf = (value: Json): string => {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
};

/** The one type of all values; no type where they differ. */
function schemaOf(values: readonly Json[]): { readonly type?: string } {
  const types = new Set(values.map(typeOf));
  const [type] = types;
  return types.size === 1 && type !== undefined && type !== 'null' ? { type } : {};
}
