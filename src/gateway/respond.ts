/** What the client gets: a reply as one body or as events, an error, a text. */
import type { ServerResponse } from 'node:http';
import { isObject } from '../digest.ts';
import { reasonOf } from '../errors.ts';
import { parseJson } from '../runtime/repair.ts';
import type { JsonObject } from '../types.ts';
import type { WireSurface } from './surfaces/surface.ts';
import { RefusedRequest, type WireReply, type WireRequest } from './surfaces/wire.ts';
import { UpstreamRefusal } from './upstream.ts';

/** Milliseconds after which a comment keeps a quiet stream open; some clients give up at 20 s. */
const QUIET_MS = 900;
const COMMENT_MS = 10_000;

export const sendText = (response: ServerResponse, text: string): void => {
  response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' });
  response.end(text);
};
export function sendJson(
  response: ServerResponse,
  status: number,
  value: object,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(value));
}

/** As the surface of the client tells errors. */
export function fail(response: ServerResponse, error: unknown, surface: WireSurface): void {
  if (response.headersSent) return void response.destroy();
  if (error instanceof UpstreamRefusal) {
    response.writeHead(error.status, {
      'content-type': error.contentType,
      ...(error.retryAfter === undefined ? {} : { 'retry-after': error.retryAfter }),
    });
    return void response.end(error.body);
  }
  const status = error instanceof RefusedRequest ? error.status : 502;
  sendJson(response, status, surface.error(status, reasonOf(error)), status === 413 ? { connection: 'close' } : {});
}

export interface ReplyStream {
  /** An event of upstream: the client reads at once what it may, if it streams. */
  heard(event: JsonObject): void;
  /** The text that the client has read. */
  shown(): string;
  begun(): boolean;
  end(reply: WireReply): void;
  fail(error: unknown): void;
  stop(): void;
}

/** A reply as one body or as events; comments keep a quiet stream open. */
export function openStream(
  response: ServerResponse,
  surface: WireSurface,
  request: WireRequest,
  headers: Record<string, string>,
): ReplyStream {
  const { streams } = request;
  let shown = '';
  let open = false;
  let timer: NodeJS.Timeout | undefined;
  const start = () => {
    if (open) return;
    open = true;
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
      ...headers,
    });
  };
  const writer = surface.writer(request, (data) => {
    clearTimeout(timer);
    start();
    if (typeof data === 'string') return void response.write(data);
    const named = typeof data.type === 'string' ? `event: ${data.type}\n` : '';
    response.write(`${named}data: ${JSON.stringify(data)}\n\n`);
  });
  const comment = () => {
    start();
    response.write(': working\n\n');
    timer = setTimeout(comment, COMMENT_MS);
  };
  if (streams) timer = setTimeout(comment, QUIET_MS);
  return {
    heard(event) {
      if (streams) shown += writer.heard(event);
    },
    shown: () => shown,
    begun: () => open,
    end(reply) {
      clearTimeout(timer);
      const ending = reply.ending === null || reply.ending === 'text' ? {} : { 'x-optimize-ending': reply.ending };
      if (!streams) return sendJson(response, 200, surface.whole(reply, request), { ...headers, ...ending });
      if (!open) Object.assign(headers, ending);
      writer.end(reply);
      response.end();
    },
    fail(error) {
      clearTimeout(timer);
      if (!open) return fail(response, error, surface);
      writer.fail(wordsOf(error));
      response.end();
    },
    stop: () => clearTimeout(timer),
  };
}

/** What a refusal of upstream says, where a stream has begun. */
function wordsOf(error: unknown): string {
  if (!(error instanceof UpstreamRefusal)) return reasonOf(error);
  const given = parseJson(error.body);
  const inner = isObject(given) ? given.error : undefined;
  return isObject(inner) && typeof inner.message === 'string' ? inner.message : error.message;
}
