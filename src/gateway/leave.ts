/** What leaves: a reply as one body or as events, errors, texts. */
import type { ServerResponse } from 'node:http';
import type { JsonObject } from '../types.ts';
import { UpstreamRefusal } from './upstream.ts';
import { completionOf, eventsOf, RefusedRequest, type WireReply, type WireRequest } from './wire.ts';

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
export function fail(response: ServerResponse, error: unknown): void {
  if (response.headersSent) return void response.destroy();
  if (error instanceof UpstreamRefusal) {
    response.writeHead(error.status, {
      'content-type': error.contentType,
      ...(error.retryAfter === undefined ? {} : { 'retry-after': error.retryAfter }),
    });
    return void response.end(error.body);
  }
  const [status, type] =
    error instanceof RefusedRequest ? [error.status, 'invalid_request_error'] : [502, 'upstream_error'];
  const message = error instanceof Error ? error.message : String(error);
  sendJson(
    response,
    status,
    { error: { message, type, param: null, code: null } },
    status === 413 ? { connection: 'close' } : {},
  );
}

export interface ReplyStream {
  /** Text as it comes; the client reads it at once if it streams. */
  text(piece: string): void;
  shown(): string;
  begun(): boolean;
  end(reply: WireReply): void;
  fail(error: unknown): void;
  stop(): void;
}

/** A reply as one body or as events; comments keep a quiet stream open. */
export function openStream(
  response: ServerResponse,
  { streams, body }: WireRequest,
  headers: Record<string, string>,
): ReplyStream {
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
  const event = (value: object) => response.write(`data: ${JSON.stringify(value)}\n\n`);
  const comment = () => {
    start();
    response.write(': working\n\n');
    timer = setTimeout(comment, COMMENT_MS);
  };
  if (streams) timer = setTimeout(comment, QUIET_MS);
  const { model } = body;
  return {
    text(piece) {
      if (!streams) return;
      clearTimeout(timer);
      start();
      const delta = shown === '' ? { role: 'assistant', content: piece } : { content: piece };
      shown += piece;
      event({
        id: 'chatcmpl-0',
        object: 'chat.completion.chunk',
        created: 0,
        model,
        choices: [{ index: 0, delta, finish_reason: null }],
      });
    },
    shown: () => shown,
    begun: () => open,
    end(reply) {
      clearTimeout(timer);
      const ending = reply.ending === null || reply.ending === 'text' ? {} : { 'x-optimize-ending': reply.ending };
      if (!streams) return sendJson(response, 200, completionOf(reply), { ...headers, ...ending });
      if (!open) Object.assign(headers, ending);
      start();
      const wish = body.stream_options as JsonObject | undefined;
      for (const one of eventsOf(reply, { sent: shown.length, usage: wish?.include_usage === true })) event(one);
      response.end('data: [DONE]\n\n');
    },
    fail(error) {
      clearTimeout(timer);
      if (!open) return fail(response, error);
      const message = error instanceof Error ? error.message : String(error);
      event({ error: { message, type: 'upstream_error' } });
      response.end();
    },
    stop: () => clearTimeout(timer),
  };
}
