/** A request to upstream and its answer back, byte for byte. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { Upstream } from './upstream.ts';

/** One request of a client; `signal` is aborted when it hangs up. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly signal: AbortSignal;
}

/** Headers of a request that go to upstream: keys, and what vendors and their clients tell. */
const PASSED =
  /^(?:authorization|api-key|x-api-key|openai-|anthropic-|http-referer|x-title|user-agent|accept|x-stainless-|helicone-|traceparent|tracestate)/i;
/** Headers of an answer that describe the bytes that follow. */
const KEPT = ['content-type', 'content-encoding', 'retry-after', 'x-request-id'];

export function passedHeaders({ headers }: IncomingMessage): Record<string, string> {
  const kept = Object.entries(headers).filter(([name]) => PASSED.test(name));
  return {
    'content-type': 'application/json',
    ...Object.fromEntries(kept.map(([name, value]) => [name, String(value)])),
  };
}

/** `extra`: headers of ours; `tap` reads the answer beside the client. */
export async function relay(
  upstream: Upstream,
  { request, response, signal }: Exchange,
  text: string,
  { extra = {}, tap }: { extra?: Readonly<Record<string, string>>; tap?: (message: IncomingMessage) => void } = {},
): Promise<void> {
  const path = (request.url ?? '').replace(/^(?:\/v1)+(?=[/?]|$)/, '');
  const init = { method: request.method ?? 'GET', headers: passedHeaders(request), signal };
  const message = await upstream.pass(path, text === '' ? init : { ...init, body: text });
  const kept = KEPT.flatMap((name) =>
    message.headers[name] === undefined ? [] : [[name, message.headers[name]] as const],
  );
  response.writeHead(message.statusCode ?? 502, { ...Object.fromEntries(kept), ...extra, 'x-accel-buffering': 'no' });
  tap?.(message);
  await pipeline(message, response);
}
