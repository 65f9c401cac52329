/** Chat completions: a conversation per line, a bare list of messages, or requests with replies. */
import { canonicalJson, isObject, sha256 } from '../../digest.ts';
import type { Json, JsonObject } from '../../types.ts';
import { type StoredTrace, type StoredUsage, UNKNOWN } from '../stored.ts';
import { conversationOf, type Said, saidIn } from './conversation.ts';
import { kindOf, type ReadContext, RecordFault, readEach, type TraceFormat, type TraceRecord } from './format.ts';
import { readMessage, readMessages, readTools, writeMessages, writeTools } from './messages.ts';
import { addStoredUsage, known, nameOf, outcomeIn, storedOf, timeOf, usageOf, wholeOf, writeUsage } from './record.ts';

export const openai: TraceFormat = {
  name: 'openai',
  read(records, context) {
    const pairs: Pair[] = [];
    const { traces, refused } = readEach(records, (record) => {
      const pair = pairOf(record);
      if (pair === null) return conversationLine(record.value, context);
      pairs.push(pair);
      return [];
    });
    const joined = readEach(joinPairs(pairs), ({ value }) => conversationLine(value, context));
    return { traces: [...traces, ...joined.traces], refused: [...refused, ...joined.refused], warnings: [] };
  },
  write: (traces) =>
    traces.map((trace) => ({
      id: trace.id,
      ...known({
        model: trace.model === UNKNOWN ? null : trace.model,
        reward: trace.outcome.reward,
        tools: trace.prompt.tools.length === 0 ? null : writeTools(trace.prompt.tools),
      }),
      messages: writeMessages(saidIn(trace)),
      metadata: known({
        task: trace.task,
        trial: trace.trial,
        time: trace.time,
        agent: trace.agent === UNKNOWN ? null : trace.agent,
        harness: trace.harness,
        label: trace.outcome.label,
        usage: writeUsage(trace.usage),
      }),
    })),
};

function conversationLine(value: Json, context: ReadContext): StoredTrace {
  const record: JsonObject | null = Array.isArray(value) ? { messages: value } : isObject(value) ? value : null;
  if (record === null) throw new RecordFault(`expected a conversation, found ${kindOf(value)}`);
  if (record.messages === undefined)
    throw new RecordFault(
      `expected messages, or a request with its response, found ${Object.keys(record).slice(0, 6).join(', ') || 'an empty object'}`,
    );
  const metadata = isObject(record.metadata) ? record.metadata : {};
  const told = (name: string): Json | undefined => record[name] ?? metadata[name];
  const said = readMessages(record.messages, 'messages');
  return storedOf({
    env: context.env,
    source: 'openai',
    conversation: conversationOf(cutAsTold(said, record), readTools(record.tools, context), context),
    id: nameOf(record.id) ?? nameOf(metadata.id),
    record: value,
    task: nameOf(told('task') ?? told('task_id')),
    trial: wholeOf(told('trial')),
    time: timeOf(told('time') ?? told('created') ?? told('created_at') ?? told('timestamp')),
    agent: nameOf(told('agent')),
    model: nameOf(told('model')),
    harness: nameOf(told('harness')),
    outcome: outcomeIn(told('reward') ?? told('score'), told('label') ?? told('outcome')),
    usage: usageOf(told('usage')),
  });
}

/** The last reply was cut where its finish reason says so. */
function cutAsTold(said: readonly Said[], record: JsonObject): readonly Said[] {
  if (record.finish_reason !== 'length') return said;
  const last = said.findLastIndex(({ who }) => who === 'agent');
  return said.map((message, at) => (at === last && message.who === 'agent' ? { ...message, cut: true } : message));
}

interface Pair {
  readonly line: number;
  readonly request: JsonObject;
  readonly reply: Json;
  readonly messages: readonly Json[];
  readonly about: JsonObject;
}

/** A request and its reply; null for what is none. Throws RecordFault for half of one. */
function pairOf({ line, value }: TraceRecord): Pair | null {
  if (!isObject(value)) return null;
  const bodyOf = (given: Json | undefined): JsonObject | null => {
    if (!isObject(given)) return null;
    return isObject(given.body) ? given.body : given;
  };
  const request = bodyOf(value.request ?? value.request_body) ?? (value.choices === undefined ? null : value);
  const response = bodyOf(value.response ?? value.response_body) ?? (value.choices === undefined ? null : value);
  if (request === null && response === null) return null;
  if (request === null || response === null)
    throw new RecordFault(
      `expected a request with its response, found ${request === null ? 'no request' : 'no response'}`,
    );
  if (!Array.isArray(request.messages))
    throw new RecordFault(`expected request.messages to be a list, found ${kindOf(request.messages)}`);
  const [choice] = Array.isArray(response.choices) ? response.choices : [];
  if (!isObject(choice) || !isObject(choice.message))
    throw new RecordFault(`expected a choice with a message in the response, found ${kindOf(choice)}`);
  readMessage(choice.message, 'message');
  const { choices: _, messages: __, ...answer } = response;
  return {
    line,
    request,
    reply: choice.message,
    messages: request.messages,
    about: { ...answer, finish_reason: choice.finish_reason ?? null, own: { ...value, request: null, response: null } },
  };
}

interface Joined {
  line: number;
  messages: readonly Json[];
  request: JsonObject;
  about: JsonObject;
  usages: StoredUsage[];
  first: string | null;
}

/** Requests that go on where an earlier reply ended belong to its conversation. */
function joinPairs(pairs: readonly Pair[]): TraceRecord[] {
  /** By the chain of messages up to an agent's reply. */
  const ends = new Map<string, Joined>();
  const all: Joined[] = [];
  for (const { line, request, reply, messages, about } of pairs) {
    let chain = '';
    let before: Joined | undefined;
    for (const message of messages) {
      chain = sha256(`${chain} ${essence(message)}`);
      before = ends.get(chain) ?? before;
    }
    const whole = [...messages, reply];
    const end = sha256(`${chain} ${essence(reply)}`);
    const usage = { ...usageOf(about.usage), calls: 1 };
    const joined: Joined = before ?? { line, messages: whole, request, about, usages: [], first: nameOf(about.id) };
    if (before === undefined) all.push(joined);
    Object.assign(joined, { line, messages: whole, request, about });
    joined.usages.push(usage);
    ends.set(end, joined);
  }
  return all.map(({ line, messages, request, about, usages, first }) => {
    const own = isObject(about.own) ? about.own : {};
    const metadata = isObject(own.metadata) ? own.metadata : isObject(request.metadata) ? request.metadata : {};
    const value = known({
      ...metadata,
      ...own,
      id: nameOf(own.id) ?? first,
      model: nameOf(about.model) ?? nameOf(request.model),
      created: about.created ?? own.created ?? null,
      finish_reason: about.finish_reason ?? null,
      tools: request.tools ?? null,
      messages,
      usage: writeUsage(addStoredUsage(usages)),
    });
    return { line, value };
  });
}

/** What makes two messages the same: empty and absent members do not count. */
function essence(message: Json): string {
  if (!isObject(message)) return canonicalJson(message);
  const { role, content, tool_calls: calls, tool_call_id: id } = message;
  return canonicalJson([role ?? null, content ?? '', Array.isArray(calls) && calls.length > 0 ? calls : [], id ?? '']);
}
