/** ATIF, the agent trajectory interchange format: reads any v1, writes strict v1.7. */
import { NO_USAGE } from '../../chat.ts';
import { isObject } from '../../digest.ts';
import type { Json, JsonObject, Usage } from '../../types.ts';
import { type StoredTrace, type StoredUsage, UNKNOWN } from '../stored.ts';
import { OURS, writeTrajectory } from './atif-write.ts';
import { conversationOf, type GivenCall, type Said, textOf } from './conversation.ts';
import { kindOf, type ReadContext, RecordFault, readEach, type TraceFormat } from './format.ts';
import { readTools } from './messages.ts';
import { addStoredUsage, nameOf, outcomeIn, storedOf, timeOf, usageOf, wholeOf } from './record.ts';

/** Deeper sub-agents are refused. */
const DEEPEST = 20;

export const atif: TraceFormat = {
  name: 'atif',
  read(records, context) {
    const warnings = new Map<string, number>();
    const warn: Warn = (what, times = 1) => void warnings.set(what, (warnings.get(what) ?? 0) + times);
    const read = readEach(records, ({ value }) => readTrajectory(value, { context, warn, parent: null, depth: 0 }));
    return { ...read, warnings: [...warnings].map(([what, times]) => `${what}: ${times}`) };
  },
  write: (traces) => traces.map(writeTrajectory),
};

type Warn = (what: string, times?: number) => void;

interface Reading {
  readonly context: ReadContext;
  readonly warn: Warn;
  /** The trace that this one is a sub-agent of. */
  readonly parent: Pick<StoredTrace, 'id' | 'task'> | null;
  readonly depth: number;
}

function readTrajectory(value: Json, reading: Reading): StoredTrace[] {
  const { context, warn, parent, depth } = reading;
  if (!isObject(value)) throw new RecordFault(`expected a trajectory, found ${kindOf(value)}`);
  const { schema_version: version, agent, steps, extra, final_metrics: final, session_id: session } = value;
  assertVersion(version);
  if (!Array.isArray(steps)) throw new RecordFault(`expected steps to be a list, found ${kindOf(steps)}`);
  if (steps.length === 0) throw new RecordFault('expected steps, found none');
  if (depth > DEEPEST) throw new RecordFault(`expected at most ${DEEPEST} sub-agents within each other, found more`);
  const about = isObject(agent) ? agent : {};
  if (!isObject(agent)) warn('trajectories without an agent');
  if (typeof about.version !== 'string') warn('agents without a version');
  if (typeof session !== 'string' && version !== 'ATIF-v1.7') warn('trajectories without a session_id');
  const ours: JsonObject = isObject(extra) && isObject(extra[OURS]) ? extra[OURS] : {};
  const rows = steps.map((step, at) => readStep(step as Json, `steps[${at}]`, warn));
  const tools = readTools(about.tool_definitions, context);
  const conversation = conversationOf(freshSaid(rows, warn), tools, context);
  const own = nameOf(ours.id) ?? nameOf(value.trajectory_id) ?? nameOf(session);
  const first = rows.find(({ time }) => time !== null);
  const trace = storedOf({
    env: context.env,
    source: 'atif',
    conversation,
    // A session may be shared by its sub-agents.
    id: parent !== null && own !== null && ours.id === undefined ? `${parent.id}/${own}` : own,
    record: value,
    task: 'task' in ours ? nameOf(ours.task) : (parent?.task ?? taskIn(extra)),
    trial: wholeOf(ours.trial),
    time: 'time' in ours ? timeOf(ours.time) : (first?.time ?? null),
    agent: nameOf(ours.agent) ?? agentOf(about),
    model: nameOf(about.model_name) ?? rows.find(({ model }) => model !== null)?.model ?? null,
    harness: nameOf(ours.harness),
    outcome: outcomeIn(ours.reward ?? rewardIn(extra), ours.label),
    usage: usageIn(final, rows),
  });
  const inner = value.subagent_trajectories;
  if (inner !== undefined && inner !== null && !Array.isArray(inner))
    throw new RecordFault(`expected subagent_trajectories to be a list, found ${kindOf(inner)}`);
  const below = (inner ?? []) as readonly Json[];
  return [trace, ...below.flatMap((one) => readTrajectory(one, { ...reading, parent: trace, depth: depth + 1 }))];
}

function assertVersion(version: Json | undefined): void {
  const [, major] = typeof version === 'string' ? (/^(?:ATIF-)?v?(\d+)\.\d+$/i.exec(version) ?? []) : [];
  if (major === '1') return;
  throw new RecordFault(`expected schema_version ATIF-v1.x, found ${kindOf(version)}`);
}

interface Row {
  readonly said: readonly Said[];
  readonly copied: boolean;
  readonly time: string | null;
  readonly model: string | null;
  readonly usage: StoredUsage;
  readonly isAgent: boolean;
}

function readStep(step: Json, where: string, warn: Warn): Row {
  if (!isObject(step)) throw new RecordFault(`expected ${where} to be a step, found ${kindOf(step)}`);
  const { message, tool_calls: calls, observation, metrics } = step;
  const source = sourceOf(step.source, warn);
  if (source === null)
    throw new RecordFault(`expected ${where}.source to be system, user or agent, found ${kindOf(step.source)}`);
  if (message === undefined || message === null) warn('steps without a message');
  const text = textOf(message);
  const isAgent = source === 'agent';
  const given = listIn(calls, `${where}.tool_calls`).map((call, at) => readCall(call, `${where}.tool_calls[${at}]`));
  if (!isAgent && given.length > 0) throw new RecordFault(`expected calls of the agent alone, found some in ${where}`);
  const usage = usageOf(metrics);
  const count = wholeOf(step.llm_call_count);
  const total = { ...usage, calls: count ?? (isAgent ? 1 : null) };
  const tokens: Usage = { ...NO_USAGE, calls: count ?? 1, ...withoutNull(usage) };
  const result: Said = { who: 'tool', id: null, text };
  const other: Said = source === 'tool' ? result : { who: source === 'user' ? 'user' : 'system', text };
  const first: Said = isAgent ? { who: 'agent', text, calls: given, usage: tokens } : other;
  // A system step may be an event alone, which says nothing.
  const spoken = isAgent || text !== '' || source === 'user';
  return {
    said: [...(spoken ? [first] : []), ...resultsIn(observation, where)],
    copied: step.is_copied_context === true,
    time: timeOf(step.timestamp),
    model: nameOf(step.model_name),
    usage: total,
    isAgent,
  };
}

/** Names that files in the wild have for the three sources, and for results as steps. */
const OTHER_NAMES: Readonly<Record<string, 'user' | 'agent' | 'tool'>> = {
  assistant: 'agent',
  model: 'agent',
  human: 'user',
  tool: 'tool',
  environment: 'tool',
};

function sourceOf(source: Json | undefined, warn: Warn): 'system' | 'user' | 'agent' | 'tool' | null {
  if (source === 'system' || source === 'user' || source === 'agent') return source;
  const known = typeof source === 'string' ? OTHER_NAMES[source.toLowerCase()] : undefined;
  if (known !== undefined) warn('steps with a source of another name');
  return known ?? null;
}

function readCall(call: Json, where: string): GivenCall {
  if (!isObject(call) || typeof call.function_name !== 'string')
    throw new RecordFault(`expected ${where} to have a function_name, found ${kindOf(call)}`);
  const { arguments: given, extra, tool_call_id: id } = call;
  const raw = isObject(extra) ? extra[`${OURS}-arguments`] : undefined;
  const text = typeof given === 'string' ? given : JSON.stringify(given ?? {});
  return { id: nameOf(id), name: call.function_name, arguments: typeof raw === 'string' ? raw : text };
}

function resultsIn(observation: Json | undefined, where: string): Said[] {
  if (observation === undefined || observation === null) return [];
  if (typeof observation === 'string') return [{ who: 'tool', id: null, text: observation }];
  if (!isObject(observation))
    throw new RecordFault(`expected ${where}.observation to be an object, found ${kindOf(observation)}`);
  return listIn(observation.results, `${where}.observation.results`).map((result, at): Said => {
    if (!isObject(result))
      throw new RecordFault(`expected ${where}.observation.results[${at}] to be an object, found ${kindOf(result)}`);
    const own = isObject(result.extra) ? result.extra[`${OURS}-id`] : undefined;
    return { who: 'tool', id: nameOf(result.source_call_id) ?? nameOf(own), text: textOf(result.content) };
  });
}

function listIn(value: Json | undefined, where: string): readonly Json[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw new RecordFault(`expected ${where} to be a list, found ${kindOf(value)}`);
  return value;
}

/** Copied context was counted where it was made: of it only system and request are kept. */
function freshSaid(rows: readonly Row[], warn: Warn): Said[] {
  const copied = rows.filter((row) => row.copied);
  if (copied.length > 0) warn('steps of copied context left out', copied.length);
  const all = copied.flatMap(({ said }) => said);
  const begin = [all.find(({ who }) => who === 'system'), all.find(({ who }) => who === 'user')];
  return [...begin.flatMap((one) => one ?? []), ...rows.filter((row) => !row.copied).flatMap(({ said }) => said)];
}

/** The sums of the file, else those of its steps. */
function usageIn(final: Json | undefined, rows: readonly Row[]): StoredUsage {
  const fresh = rows.filter(({ copied }) => !copied);
  const sums = addStoredUsage(fresh.map(({ usage }) => usage));
  if (!isObject(final)) return sums;
  const cost = final.total_cost_usd;
  return {
    calls: sums.calls,
    inputTokens: wholeOf(final.total_prompt_tokens) ?? sums.inputTokens,
    outputTokens: wholeOf(final.total_completion_tokens) ?? sums.outputTokens,
    cachedTokens: wholeOf(final.total_cached_tokens) ?? sums.cachedTokens,
    costUsd: typeof cost === 'number' && cost >= 0 ? cost : sums.costUsd,
  };
}

const withoutNull = (usage: StoredUsage): Partial<Usage> =>
  Object.fromEntries(Object.entries(usage).filter(([, value]) => value !== null));

function agentOf({ name, version }: JsonObject): string | null {
  const own = nameOf(name);
  const number = nameOf(version);
  return own === null || number === null || number === UNKNOWN ? own : `${own}/${number}`;
}

const taskIn = (extra: Json | undefined): string | null =>
  isObject(extra) ? nameOf(extra.task_id ?? extra.task ?? extra.task_name) : null;
const rewardIn = (extra: Json | undefined): Json | undefined => (isObject(extra) ? extra.reward : undefined);
