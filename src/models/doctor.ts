/** Tests with at most 9 calls what an endpoint can do. */
import { isObject } from '../digest.ts';
import { parseJson } from '../runtime/repair.ts';
import type { ChatMessage, ChatModel, ChatReply, ChatRequest, JsonObject, Tool } from '../types.ts';

export interface DoctorFinding {
  readonly check:
    | 'answers'
    | 'native calls'
    | 'text calls'
    | 'JSON schema'
    | 'repeats itself'
    | 'at once'
    | 'speed'
    | 'prefix cache';
  readonly passed: boolean;
  /** What was found, one clause. */
  readonly detail: string;
}

export interface Examination {
  readonly findings: readonly DoctorFinding[];
  readonly calls: number;
  /** Model id that the endpoint says it served. */
  readonly served: string;
  /** Tokens per second of output; null when the replies were too short to tell. */
  readonly tokensPerSecond: number | null;
  /** Recommended `realization.protocol` of harness.yaml; null when neither works. */
  readonly protocol: 'native' | 'text' | null;
  /** Useful number of concurrent calls. */
  readonly concurrency: number;
}

const weather: Tool = {
  name: 'get_weather',
  description: 'Show the weather in a town.',
  parameters: {
    type: 'object',
    properties: { town: { type: 'string', description: 'Name of the town.' } },
    required: ['town'],
  },
  readOnly: true,
};
const QUESTION = 'What is the weather in Oslo? Use the tool.';
const AS_TEXT =
  'Tools:\n- get_weather(town: string): Show the weather in a town.\n\nTo call a tool, answer with one JSON object and nothing else:\n' +
  '{"name": "<tool>", "arguments": {"<argument>": <value>}}';
const SCHEMA: JsonObject = {
  type: 'object',
  properties: { town: { type: 'string' }, country: { type: 'string' } },
  required: ['town', 'country'],
  additionalProperties: false,
};
/** Long and open enough to reveal a model that does not repeat itself. */
const TELL = 'Tell a story of six sentences about a lighthouse.';
/** A server that answers one call at a time takes three times as long for three. */
const SHARES_BELOW = 2.2;
/** About 1,500 tokens, so that a cache would save measurable reading time. */
const LONG = Array.from(
  { length: 120 },
  (_, i) => `Rule ${i + 1}: item ${i * 7} goes to shelf ${i % 9}, row ${i % 5}.`,
).join('\n');

/** `now` returns milliseconds. Throws the model's error only for the first question. */
export async function examine(model: ChatModel, now: () => number): Promise<Examination> {
  const findings: DoctorFinding[] = [];
  let calls = 0;
  let served = '';
  const speeds: number[] = [];
  /** Time of three concurrent calls divided by the time of one. */
  let slowdown = Number.POSITIVE_INFINITY;
  const ask = async (text: string, more: Partial<ChatRequest> = {}, system = 'You are a helpful assistant.') => {
    const messages: ChatMessage[] = [
      { role: 'system', content: system },
      { role: 'user', content: text },
    ];
    calls += 1;
    const started = now();
    const reply = await model.complete({ messages, tools: [], seed: 1, ...more });
    const seconds = (now() - started) / 1000;
    served ||= reply.model;
    if (reply.usage.outputTokens >= 20 && seconds > 0) speeds.push(reply.usage.outputTokens / seconds);
    return { reply, seconds };
  };
  const find = async (check: DoctorFinding['check'], look: () => Promise<[passed: boolean, detail: string]>) => {
    try {
      const [passed, detail] = await look();
      findings.push({ check, passed, detail });
      return passed;
    } catch (error) {
      findings.push({ check, passed: false, detail: (error as Error).message });
      return false;
    }
  };

  const first = await ask(TELL);
  const spoke = first.reply.content.trim() !== '';
  findings.push({
    check: 'answers',
    passed: spoke,
    detail: spoke
      ? `${served || 'a model'} in ${first.seconds.toFixed(1)} s`
      : 'the reply was empty; a model that thinks first needs a higher max_tokens',
  });
  const native = await find('native calls', async () => {
    const { reply } = await ask(QUESTION, { tools: [weather] });
    return [isNativeCall(reply), isNativeCall(reply) ? 'a call came as a call' : `a call came as ${textOf(reply)}`];
  });
  const text = await find('text calls', async () => {
    const { reply } = await ask(QUESTION, {}, AS_TEXT);
    return [isWrittenCall(reply.content), `the reply was ${textOf(reply)}`];
  });
  await find('JSON schema', async () => {
    const { reply } = await ask('Name a town in Norway and its country.', { schema: SCHEMA });
    const value = parseJson(reply.content);
    const meets = isObject(value) && typeof value.town === 'string' && typeof value.country === 'string';
    return [meets, meets ? 'the reply met the schema' : `the reply was ${textOf(reply)}`];
  });
  await find('repeats itself', async () => {
    const started = now();
    const together = await Promise.all([1, 2, 3].map((seed) => ask(TELL, { seed })));
    slowdown = (now() - started) / 1000 / Math.max(first.seconds, 1e-3);
    const same = spoke && together.every(({ reply }) => said(reply) === said(first.reply));
    return [
      same,
      same
        ? 'four equal requests got equal replies'
        : 'equal requests got different replies: two trials per task are played',
    ];
  });
  const shares = slowdown < SHARES_BELOW;
  findings.push({
    check: 'at once',
    passed: shares,
    detail: Number.isFinite(slowdown)
      ? `three calls at once took ${slowdown.toFixed(1)} times as long as one`
      : 'three calls at once were not answered',
  });
  await find('prefix cache', async () => {
    const cold = await ask('Which shelf has item 21? Answer with its number.', {}, LONG);
    const warm = await ask('Which shelf has item 77? Answer with its number.', {}, LONG);
    const share = warm.reply.usage.cachedTokens / Math.max(1, warm.reply.usage.inputTokens);
    const seen = share > 0.5 || warm.seconds < cold.seconds / 2;
    return [
      seen,
      `${(share * 100).toFixed(0)} % of a repeated prompt came from the cache; ${cold.seconds.toFixed(1)} s, then ${warm.seconds.toFixed(1)} s`,
    ];
  });
  const tokensPerSecond = speeds.length === 0 ? null : Math.max(...speeds);
  findings.push({
    check: 'speed',
    passed: tokensPerSecond !== null,
    detail: tokensPerSecond === null ? 'the replies were too short to tell' : `${tokensPerSecond.toFixed(0)} tokens/s`,
  });
  return {
    findings,
    calls,
    served,
    tokensPerSecond,
    protocol: native ? 'native' : text ? 'text' : null,
    concurrency: shares ? 4 : 1,
  };
}

const said = (reply: ChatReply): string =>
  JSON.stringify([reply.content, reply.toolCalls.map(({ name, arguments: a }) => [name, a])]);

function isNativeCall({ toolCalls: [call] }: ChatReply): boolean {
  const given = call === undefined ? undefined : parseJson(call.arguments);
  return call?.name === 'get_weather' && isObject(given) && typeof given.town === 'string';
}

function isWrittenCall(content: string): boolean {
  const value = parseJson(content.replace(/^\s*```(?:json)?\s*|\s*```\s*$/g, ''));
  return (
    isObject(value) &&
    value.name === 'get_weather' &&
    isObject(value.arguments) &&
    typeof value.arguments.town === 'string'
  );
}

/** The start of a reply, quoted. */
const textOf = ({ content, toolCalls }: ChatReply): string =>
  toolCalls.length > 0 ? 'a call' : JSON.stringify(content.length > 80 ? `${content.slice(0, 80)}...` : content);
