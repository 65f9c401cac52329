/** Calls of one endpoint: request body, limits of time and money, and retries. */
import { setTimeout as sleep } from 'node:timers/promises';
import type OpenAI from 'openai';
import type { ChatCompletionCreateParams } from 'openai/resources/chat/completions';
import { NO_USAGE } from '../chat.ts';
import { isObject } from '../digest.ts';
import { endedBy, InfrastructureError } from '../errors.ts';
import { type Redact, redacted } from '../secrets.ts';
import type { ChatModel, ChatReply, ChatRequest, JsonObject } from '../types.ts';
import { toFormat, toReply, toToolParam } from './completion.ts';
import { excessOf, isThoughtBeside } from './excess.ts';
import { type Adaptation, adaptationTo, asFault, mayBeBilled, messageOf, unreadTurn } from './faults.ts';
import { sentOf, toParams } from './history.ts';
import { type CallFault, openPatience } from './patience.ts';
import { type Price, worstCost } from './prices.ts';
import { retryAfterOf } from './waits.ts';

/** Money is reserved before a call and settled after it; see `Budget`. */
export interface Spend {
  reserveUsd(amount: number): void;
  settleUsd(reserved: number, cost: number): void;
}

export interface CallSettings {
  readonly model: string;
  /** Name of the variable that holds the key. */
  readonly keyEnv: string;
  readonly temperature: number;
  readonly maxTokens: number;
  readonly price: Price;
  /** One whole reply, headers and body. */
  readonly timeoutMs: number;
  readonly maxRetries?: number;
  readonly concurrency?: number;
  readonly redact: Redact;
  readonly spend: Spend | undefined;
}

/** Tries of a call whose reply the server could not read. */
const UNREAD_TRIES = 2;

/** A wait that stands in headers or text; limits are told beside other faults, too. */
function waitOf(error: unknown, status: number | undefined, headers: Headers | undefined): number | undefined {
  const { error: body } = error as { error?: unknown };
  const limited = status === 429 || status === 503 || status === 529;
  const text = limited ? `${messageOf(error)} ${JSON.stringify(body ?? '')}` : '';
  return retryAfterOf(headers, text, Date.now());
}

/** Throws InfrastructureError without a usable reply, UsageError, BudgetError, InterruptedError. */
export function openCalls(client: OpenAI, settings: CallSettings): ChatModel['complete'] {
  const { model, temperature, maxTokens, price, timeoutMs, redact, spend } = settings;
  const patience = openPatience({
    concurrency: settings.concurrency ?? 64,
    ...(settings.maxRetries === undefined ? {} : { retries: settings.maxRetries }),
    sleep: (milliseconds, signal) => sleep(milliseconds, undefined, signal ? { signal } : {}),
  });
  /** What this endpoint rejects, for example settings of reasoning models. */
  const refused = new Set<Adaptation>();
  const streaming = () => ({
    ...(refused.has('stream') ? { stream: true } : {}),
    ...(refused.has('stream') && !refused.has('stream_options') ? { stream_options: { include_usage: true } } : {}),
  });
  const bodyOf = (request: ChatRequest): object =>
    request.body === undefined ? ownBody(request) : { ...request.body, ...streaming() };
  const ownBody = (request: ChatRequest): ChatCompletionCreateParams => ({
    model,
    messages: toParams(request.messages, refused),
    ...(refused.has('temperature') ? {} : { temperature }),
    ...(refused.has('max_tokens') ? { max_completion_tokens: maxTokens } : { max_tokens: maxTokens }),
    ...(refused.has('seed') ? {} : { seed: request.seed % 2 ** 31 }),
    ...(request.tools.length > 0 ? { tools: request.tools.map(toToolParam) } : {}),
    ...(request.schema === undefined || refused.has('response_format')
      ? {}
      : { response_format: toFormat(request.schema) }),
    ...streaming(),
  });

  const bytesOf = (body: object): number => Buffer.byteLength(JSON.stringify(body));
  /** Most tokens that thoughts took beside an answer so far; the next may take twice as many. */
  let thoughts = 0;
  /** A program's own limit, if it says one. */
  const limitOf = ({ max_completion_tokens: most, max_tokens: old }: JsonObject): number =>
    typeof most === 'number' ? most : typeof old === 'number' ? old : maxTokens;
  const worstOf = (body: object): number => worstCost(price, bytesOf(body), limitOf(body as JsonObject) + 2 * thoughts);

  /** One attempt. The limit covers the whole reply; the client's own ends with the headers. */
  async function attempt(request: ChatRequest, signal: AbortSignal | undefined): Promise<ChatReply> {
    const body = bodyOf(request);
    const worstUsd = worstOf(body);
    spend?.reserveUsd(worstUsd);
    let paidUsd = worstUsd;
    const limit = AbortSignal.timeout(timeoutMs);
    const startedMs = performance.now();
    try {
      // `create` would hand out the stream; the exchange gives the reply that it adds up to.
      const completion = await client.post<OpenAI.Chat.ChatCompletion>('/chat/completions', {
        body,
        signal: signal === undefined ? limit : AbortSignal.any([signal, limit]),
      });
      // One that streams unasked tells what it bills only where a stream is asked for.
      if (isObject(completion) && 'streamed' in completion && !completion.usage) refused.add('stream');
      const reply = toReply(redacted(completion, redact), { price, worstUsd });
      paidUsd = reply.usage.costUsd;
      const sentBytes = bytesOf(body);
      if (reply.usage.inputTokens <= sentBytes && isThoughtBeside(completion.usage, reply, maxTokens))
        thoughts = Math.max(thoughts, reply.usage.outputTokens - maxTokens);
      else if (paidUsd > worstUsd) throw excessOf(reply, { reported: completion.usage, sentBytes, maxTokens });
      return { ...reply, usage: { ...reply.usage, modelMs: Math.round(performance.now() - startedMs) } };
    } catch (error) {
      if (!mayBeBilled(error)) paidUsd = 0;
      if (limit.aborted && !signal?.aborted)
        throw new InfrastructureError(`no whole reply within ${timeoutMs / 1000} s`, {
          who: 'endpoint',
          retryable: true,
          cause: error,
        });
      throw error;
    } finally {
      spend?.settleUsd(worstUsd, paidUsd);
    }
  }

  /** What the model wrote where the server could not read it: an empty turn, or what is quoted. */
  const unreadReply = (content: string, request: ChatRequest): ChatReply => ({
    content,
    toolCalls: [],
    usage: { ...NO_USAGE, calls: UNREAD_TRIES, costUsd: UNREAD_TRIES * worstOf(bodyOf(request)) },
    model: '',
    finish: 'other',
  });

  /** While one call finds out what the endpoint takes, others wait. */
  let finding: Promise<unknown> | null = null;

  /** Repeats the attempt in a form that the endpoint takes; an unread turn is tried once more. */
  async function adapted(
    request: ChatRequest,
    signal: AbortSignal | undefined,
    { finds = false } = {},
  ): Promise<ChatReply> {
    for (let unread = 0; ; ) {
      if (!finds && finding !== null) await finding;
      const sent = sentOf(redacted(request, redact), new Set(refused));
      try {
        return await attempt(request, signal);
      } catch (error) {
        const written = unreadTurn(error);
        if (written !== null && ++unread >= UNREAD_TRIES) return unreadReply(redact(written), request);
        if (written !== null) continue;
        const change = adaptationTo(error, sent);
        // What a program asks for is its own; only how the reply comes is ours.
        if (change === null || (request.body !== undefined && !change.startsWith('stream'))) throw error;
        if (finds) refused.add(change);
        else if (finding === null) {
          refused.add(change);
          const found = adapted(request, signal, { finds: true });
          const done = () => {
            finding = null;
          };
          finding = found.then(done, done);
          return found;
        }
      }
    }
  }

  const faultOf = (error: unknown): CallFault => {
    const fault = asFault(error, settings, redact);
    if (!(fault instanceof InfrastructureError) || fault.fatal) throw fault;
    const { status, headers } = error as { status?: number; headers?: Headers };
    return { error: fault, status, retryAfterMs: waitOf(error, status, headers) };
  };
  return async (request, signal) => {
    try {
      return await patience.run(() => adapted(request, signal), faultOf, signal);
    } catch (error) {
      if (signal?.aborted) throw endedBy(signal, error);
      throw error;
    }
  };
}
