/** The gateway over HTTP: requests of each surface through the harness, all else as it comes. */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { jsonOf } from '../digest.ts';
import { InfrastructureError, reasonOf, UsageError } from '../errors.ts';
import { ENCODINGS } from '../models/exchange.ts';
import type { Json, JsonObject } from '../types.ts';
import { beginning, type Setting, spoken, type Versions } from './begin.ts';
import type { LiveConversations } from './conversations.ts';
import { holdsText } from './holds-text.ts';
import { fitOf, goOn, type Live, settle, takeIn } from './live.ts';
import { assertAddressed, type Exchange, passedHeaders, relay } from './relay.ts';
import { fail, openStream, sendJson, sendText } from './respond.ts';
import type { Shadow } from './shadow.ts';
import { SURFACES, surfaceAt } from './surfaces/index.ts';
import type { WireSurface } from './surfaces/surface.ts';
import type { ModelView } from './surfaces/view.ts';
import { RefusedRequest, type WireRequest } from './surfaces/wire.ts';
import { type Upstream, UpstreamRefusal } from './upstream.ts';

export const CONVERSATION = 'x-optimize-conversation';
/** One turn of a person with several images takes megabytes. */
const MOST_BYTES = 64 * 2 ** 20;

export interface GatewayOptions {
  readonly setting: Setting;
  readonly upstream: Upstream;
  readonly versions: Versions;
  readonly conversations: LiveConversations;
  /** Null enforces. */
  readonly shadow: Shadow | null;
  /** Our own fault refuses the request, where it else passes unchanged. */
  readonly failClosed: boolean;
  readonly host: string;
  readonly port: number;
  /** Names besides those of loopback that a request may address. */
  readonly names: readonly string[];
  /** What a request has to bear as its key; absent lets everybody in. */
  readonly token?: string;
  /** Requests without tools, or for a form, are part of a conversation too. @default they pass */
  readonly all?: true;
  outcome(id: string, given: JsonObject): boolean;
  warn(message: string): void;
}

export interface Gateway {
  /** For a client's base URL. */
  readonly url: string;
  /** Ends when running requests have ended, or after ten seconds. */
  close(): Promise<void>;
}

interface Counts {
  requests: number;
  replies: number;
  passed: number;
  refused: number;
  bypassed: number;
  blocks: number;
  rewrites: number;
  reads: number;
}

/** Listens; throws UsageError for a port that is taken. */
export async function openGateway(options: GatewayOptions): Promise<Gateway> {
  const { conversations, versions, upstream, setting, shadow } = options;
  const counts: Counts = {
    requests: 0,
    replies: 0,
    passed: 0,
    refused: 0,
    bypassed: 0,
    blocks: 0,
    rewrites: 0,
    reads: 0,
  };
  const busy = new Map<string, Promise<unknown>>();

  async function converse(exchange: Exchange, surface: WireSurface, text: string): Promise<void> {
    const body = jsonIn(text);
    const frozen = versions.frozen();
    if (shadow === null && frozen !== null) return passOn(exchange, text, { 'x-optimize-bypassed': 'frozen' });
    let request: WireRequest;
    try {
      request = surface.read(body, setting.isManaged);
    } catch (error) {
      // Nothing is refused where nothing is changed.
      if (shadow !== null && error instanceof RefusedRequest) return passOn(exchange, text, {});
      throw error;
    }
    if (shadow !== null) return shadow.pass(exchange, surface, request, text);
    if (!options.all && (request.plain || request.tools.length === 0)) return passOn(exchange, text, {});
    let live: Live;
    try {
      live = conversationOf(exchange, request);
    } catch (error) {
      if (error instanceof RefusedRequest || options.failClosed) throw error;
      return bypass(exchange, text, error);
    }
    const { id } = live.begun;
    // One request of a conversation at a time; the same one again gets the same reply.
    const before = busy.get(id);
    const work = (async () => {
      await before?.catch(() => {});
      await answer(exchange, surface, request, live, text);
    })();
    busy.set(id, work);
    try {
      await work;
    } finally {
      if (busy.get(id) === work) busy.delete(id);
    }
  }

  function conversationOf({ request: { headers } }: Exchange, request: WireRequest): Live {
    const named = headers[CONVERSATION];
    const found = conversations.find(spoken(request.messages), typeof named === 'string' ? named : undefined);
    if (found !== null) return found;
    const inForce = versions.current();
    return conversations.begin(beginning(request, inForce, setting), inForce);
  }

  async function answer(
    exchange: Exchange,
    surface: WireSurface,
    request: WireRequest,
    live: Live,
    text: string,
  ): Promise<void> {
    const { response, signal } = exchange;
    const headers = { [CONVERSATION]: live.begun.id, 'x-optimize-harness': live.begun.label };
    if (live.bypassed !== null) return passOn(exchange, text, { ...headers, 'x-optimize-bypassed': live.bypassed });
    const fit = live.asked === '' ? 'next' : fitOf(live, request.messages);
    const stream = openStream(response, surface, request, headers);
    try {
      let reply = fit === 'again' ? live.reply : null;
      if (reply === null) {
        const from = live.opened.session.steps.length;
        if (fit !== 'again') takeIn(live, request.messages);
        const reads = request.streams && !holdsText(live.opened.session.compiled);
        const complete = (view: ModelView) =>
          upstream.complete(
            surface,
            { ...surface.body(view), ...(reads ? surface.streamed : {}) },
            { ...passedHeaders(exchange.request), 'accept-encoding': ENCODINGS },
            { signal, ...(reads ? { onEvent: stream.heard } : {}) },
          );
        reply = await goOn(live, request, complete, stream.shown);
        count(live, from);
        settle(live, request.messages, reply);
        conversations.settled(live);
      }
      counts.replies += 1;
      stream.end(reply);
    } catch (error) {
      if (signal.aborted) return;
      const ours = !(
        error instanceof RefusedRequest ||
        error instanceof UpstreamRefusal ||
        error instanceof InfrastructureError
      );
      if (!ours || options.failClosed || stream.begun()) return stream.fail(error);
      live.bypassed = 'error';
      return bypass(exchange, text, error, headers);
    } finally {
      conversations.write(live);
      stream.stop();
    }
  }

  function count(live: Live, from: number): void {
    for (const { kind } of live.opened.session.steps.slice(from)) {
      if (kind === 'block') counts.blocks += 1;
      if (kind === 'rewrite') counts.rewrites += 1;
      if (kind === 'read') counts.reads += 1;
    }
  }

  /** Our own fault is no reason to stop an agent. */
  function bypass(
    exchange: Exchange,
    text: string,
    error: unknown,
    headers: Record<string, string> = {},
  ): Promise<void> {
    counts.bypassed += 1;
    options.warn(`a request passed unchanged: ${reasonOf(error)}`);
    return passOn(exchange, text, { ...headers, 'x-optimize-bypassed': 'error' });
  }

  /** To upstream and back, unchanged. */
  function passOn(exchange: Exchange, text: string, extra: Record<string, string>): Promise<void> {
    counts.passed += 1;
    return relay(upstream, exchange, text, { extra });
  }

  async function handle(exchange: Exchange): Promise<void> {
    const { request, response } = exchange;
    const path = pathOf(request);
    assertAddressed(request, options);
    if (request.method === 'GET' && path === '/healthz')
      return sendJson(response, 200, {
        ok: true,
        harness: versions.current().label,
        frozen: versions.frozen(),
        mode: shadow === null ? 'enforce' : 'shadow',
      });
    if (request.method === 'GET' && path === '/metrics') return sendText(response, metricsOf(counts, conversations));
    counts.requests += 1;
    if (request.method === 'GET' && path.startsWith('/v1/')) return passOn(exchange, '', {});
    if (request.method !== 'POST') throw new RefusedRequest('expected POST', 405);
    if (!/^application\/(?:[\w.+-]+\+)?json\b/i.test(request.headers['content-type'] ?? ''))
      throw new RefusedRequest('expected content-type: application/json', 415);
    const text = await readBody(request);
    if (path === '/outcome' || path === '/v1/outcome')
      return sendJson(response, 200, { stored: outcomeOf(jsonIn(text)) });
    const surface = surfaceAt(path);
    if (surface !== undefined) return converse(exchange, surface, text);
    if (path.startsWith('/v1/')) return passOn(exchange, text, {});
    throw new RefusedRequest(`expected ${SURFACES.map((one) => `/v1${one.path}`).join(', ')}, got ${path}`, 404);
  }

  function outcomeOf(given: Json): boolean {
    const { conversation } = (
      typeof given === 'object' && given !== null && !Array.isArray(given) ? given : {}
    ) as JsonObject;
    if (typeof conversation !== 'string')
      throw new RefusedRequest('expected {"conversation": ID, "reward": 0 to 1} or a "label"');
    return options.outcome(conversation, given as JsonObject);
  }

  const server = createServer((request, response) => {
    const hungUp = new AbortController();
    response.once('close', () => {
      if (!response.writableEnded) hungUp.abort();
    });
    handle({ request, response, signal: hungUp.signal }).catch((error) => {
      if (hungUp.signal.aborted) return;
      counts.refused += 1;
      fail(response, error, surfaceAt(pathOf(request)) ?? (SURFACES[0] as WireSurface));
    });
  });
  server.requestTimeout = 300_000;
  server.headersTimeout = 30_000;
  await new Promise<void>((ready, failed) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      failed(new UsageError(`cannot listen on ${options.host}:${options.port} (${error.code}); choose another --port`)),
    );
    server.listen(options.port, options.host, ready);
  });
  const { port, address, family } = server.address() as AddressInfo;
  const timer = setInterval(() => void versions.refresh().catch((error: Error) => options.warn(error.message)), 400);
  timer.unref();
  return {
    url: `http://${family === 'IPv6' ? `[${address}]` : address}:${port}/v1`,
    async close() {
      clearInterval(timer);
      const closed = new Promise<void>((ready) => server.close(() => ready()));
      server.closeIdleConnections();
      const late = setTimeout(() => server.closeAllConnections(), 10_000);
      await closed;
      clearTimeout(late);
    },
  };
}

const pathOf = ({ url }: IncomingMessage): string => new URL(url ?? '/', 'http://gateway').pathname;

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MOST_BYTES) throw new RefusedRequest(`expected at most ${MOST_BYTES / 2 ** 20} MB, got more`, 413);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function jsonIn(text: string): Json {
  try {
    return jsonOf(text) as Json;
  } catch (error) {
    throw new RefusedRequest(`expected JSON: ${reasonOf(error).slice(0, 200)}`);
  }
}

const metricsOf = (counts: Counts, { size }: LiveConversations): string =>
  [
    ...Object.entries(counts).map(([name, value]) => `optimize_gateway_${name}_total ${value}`),
    `optimize_gateway_conversations ${size}`,
    '',
  ].join('\n');
