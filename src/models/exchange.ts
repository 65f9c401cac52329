/** One HTTP exchange behind the `openai` package: bounded, without redirects, whole at its end. */
import { type IncomingHttpHeaders, type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { pipeline, type Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { isObject, jsonOf } from '../digest.ts';
import { InfrastructureError } from '../errors.ts';
import { agentFor } from './proxy.ts';
import { eventsOf, isStream, isStreamEnd, replyOf } from './sse.ts';

/** Largest reply after decompression: half a million tokens, streamed one by one. */
const MAX_REPLY_BYTES = 64 * 2 ** 20;

/** Status by which a redirect is told, which is never followed. */
export const MISDIRECTED = 421;

/**
 * As `fetch`, without its own limit of 300 s: `signal` alone ends it, headers and body together.
 * A streamed reply becomes the reply that it adds up to, marked `streamed`.
 */
export async function exchange(input: Request | URL | string, init: RequestInit = {}): Promise<Response> {
  const url = new URL(input instanceof Request ? input.url : input);
  const message = await send(url, init);
  const { statusCode: status = 502, headers: raw } = message;
  const headers = headersOf(raw);
  const to = headers.get('location');
  if (status >= 300 && status < 400 && to !== null) {
    message.destroy();
    // A redirect would carry prompts to a host that nobody named.
    return Response.json({ error: { message: `redirects to ${to}; give that` } }, { status: MISDIRECTED });
  }
  const text = await decoded(message);
  const known = status >= 200 && status < 600 ? status : 502;
  // These headers no longer describe the body.
  for (const name of ['content-encoding', 'content-length', 'transfer-encoding']) headers.delete(name);
  if (known >= 300) return new Response(known === 304 ? null : withReason(text), { status: known, headers });
  const streamed = isStream(headers.get('content-type') ?? '', text) ? replyOf(text) : undefined;
  const whole =
    streamed === undefined ? text : JSON.stringify(isObject(streamed) ? { ...streamed, streamed: true } : streamed);
  headers.set('content-type', jsonIn(whole) === undefined ? 'text/plain' : 'application/json');
  return new Response(whole, { headers });
}

function jsonIn(text: string): unknown {
  try {
    // How deep a reply may be is decided where it is read.
    return jsonOf(text, Number.POSITIVE_INFINITY);
  } catch {
    return undefined;
  }
}

/** The package reads only `error.message`; some servers put the reason elsewhere. */
function withReason(text: string): string {
  const value = jsonIn(isStream('', text) ? (eventsOf(text)[0] ?? '') : text);
  if (value === undefined) return text;
  return JSON.stringify(isObject(value) && isObject(value.error) ? value : { error: { message: text } });
}

function headersOf(raw: IncomingHttpHeaders): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(raw)) for (const one of [value ?? []].flat()) headers.append(name, one);
  return headers;
}

/** What `decoded` reads. */
export const ENCODINGS = 'gzip, br';

/** The reply as it comes, in a tunnel where a proxy is set; an abort of `signal` ends it. */
export function send(url: URL, { method = 'GET', headers, body, signal }: RequestInit): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const sent = typeof body === 'string' ? Buffer.from(body) : null;
    const all = Object.fromEntries(new Headers(headers));
    const request = (url.protocol === 'https:' ? requestHttps : requestHttp)(url, {
      method,
      agent: agentFor(url, process.env),
      headers: {
        'accept-encoding': ENCODINGS,
        ...all,
        ...(sent === null ? {} : { 'content-length': String(sent.length) }),
      },
      ...(signal ? { signal } : {}),
    });
    request.once('response', resolve);
    request.on('error', reject);
    request.end(sent ?? undefined);
  });
}

const DECODERS = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
};

/** A body without its compression. */
export function plainOf(body: Readable, encoding = ''): Readable {
  const open = Object.entries(DECODERS).find(([name]) => name === encoding.trim().toLowerCase())?.[1];
  return open === undefined ? body : pipeline(body, open(), () => {});
}

/**
 * The decompressed body; a stream of events ends with its last, whatever the connection does.
 * `onPiece` hears it as it comes. Throws InfrastructureError beyond 64 MB.
 */
export async function decoded(message: IncomingMessage, onPiece?: (text: string) => void): Promise<string> {
  const plain = plainOf(message, message.headers['content-encoding']);
  const events = isStream(message.headers['content-type'] ?? '');
  const chunks: Buffer[] = [];
  const pieces = new TextDecoder();
  let bytes = 0;
  try {
    for await (const chunk of plain as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > MAX_REPLY_BYTES)
        throw new InfrastructureError(`a reply is larger than ${MAX_REPLY_BYTES / 2 ** 20} MB, so it was not read on`, {
          who: 'endpoint',
          final: true,
        });
      chunks.push(chunk);
      onPiece?.(pieces.decode(chunk, { stream: true }));
      if (events && isStreamEnd(chunks)) break;
    }
  } finally {
    message.destroy();
  }
  return new TextDecoder().decode(Buffer.concat(chunks));
}
