/** An agent behind any OpenAI-compatible endpoint, through the `openai` package. */
import { setTimeout as sleep } from 'node:timers/promises';
import type OpenAI from 'openai';
import type {
  ChatCompletionCreateParamsNonStreaming,
  ChatCompletionMessageParam,
} from 'openai/resources/chat/completions';
import { canonicalJson, sha256 } from '../digest.ts';
import { InfrastructureError, InterruptedError, UsageError } from '../errors.ts';
import { redactorOf } from '../secrets.ts';
import type { Agent, ChatMessage, ChatModel, ChatReply, JsonObject, Tool } from '../types.ts';
import { type Fault, openPatience, retryAfterOf } from './patience.ts';
import { costOf, FREE, type Price, worstCost } from './prices.ts';

export interface OpenAISettings {
  readonly model: string;
  /** @default the package's own, https://api.openai.com/v1 */
  readonly baseUrl?: string;
  /** @default none for a loopback address, else the value of `keyEnv` */
  readonly apiKey?: string;
  /** Name of the environment variable that holds the key. @default OPENAI_API_KEY */
  readonly keyEnv?: string;
  /** @default 0 */
  readonly temperature?: number;
  /** Longest reply. @default 768 */
  readonly maxTokens?: number;
  /** One call; a small machine may take minutes for a long prompt. @default 300,000 */
  readonly timeoutMs?: number;
  /** Tries after the first one for 408, 409, 429 and 5xx replies, and for none. @default 4 */
  readonly maxRetries?: number;
  /** Calls at the same time, at most; less while the endpoint asks to slow down. @default 64 */
  readonly concurrency?: number;
  readonly price?: Price;
  /** Tokens of request and reply together. @default unknown */
  readonly context?: number;
}

/** Money is reserved before a call and settled after it; see `Budget`. */
export interface Spend {
  reserveUsd(amount: number): void;
  settleUsd(reserved: number, cost: number): void;
}

const isLoopback = (url: string): boolean => {
  const host = new URL(url).hostname;
  return host === 'localhost' || host === '[::1]' || host.startsWith('127.');
};

const holdsSecret = ({ username, password, searchParams }: URL): boolean =>
  username !== '' ||
  password !== '' ||
  [...searchParams.keys()].some((name) => /key|token|secret|sig|auth/i.test(name));

/**
 * Opens the endpoint and checks that it answers (at most 15 s).
 * Throws UsageError for a bad address or a refused key, InfrastructureError when nothing answers.
 */
export async function openaiAgent(settings: OpenAISettings, spend?: Spend): Promise<Agent> {
  const { baseUrl } = settings;
  if (baseUrl !== undefined && !URL.canParse(baseUrl))
    throw new UsageError(`--base-url: expected an address such as http://127.0.0.1:8080/v1, got "${baseUrl}"`);
  if (baseUrl !== undefined && holdsSecret(new URL(baseUrl)))
    throw new UsageError(
      '--base-url holds a name, password or key, which would reach logs; put the key into OPENAI_API_KEY',
    );
  const keyEnv = settings.keyEnv ?? 'OPENAI_API_KEY';
  const apiKey = settings.apiKey ?? process.env[keyEnv] ?? (baseUrl && isLoopback(baseUrl) ? 'none' : undefined);
  if (apiKey === undefined || apiKey === '')
    throw new UsageError(`no key: set ${keyEnv}, or use --base-url with a server on this machine`);

  const { default: Client } = await import('openai');
  const client = new Client({
    apiKey,
    ...(baseUrl === undefined ? {} : { baseURL: baseUrl }),
    timeout: settings.timeoutMs ?? 300_000,
    // Tries are counted and spaced here, so that all calls slow down together.
    maxRetries: 0,
    logLevel: 'off',
  });
  // A key that a server repeats, in an error, a reply or as its model's name, stops here.
  const redact = redactorOf(process.env, [apiKey]) ?? ((text: string) => text);
  await assertReachable(client, settings, redact);

  const temperature = settings.temperature ?? 0;
  const maxTokens = settings.maxTokens ?? 768;
  const price = settings.price ?? FREE;
  const patience = openPatience({
    concurrency: settings.concurrency ?? 64,
    ...(settings.maxRetries === undefined ? {} : { retries: settings.maxRetries }),
    sleep: (milliseconds, signal) => sleep(milliseconds, undefined, signal ? { signal } : {}),
  });
  const faultOf = (error: unknown): Fault => {
    const fault = asInfrastructureError(error, settings, redact);
    if (!(fault instanceof InfrastructureError)) throw fault;
    const { status, headers } = error as { status?: number; headers?: Headers };
    return { error: fault, status, retryAfterMs: retryAfterOf(headers, Date.now()) };
  };
  const model: ChatModel = {
    async complete(request, signal) {
      const body: ChatCompletionCreateParamsNonStreaming = {
        model: settings.model,
        messages: request.messages.map(toParam),
        temperature,
        max_tokens: maxTokens,
        seed: request.seed % 2 ** 31,
        ...(request.tools.length > 0 ? { tools: request.tools.map(toToolParam) } : {}),
        ...(request.schema === undefined ? {} : { response_format: toFormat(request.schema) }),
      };
      const reserved = worstCost(price, Buffer.byteLength(JSON.stringify(body)), maxTokens);
      spend?.reserveUsd(reserved);
      let cost = reserved;
      try {
        const ask = () => client.chat.completions.create(body, signal ? { signal } : {});
        const completion = await patience.run(ask, faultOf, signal);
        const reply = toReply(JSON.parse(redact(JSON.stringify(completion))) as typeof completion, price);
        cost = reply.usage.costUsd;
        return reply;
      } catch (error) {
        if (signal?.aborted) throw new InterruptedError('interrupted', { cause: error });
        throw asInfrastructureError(error, settings, redact);
      } finally {
        spend?.settleUsd(reserved, cost);
      }
    },
  };
  return {
    id: `openai:${settings.model}`,
    simulated: false,
    ...(settings.context === undefined ? {} : { contextTokens: settings.context - maxTokens }),
    unpriced: settings.price === undefined && !(baseUrl && isLoopback(baseUrl)),
    digest: sha256(
      canonicalJson({
        model: settings.model,
        baseUrl: baseUrl ?? null,
        temperature,
        maxTokens,
        ...(settings.context === undefined ? {} : { context: settings.context }),
      }),
    ),
    open: () => model,
  };
}

async function assertReachable(
  client: OpenAI,
  settings: OpenAISettings,
  redact: (text: string) => string,
): Promise<void> {
  const at = client.baseURL;
  try {
    await client.models.list({ timeout: 15_000, maxRetries: 0 });
  } catch (error) {
    const status = (error as { status?: number }).status;
    if (status === 401 || status === 403)
      throw new UsageError(
        `${at} refused the key (HTTP ${status}); set ${settings.keyEnv ?? 'OPENAI_API_KEY'} to a key that may use "${settings.model}"`,
      );
    // Some endpoints do not list models; any answer shows that one is there.
    if (status !== undefined && status < 500) return;
    throw new InfrastructureError(
      `no answer from ${at} (${redact(causeOf(error))}); check the address and that the server runs, then type the same command again`,
      { cause: error },
    );
  }
}

/** The innermost message: "connect ECONNREFUSED ..." says more than "Connection error.". */
function causeOf(error: unknown): string {
  let inner = error;
  while (inner instanceof Error && inner.cause instanceof Error) inner = inner.cause;
  return inner instanceof Error ? inner.message : String(inner);
}

function asInfrastructureError(error: unknown, settings: OpenAISettings, redact: (text: string) => string): Error {
  if (error instanceof InfrastructureError || error instanceof UsageError) return error;
  const status = (error as { status?: number }).status;
  if (status === 401 || status === 403)
    return new UsageError(
      `the endpoint refused the key (HTTP ${status}); set ${settings.keyEnv ?? 'OPENAI_API_KEY'} to a key that may use "${settings.model}"`,
    );
  const retryable = status === undefined || status === 408 || status === 409 || status === 429 || status >= 500;
  const cause = redact(causeOf(error)).slice(0, 300);
  return new InfrastructureError(`${status === undefined ? '' : `HTTP ${status}: `}${cause}`, {
    retryable,
    cause: error,
  });
}

function toParam(message: ChatMessage): ChatCompletionMessageParam {
  if (message.role === 'tool') return { role: 'tool', tool_call_id: message.toolCallId, content: message.content };
  if (message.role !== 'assistant') return { role: message.role, content: message.content };
  if (message.toolCalls === undefined || message.toolCalls.length === 0)
    return { role: 'assistant', content: message.content };
  return {
    role: 'assistant',
    content: message.content,
    tool_calls: message.toolCalls.map((call) => ({
      id: call.id,
      type: 'function' as const,
      function: { name: call.name, arguments: call.arguments },
    })),
  };
}

const toToolParam = (tool: Tool) => ({
  type: 'function' as const,
  function: { name: tool.name, description: tool.description, parameters: tool.parameters as Record<string, unknown> },
});

const toFormat = (schema: JsonObject) => ({
  type: 'json_schema' as const,
  json_schema: { name: 'reply', strict: true, schema: schema as Record<string, unknown> },
});

const FINISH: Readonly<Record<string, ChatReply['finish']>> = {
  stop: 'stop',
  tool_calls: 'tool_calls',
  function_call: 'tool_calls',
  length: 'length',
  content_filter: 'refusal',
};

/** Local servers name the file that they loaded; its folder says something about a machine and nothing about the model. */
const servedName = (model: string): string =>
  /^(\/|[A-Za-z]:\\)/.test(model) ? (model.split(/[\\/]/).at(-1) ?? model) : model;

/** Throws InfrastructureError when the reply has no message: an empty page is not an answer to judge. */
function toReply(completion: OpenAI.Chat.Completions.ChatCompletion, price: Price): ChatReply {
  const choice = completion.choices?.[0];
  if (choice?.message === undefined)
    throw new InfrastructureError('the endpoint replied without a message', { retryable: true });
  const inputTokens = completion.usage?.prompt_tokens ?? 0;
  const outputTokens = completion.usage?.completion_tokens ?? 0;
  const cachedTokens = completion.usage?.prompt_tokens_details?.cached_tokens ?? 0;
  return {
    content: choice.message.content ?? '',
    toolCalls: (choice.message.tool_calls ?? []).flatMap((call, index) =>
      call.type === 'function'
        ? [{ id: call.id || `call_${index}`, name: call.function.name, arguments: call.function.arguments }]
        : [],
    ),
    usage: {
      calls: 1,
      inputTokens,
      outputTokens,
      cachedTokens,
      costUsd: costOf(price, { inputTokens, outputTokens, cachedTokens }),
    },
    model: servedName(completion.model ?? ''),
    finish: FINISH[choice.finish_reason ?? ''] ?? 'other',
  };
}
