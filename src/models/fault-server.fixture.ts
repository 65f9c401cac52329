/**
 * An endpoint on this machine that answers well, and at chosen calls in one of the ways in which
 * real ones fail.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Good {
  readonly model: string;
  readonly choices: readonly [{ readonly finish_reason: string; readonly message: object }];
  readonly usage: { readonly prompt_tokens: number; readonly completion_tokens: number };
}

/** Answers a call badly; `key` is the header that came in, which careless servers repeat. */
export type Misbehave = (response: ServerResponse, good: Good, key: string) => void;

const json = (response: ServerResponse, body: unknown, status = 200, headers: Record<string, string> = {}) => {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(typeof body === 'string' ? body : JSON.stringify(body));
};
const refuse =
  (status: number, code: string, headers: Record<string, string> = {}): Misbehave =>
  (response, _, key) =>
    json(response, { error: { message: `${code}\n  for ${key}`, code, type: code } }, status, headers);
const changed =
  (change: (good: Good) => unknown): Misbehave =>
  (response, good) =>
    json(response, change(good));
const text =
  (body: string, type = 'application/json'): Misbehave =>
  (response) => {
    response.writeHead(200, { 'content-type': type });
    response.end(body);
  };
/** Promises more than it sends, then closes. */
const cut =
  (share: number): Misbehave =>
  (response, good) => {
    const body = JSON.stringify(good);
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': String(body.length) });
    response.write(body.slice(0, Math.floor(body.length * share)));
    setImmediate(() => response.destroy());
  };

/** Each: what the server does, and what has to become of the call and of the run. */
export const FAULTS: Readonly<Record<string, Misbehave>> = {
  '429 with seconds': refuse(429, 'rate_limit', { 'retry-after': '1' }),
  '429 with a date': refuse(429, 'rate_limit', { 'retry-after': new Date(Date.now() + 2000).toUTCString() }),
  '429 without a word': refuse(429, 'rate_limit'),
  '429 for an hour': refuse(429, 'rate_limit', { 'retry-after': '3600' }),
  '500': refuse(500, 'server_error'),
  '502': refuse(502, 'bad_gateway'),
  '503': refuse(503, 'unavailable'),
  '504': refuse(504, 'gateway_timeout'),
  '529': refuse(529, 'overloaded'),
  'connection reset': (response) => response.socket?.resetAndDestroy(),
  'no headers': () => {},
  'nothing after the headers': (response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
  },
  'slow drip': (response, good) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    const body = JSON.stringify(good);
    let sent = 0;
    const timer = setInterval(() => response.write(body[sent++] ?? ' '), 20);
    response.on('close', () => clearInterval(timer));
  },
  'cut at once': cut(0),
  'cut in the middle': cut(0.5),
  'cut JSON': changed((good) => JSON.stringify(good).slice(0, -20)),
  'invalid JSON': text('{"choices": [,]}'),
  'a page with 200': text('<html><body>Sign in to go on</body></html>', 'text/html'),
  'empty with 200': text(''),
  'another form': changed((good) => ({ ...good, choices: 'none' })),
  'content that is no text': changed((good) => ({ ...good, choices: [{ message: { content: { a: 1 } } }] })),
  'no usage': changed(({ usage: _, ...rest }) => rest),
  'negative usage': changed((good) => ({ ...good, usage: { prompt_tokens: -5, completion_tokens: 1e3 } })),
  'absurd usage': changed((good) => ({ ...good, usage: { prompt_tokens: 9e9, completion_tokens: 1 } })),
  'cut by length': changed((good) => ({ ...good, choices: [{ ...good.choices[0], finish_reason: 'length' }] })),
  'kept back by a filter': changed((good) => ({
    ...good,
    choices: [{ message: { content: '' }, finish_reason: 'content_filter' }],
  })),
  'another model': changed((good) => ({ ...good, model: 'another' })),
  '401': refuse(401, 'invalid_api_key'),
  'no credit': refuse(429, 'insufficient_quota'),
  '404': refuse(404, 'model_not_found'),
  'a fault passed on': changed((good) => ({
    ...good,
    choices: [{ finish_reason: 'error', error: { code: 502, message: 'upstream' }, message: { content: '' } }],
  })),
  moderated: refuse(403, 'this request was flagged'),
  'too long, said elsewhere': (response) =>
    json(response, { object: 'error', message: 'maximum context length is 4096' }, 400),
  'too long': refuse(400, "This model's maximum context length is 4096 tokens"),
};

/**
 * Of whole replies, of lost ones, and of those behind a gateway that gave up; a refusal costs
 * nothing.
 */
const BILLED = [200, 502, 504];

export interface FaultServer {
  /** For `baseUrl`. */
  readonly url: string;
  /** Calls for a completion so far. */
  readonly calls: number;
  /**
   * Tokens of all calls that a model may have answered, also where the reply was lost on its way:
   * all that it may bill.
   */
  readonly billed: { readonly input: number; readonly output: number };
  /** Of every request so far. */
  readonly headers: readonly object[];
  close(): void;
}

const bodyOf = async (request: IncomingMessage): Promise<string> => {
  let body = '';
  for await (const chunk of request) body += String(chunk);
  return body;
};

/**
 * `answer` gives the message for a request; `faulty` tells by the number of the call, from 0,
 * whether `fault` happens.
 */
export async function openFaultServer(options: {
  readonly answer: (messages: readonly { role: string; content: string }[]) => object;
  readonly fault?: Misbehave;
  readonly faulty: (call: number) => boolean;
  /** Why a request is refused with 400, by its whole body. */
  readonly refuses?: (body: Readonly<Record<string, unknown>>) => string | null;
}): Promise<FaultServer> {
  const billed = { input: 0, output: 0 };
  const headers: object[] = [];
  let calls = 0;
  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    headers.push(request.headers);
    if (request.url?.endsWith('/models')) return json(response, { object: 'list', data: [] });
    const body = JSON.parse(await bodyOf(request)) as { messages: { role: string; content: string }[] };
    const { messages } = body;
    const refusal = options.refuses?.(body) ?? null;
    if (refusal !== null) return json(response, { error: { message: refusal } }, 400);
    const good: Good = {
      model: 'one',
      choices: [{ finish_reason: 'stop', message: { role: 'assistant', ...options.answer(messages) } }],
      usage: { prompt_tokens: 40, completion_tokens: 8 },
    };
    const call = calls++;
    const faulty = options.fault !== undefined && options.faulty(call);
    if (faulty) options.fault?.(response, good, request.headers.authorization ?? '');
    if (!faulty || BILLED.includes(response.statusCode)) {
      billed.input += good.usage.prompt_tokens;
      billed.output += good.usage.completion_tokens;
    }
    if (!faulty) json(response, good);
  }
  const server = createServer((request, response) => void serve(request, response).catch(() => response.destroy()));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    get calls() {
      return calls;
    },
    billed,
    headers,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
