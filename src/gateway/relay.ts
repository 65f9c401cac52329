/** A request to upstream and its answer back, byte for byte. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { RefusedRequest } from './surfaces/wire.ts';
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

/** The answer goes to the client as it comes, so the encodings are those that the client reads. */
export function passedHeaders({ headers }: IncomingMessage): Record<string, string> {
  const kept = Object.entries(headers).filter(([name]) => PASSED.test(name));
  return {
    'content-type': 'application/json',
    'accept-encoding': 'identity',
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

/** Exact names of this machine and no other site's page: a loopback address protects nothing. */
export function assertAddressed(
  { headers }: IncomingMessage,
  { names, token }: { readonly names: readonly string[]; readonly token?: string },
): void {
  const host = (headers.host ?? '').replace(/:\d+$/, '').toLowerCase();
  const known = ['127.0.0.1', 'localhost', '[::1]', ...names];
  if (!known.includes(host)) throw new RefusedRequest(`host: expected ${known.join(', ')}`, 421);
  const key = headers['x-api-key'] ?? headers.authorization?.slice('bearer '.length);
  if (token !== undefined && key !== token) throw new RefusedRequest('expected the key of this rollout', 401);
  if (headers.origin !== undefined) throw new RefusedRequest('a page of a browser may not ask this gateway', 403);
}
