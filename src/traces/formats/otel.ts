/** OpenTelemetry's conventions for generative AI: the spans of a conversation become one trace. */
import { sha256 } from '../../digest.ts';
import type { Json, JsonObject } from '../../types.ts';
import { type StoredTrace, type StoredUsage, UNKNOWN } from '../stored.ts';
import { conversationOf, saidIn } from './conversation.ts';
import { type ReadContext, RecordFault, readEach, type TraceFormat } from './format.ts';
import { readTools, writeTools } from './messages.ts';
import { partsOf } from './otel-parts.ts';
import { said as saidOf } from './otel-said.ts';
import { type Span, spansOf, structured, writeAttributes } from './otlp.ts';
import { addStoredUsage, known, nameOf, outcomeIn, storedOf, timeOf, wholeOf } from './record.ts';

const CONVERSATION = 'gen_ai.conversation.id';
const CONVERSATION_IDS = [CONVERSATION, 'session.id', 'thread.id'];
const EVALUATION = 'gen_ai.evaluation.result';

export const otel: TraceFormat = {
  name: 'otel',
  read(records, context) {
    const { spans, refused } = spansOf(records);
    const groups = conversationsIn(spans);
    const read = readEach(groups, (group) => readConversation(group, context));
    const other = spans.length - groups.reduce((sum, group) => sum + group.spans.length, 0);
    const warnings = other === 0 ? [] : [`spans that are about no model call: ${other}`];
    return { traces: read.traces, refused: [...refused, ...read.refused], warnings };
  },
  write: (traces) => traces.map(writeTrace),
};

const operationOf = ({ attributes }: Span): string => {
  const operation =
    attributes['gen_ai.operation.name'] ?? attributes['traceloop.span.kind'] ?? attributes['llm.request.type'];
  return typeof operation === 'string' ? operation.toLowerCase() : '';
};
const MODEL_CALLS = new Set(['chat', 'text_completion', 'generate_content', 'completion', 'responses', 'message']);
const isTool = (span: Span): boolean =>
  operationOf(span) === 'execute_tool' || operationOf(span) === 'tool' || 'gen_ai.tool.call.id' in span.attributes;
const isAgentSpan = (span: Span): boolean => /agent/.test(operationOf(span));
const isModelCall = (span: Span): boolean =>
  MODEL_CALLS.has(operationOf(span)) ||
  (!isTool(span) &&
    !isAgentSpan(span) &&
    operationOf(span) === '' &&
    typeof span.attributes['gen_ai.request.model'] === 'string');

interface Group {
  readonly line: number;
  readonly spans: Span[];
  /** Span of the sub-agent that has this conversation of its own. */
  readonly within: string | null;
}

/**
 * By conversation id, also of a parent, else by trace id; the model calls of a sub-agent are a
 * conversation of their own. What has no model call is none.
 */
function conversationsIn(spans: readonly Span[]): Group[] {
  const byId = new Map(spans.map((span) => [`${span.trace} ${span.id}`, span]));
  const pathOf = (span: Span): Span[] => {
    const path = [span];
    for (let at: Span | undefined = span; at?.parent && path.length < 100; ) {
      at = byId.get(`${at.trace} ${at.parent}`);
      if (at !== undefined) path.push(at);
    }
    return path;
  };
  const idOf = (path: readonly Span[]): string | null =>
    path.flatMap(({ attributes }) => nameOf(CONVERSATION_IDS.map((name) => attributes[name]).find(Boolean)) ?? [])[0] ??
    null;
  // Where one span of a trace names the conversation, the others mean it too.
  const named = new Map(spans.flatMap((span) => (idOf([span]) === null ? [] : [[span.trace, idOf([span])] as const])));
  const groups = new Map<string, Group>();
  for (const span of spans) {
    const path = pathOf(span);
    const agents = path.filter(isAgentSpan);
    const within = agents.length > 1 ? (agents[0]?.id ?? null) : null;
    const key = `${idOf(path) ?? named.get(span.trace) ?? span.trace} ${within ?? ''}`;
    const there = groups.get(key);
    if (there === undefined) groups.set(key, { line: span.line, spans: [span], within });
    else there.spans.push(span);
  }
  return [...groups.values()].filter((group) => group.spans.some(isModelCall)).sort((a, b) => a.line - b.line);
}

function readConversation({ spans: group, within }: Group, context: ReadContext): StoredTrace {
  const calls = group.filter(isModelCall);
  const messages = saidOf(calls, group.filter(isTool));
  if (messages.length === 0)
    throw new RecordFault(
      `expected messages in attributes or events of ${calls.length} model calls, found none: their content was not recorded`,
    );
  const first = (...names: string[]): string | null =>
    group.flatMap((span) => names.flatMap((name) => nameOf(span.attributes[name] ?? span.resource[name]) ?? []))[0] ??
    null;
  const tools = calls.map(({ attributes }) => structured(attributes['gen_ai.tool.definitions'])).find(Array.isArray);
  const own = first(...CONVERSATION_IDS) ?? group[0]?.trace ?? null;
  const id = own === null || within === null ? own : `${own}/${within}`;
  const start = group[0]?.start.replace(/^0+/, '') ?? '';
  return storedOf({
    env: context.env,
    source: 'otel',
    conversation: conversationOf(messages, readTools(tools, context), context),
    id,
    record: id,
    task: first('harness_optimizer.task', 'gen_ai.task.id', 'task.id'),
    trial: wholeOf(Number(first('harness_optimizer.trial') ?? Number.NaN)),
    time: timeOf(start),
    agent: first('gen_ai.agent.name', 'gen_ai.agent.id', 'service.name'),
    model: modelOf(calls),
    harness: first('harness_optimizer.harness'),
    outcome: outcomeOfSpans(group),
    usage: usageOfSpans(group, calls),
  });
}

function modelOf(calls: readonly Span[]): string | null {
  const named = (name: string) => calls.flatMap(({ attributes }) => nameOf(attributes[name]) ?? []);
  return named('gen_ai.response.model').at(-1) ?? named('gen_ai.request.model').at(-1) ?? null;
}

/** The newest evaluation of the conversation. */
function outcomeOfSpans(group: readonly Span[]) {
  const results = group.flatMap((span) => [
    ...('gen_ai.evaluation.score.value' in span.attributes || 'gen_ai.evaluation.score.label' in span.attributes
      ? [span.attributes]
      : []),
    ...span.events.filter(({ name }) => name === EVALUATION).map(({ attributes }) => attributes),
  ]);
  const last = results.at(-1);
  return outcomeIn(last?.['gen_ai.evaluation.score.value'], last?.['gen_ai.evaluation.score.label']);
}

/** An agent's span repeats what its calls used: it counts only where no call says anything. */
function usageOfSpans(group: readonly Span[], calls: readonly Span[]): StoredUsage {
  const of = ({ attributes }: Span): StoredUsage => ({
    calls: null,
    inputTokens: tokens(attributes, 'input_tokens', 'prompt_tokens'),
    outputTokens: tokens(attributes, 'output_tokens', 'completion_tokens'),
    cachedTokens: tokens(attributes, 'cache_read.input_tokens', 'cached_tokens'),
    costUsd: typeof attributes['gen_ai.usage.cost'] === 'number' ? attributes['gen_ai.usage.cost'] : null,
  });
  const own = addStoredUsage(calls.map(of));
  const known = own.inputTokens !== null || own.outputTokens !== null;
  const agents = group.filter((span) => isAgentSpan(span) && span.parent === null);
  const told = wholeOf(calls[0]?.attributes['harness_optimizer.calls']);
  const count = 'harness_optimizer.calls' in (calls[0]?.attributes ?? {}) ? told : calls.length;
  return { ...(known ? own : addStoredUsage(agents.map(of))), calls: count };
}

const tokens = (attributes: JsonObject, ...names: string[]): number | null =>
  names.flatMap((name) => wholeOf(attributes[`gen_ai.usage.${name}`]) ?? [])[0] ?? null;

/** One model call with the whole conversation, as an instrumented client records its last one. */
function writeTrace(trace: StoredTrace): Json {
  const { id, task, trial, time, agent, model, harness, outcome, prompt, usage } = trace;
  const nanos = time === null ? undefined : `${BigInt(Date.parse(time)) * 1_000_000n}`;
  const messages = partsOf(saidIn(trace));
  const evaluation = known({
    'gen_ai.evaluation.name': outcome.reward === null && outcome.label === undefined ? null : 'reward',
    'gen_ai.evaluation.score.value': outcome.reward,
    'gen_ai.evaluation.score.label': outcome.label,
  });
  const span = {
    traceId: sha256(id).slice(0, 32),
    spanId: sha256(id).slice(32, 48),
    name: model === UNKNOWN ? 'chat' : `chat ${model}`,
    kind: 3,
    ...(nanos === undefined ? {} : { startTimeUnixNano: nanos, endTimeUnixNano: nanos }),
    attributes: writeAttributes({
      'gen_ai.operation.name': 'chat',
      [CONVERSATION]: id,
      ...(agent === UNKNOWN ? {} : { 'gen_ai.agent.name': agent }),
      ...(model === UNKNOWN ? {} : { 'gen_ai.request.model': model, 'gen_ai.response.model': model }),
      ...(prompt.tools.length === 0 ? {} : { 'gen_ai.tool.definitions': writeTools(prompt.tools) }),
      'gen_ai.input.messages': messages,
      'gen_ai.usage.input_tokens': usage.inputTokens,
      'gen_ai.usage.output_tokens': usage.outputTokens,
      'gen_ai.usage.cache_read.input_tokens': usage.cachedTokens,
      'gen_ai.usage.cost': usage.costUsd,
      'harness_optimizer.task': task,
      'harness_optimizer.trial': trial,
      'harness_optimizer.harness': harness,
      'harness_optimizer.calls': usage.calls ?? 'unknown',
    }),
    ...(Object.keys(evaluation).length === 0
      ? {}
      : {
          events: [
            { name: EVALUATION, ...(nanos ? { timeUnixNano: nanos } : {}), attributes: writeAttributes(evaluation) },
          ],
        }),
  };
  return {
    resourceSpans: [
      { resource: { attributes: [] }, scopeSpans: [{ scope: { name: 'harness-optimizer' }, spans: [span] }] },
    ],
  };
}
