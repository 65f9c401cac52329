/** An agent behind any OpenAI-compatible endpoint, through the `openai` package. */
import type OpenAI from 'openai';
import { canonicalJson, sha256 } from '../digest.ts';
import { InfrastructureError, UsageError } from '../errors.ts';
import { playedRedactor, type Redact } from '../secrets.ts';
import type { Agent, ChatModel } from '../types.ts';
import { openCalls, type Spend } from './calls.ts';
import { exchange, MISDIRECTED } from './exchange.ts';
import { folded, messageOf } from './faults.ts';
import { isLoopback, type KeyUse, mayReceive, unboundKey } from './key-hosts.ts';
import { FREE, type Price } from './prices.ts';
import { assertSameModel } from './served.ts';

export interface OpenAISettings {
  readonly model: string;
  /** @default the package's own, https://api.openai.com/v1 */
  readonly baseUrl?: string;
  /** @default none for a loopback address, else the value of `keyEnv` */
  readonly apiKey?: string;
  /** Name of the environment variable that holds the key. @default OPENAI_API_KEY */
  readonly keyEnv?: string;
  /** A file of the repository names address or key: the pair has to be bound outside of it. */
  readonly named?: true;
  /** @default 0 */
  readonly temperature?: number;
  /** Maximum tokens of a reply. @default 768 */
  readonly maxTokens?: number;
  /** Per call; a small machine may take minutes for a long prompt. @default 300,000 */
  readonly timeoutMs?: number;
  /** Retries for 408, 409, 429 and 5xx replies, and for no reply. @default 4 */
  readonly maxRetries?: number;
  /** Maximum concurrent calls; fewer while the endpoint asks to slow down. @default 64 */
  readonly concurrency?: number;
  readonly price?: Price;
  /** Tokens of request and reply together. @default unknown */
  readonly context?: number;
  /** @default what the harness says */
  readonly protocol?: 'text';
}

const holdsSecret = ({ username, password, searchParams }: URL): boolean =>
  username !== '' ||
  password !== '' ||
  [...searchParams.keys()].some((name) => /key|token|secret|sig|auth/i.test(name));

const OPENAI = 'https://api.openai.com/v1';
const DEFAULT_KEY = 'OPENAI_API_KEY';
const NO_KEY = 'none';

const baseUrlOf = ({ baseUrl }: OpenAISettings): string | undefined =>
  baseUrl ?? (process.env.OPENAI_BASE_URL?.trim() || undefined);

/** Which key would go where. */
export const keyUseOf = (settings: OpenAISettings): KeyUse => ({
  name: settings.keyEnv ?? DEFAULT_KEY,
  url: baseUrlOf(settings) ?? OPENAI,
  typed: settings.named !== true,
});

/** The key for this address; `none` for a server of this machine that none is bound to. */
function keyFor({ apiKey }: OpenAISettings, use: KeyUse): string {
  const bound = mayReceive(use, process.env) || apiKey !== undefined;
  const key = (apiKey ?? process.env[use.name])?.trim() ?? '';
  if (isLoopback(use.url)) return bound && key !== '' ? key : NO_KEY;
  if (key === '') throw new UsageError(`no key: set ${use.name}, or use --base-url with a server on this machine`);
  if (!bound) throw unboundKey(use, process.env);
  return key;
}

/** What the package reads by itself (OPENAI_ORG_ID, OPENAI_CUSTOM_HEADERS) is for OpenAI alone. */
function withoutVariables(address: string): object {
  if (new URL(address).host === new URL(OPENAI).host) return {};
  const lines = (process.env.OPENAI_CUSTOM_HEADERS ?? '').split('\n').filter((line) => line.includes(':'));
  const defaultHeaders = Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf(':')).trim(), null]));
  return { organization: null, project: null, adminAPIKey: null, defaultHeaders };
}

/** Opens and checks (15 s) an endpoint. Throws UsageError (address, key), InfrastructureError. */
export async function openaiAgent(settings: OpenAISettings, spend?: Spend): Promise<Agent> {
  const baseUrl = baseUrlOf(settings);
  if (baseUrl !== undefined && !URL.canParse(baseUrl))
    throw new UsageError(`--base-url: expected an address such as http://127.0.0.1:8080/v1, got "${baseUrl}"`);
  if (baseUrl !== undefined && holdsSecret(new URL(baseUrl)))
    throw new UsageError(
      '--base-url holds a name, password or key, which would reach logs; put the key into OPENAI_API_KEY',
    );
  const use = keyUseOf(settings);
  const { name: keyEnv, url: address } = use;
  const apiKey = keyFor(settings, use);

  const timeoutMs = settings.timeoutMs ?? 300_000;
  const { default: Client } = await import('openai');
  const client = new Client({
    apiKey,
    baseURL: address,
    // A call has its own limit, which says how long it waited.
    timeout: timeoutMs + 1000,
    // Retries happen in `openCalls`, so that all calls slow down together.
    maxRetries: 0,
    logLevel: 'off',
    ...withoutVariables(address),
    fetch: exchange,
  });
  // A key that a server repeats in an error, a reply or a model name stops here.
  const redact = playedRedactor(process.env, [apiKey]) ?? ((text: string) => text);
  await assertReachable(client, { model: settings.model, keyEnv, timeoutMs }, redact);

  const { temperature = 0, maxTokens = 768, price = FREE } = settings;
  const complete = openCalls(client, { ...settings, keyEnv, temperature, maxTokens, price, timeoutMs, redact, spend });
  let served: string | null = null;
  const model: ChatModel = {
    async complete(request, signal) {
      const reply = await complete(request, signal);
      if (reply.model !== '' && request.body === undefined) {
        assertSameModel(served, reply.model);
        served = reply.model;
      }
      return reply;
    },
  };
  return {
    id: `openai:${settings.model}`,
    simulated: false,
    ...(settings.context === undefined ? {} : { contextTokens: settings.context - maxTokens }),
    ...(settings.protocol === undefined ? {} : { protocol: settings.protocol }),
    unpriced: settings.price === undefined && !(baseUrl && isLoopback(baseUrl)),
    digest: sha256(
      canonicalJson({
        model: settings.model,
        baseUrl: baseUrl ?? null,
        ...(keyEnv === DEFAULT_KEY ? {} : { keyEnv }),
        temperature,
        maxTokens,
        ...(settings.context === undefined ? {} : { context: settings.context }),
        ...(settings.protocol === undefined ? {} : { protocol: settings.protocol }),
      }),
    ),
    endpoint: { baseUrl: redact(address), keyEnv: apiKey === NO_KEY ? null : keyEnv },
    open: () => model,
  };
}

async function assertReachable(
  client: OpenAI,
  { model, keyEnv, timeoutMs }: { model: string; keyEnv: string; timeoutMs: number },
  redact: Redact,
): Promise<void> {
  const at = client.baseURL;
  try {
    await client.models.list({ timeout: Math.min(15_000, timeoutMs), maxRetries: 0 });
  } catch (error) {
    const { status, cause } = error as { status?: number; cause?: unknown };
    if (cause instanceof UsageError) throw cause;
    if (status === MISDIRECTED)
      throw new UsageError(
        `the endpoint ${at} ${folded(redact(messageOf(error))).replace(`${status} `, '')} as base_url`,
      );
    if (status === 401)
      throw new UsageError(`${at} refused the key (HTTP ${status}); set ${keyEnv} to a key that may use "${model}"`);
    // Some endpoints do not list models; any answer shows that the endpoint exists.
    if (status !== undefined && status < 500) return;
    throw new InfrastructureError(
      `no answer from ${at} (${folded(redact(messageOf(error)))}); check the address and that the server runs, then type the same command again`,
      { who: 'endpoint', cause: error },
    );
  }
}
