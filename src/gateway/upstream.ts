/** Requests to the endpoint behind the gateway: the client's key goes there and nowhere else. */
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { isObject } from '../digest.ts';
import { InfrastructureError, reasonOf, UsageError } from '../errors.ts';
import { decoded, send } from '../models/exchange.ts';
import { isLoopback } from '../models/key-hosts.ts';
import { isStream } from '../models/sse.ts';
import { parseJson } from '../runtime/repair.ts';
import type { JsonObject } from '../types.ts';
import type { WireSurface } from './surfaces/surface.ts';

/** An answer that is no reply: the client gets it as it came. */
export class UpstreamRefusal extends Error {
  override readonly name = 'UpstreamRefusal';
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
  readonly retryAfter: string | undefined;
  constructor(status: number, body: string, headers: IncomingHttpHeaders) {
    super(`upstream answered ${status}`);
    this.status = status;
    this.body = body;
    this.contentType = headers['content-type'] ?? 'application/json';
    this.retryAfter = headers['retry-after'];
  }
}

export interface Upstream {
  readonly url: string;
  /** As it comes, for what no layer touches. Redirects are not followed. */
  pass(path: string, init: RequestInit): Promise<IncomingMessage>;
  /** One whole chat completion; `onEvent` hears its events as they come. Throws UpstreamRefusal. */
  complete(
    surface: WireSurface,
    body: JsonObject,
    headers: Readonly<Record<string, string>>,
    options: { signal: AbortSignal; onEvent?: (event: JsonObject) => void },
  ): Promise<JsonObject>;
}

/** Throws UsageError for an address that is neither https nor of this machine. */
export function openUpstream(address: string): Upstream {
  const expected = 'expected an address such as https://api.openai.com/v1';
  if (!URL.canParse(address)) throw new UsageError(`--upstream: ${expected}, got "${address}"`);
  const base = new URL(address);
  if (!/^https?:$/.test(base.protocol)) throw new UsageError(`--upstream: ${expected}, got ${base.protocol}//`);
  if (base.protocol === 'http:' && !isLoopback(address))
    throw new UsageError(
      `--upstream: ${expected} or a server of this machine, got http://${base.host}: the client's key would be readable on its way`,
    );
  if (base.username !== '' || base.password !== '')
    throw new UsageError('--upstream holds a name or password, which would reach logs; the client sends its own key');
  const url = address.replace(/\/+$/, '');
  const pass: Upstream['pass'] = async (path, init) => {
    const message = await send(new URL(`${url}${path}`), init).catch(noAnswer);
    const { statusCode = 502, headers } = message;
    if (statusCode >= 300 && statusCode < 400) {
      message.destroy();
      const text = JSON.stringify({
        error: { message: `upstream redirects to ${headers.location}; give that as --upstream` },
      });
      throw new UpstreamRefusal(502, text, { 'content-type': 'application/json' });
    }
    return message;
  };
  return {
    url,
    pass,
    async complete(surface, body, headers, { signal, onEvent }) {
      const message = await pass(surface.path, { method: 'POST', headers, body: JSON.stringify(body), signal });
      const { statusCode = 502 } = message;
      const heard = onEvent === undefined ? undefined : eventListener(onEvent);
      const text = await decoded(message, statusCode < 300 ? heard : undefined).catch(noAnswer);
      if (statusCode >= 300) throw new UpstreamRefusal(statusCode, text, message.headers);
      const value = isStream(message.headers['content-type'] ?? '', text) ? collected(surface, text) : parseJson(text);
      if (!isObject(value)) throw new InfrastructureError('upstream replied without a message', { who: 'endpoint' });
      return surface.completion(value as JsonObject);
    },
  };
}

/** A connection that fails is upstream's fault, never one of a layer. */
function noAnswer(cause: unknown): never {
  if (cause instanceof InfrastructureError) throw cause;
  throw new InfrastructureError(`no whole answer from upstream: ${reasonOf(cause)}`, { who: 'endpoint', cause });
}

function collected(surface: WireSurface, text: string): unknown {
  try {
    return surface.collect(text);
  } catch (error) {
    throw new InfrastructureError(`upstream: ${reasonOf(error)}`, { who: 'endpoint' });
  }
}

/** Hears whole events in pieces of a stream; half an event is kept back. */
function eventListener(onEvent: (event: JsonObject) => void): (piece: string) => void {
  let open = '';
  return (piece) => {
    open += piece;
    const lines = open.split(/\r\n|\n|\r/);
    open = lines.pop() ?? '';
    for (const line of lines) {
      if (!line.startsWith('data:')) continue;
      const event = parseJson(line.slice(5));
      if (isObject(event)) onEvent(event as JsonObject);
    }
  };
}
