/** Exchanges with servers that flood, compress, stream, and with a proxy between. */
import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcp, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import { InfrastructureError, UsageError } from '../errors.ts';
import { shopTask } from '../runtime/shop.fixture.ts';
import { exchange } from './exchange.ts';
import { openaiAgent } from './openai.ts';
import { proxyFor } from './proxy.ts';

let servers: Server[] = [];
afterEach(() => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
  servers = [];
});
async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
}

const REPLY = { model: 'm', choices: [{ message: { content: 'yes' }, finish_reason: 'stop' }] };
const JSON_TYPE = { 'content-type': 'application/json' };

/** The reply of an endpoint that answers so, and its calls. */
async function complete(answer: (body: { stream?: boolean; stream_options?: object }) => Parameters<typeof send>[1]) {
  const bodies: { stream?: boolean; stream_options?: object }[] = [];
  const baseUrl = await serve((request, response) => {
    let text = '';
    request.on('data', (part) => {
      text += String(part);
    });
    request.on('end', () => {
      if (request.url?.endsWith('/models')) return send(response, { body: '{"data": []}' });
      bodies.push(JSON.parse(text));
      send(response, answer(JSON.parse(text)));
    });
  });
  const agent = await openaiAgent({ model: 'm', baseUrl, apiKey: 'sk-exchange', maxTokens: 50 });
  const model = agent.open({ task: shopTask('x'), tools: [], seed: 1 });
  const request = { messages: [{ role: 'user' as const, content: 'x' }], tools: [], seed: 1 };
  const reply = await Promise.resolve(model.complete(request)).catch((error: Error) => error);
  return { reply, bodies };
}

function send(
  response: Parameters<RequestListener>[1],
  {
    status = 200,
    headers = JSON_TYPE,
    body,
  }: { status?: number; headers?: Record<string, string>; body: string | Buffer | null },
): void {
  response.writeHead(status, headers);
  if (body !== null) return void response.end(body);
  const part = Buffer.alloc(2 ** 20, ' ');
  const more = () => {
    while (response.write(part));
    response.once('drain', more);
  };
  more();
}

describe('a reply without an end', () => {
  const bomb = gzipSync(Buffer.alloc(70 * 2 ** 20, ' '));
  test.each<[string, number, Record<string, string>, Buffer | null]>([
    ['plain', 200, JSON_TYPE, null],
    ['streamed', 200, { 'content-type': 'text/event-stream' }, null],
    ['in an error', 400, JSON_TYPE, null],
    ['after decompression', 200, { ...JSON_TYPE, 'content-encoding': 'gzip' }, bomb],
  ])('%s is left, and is not asked for again', async (_, status, headers, body) => {
    const { reply, bodies } = await complete(() => ({ status, headers, body }));
    expect(reply).toBeInstanceOf(InfrastructureError);
    expect(reply).toMatchObject({
      who: 'endpoint',
      retryable: false,
      message: expect.stringMatching(/larger than 64 MB/),
    });
    expect(bodies).toHaveLength(1);
  });
});

test('a compressed reply is read', async () => {
  const headers = { ...JSON_TYPE, 'content-encoding': 'gzip' };
  const { reply } = await complete(() => ({ headers, body: gzipSync(JSON.stringify(REPLY)) }));
  expect(reply).toMatchObject({ content: 'yes' });
});

describe('an endpoint that only streams', () => {
  const events = `data: ${JSON.stringify({ model: 'm', choices: [{ delta: { content: 'yes' }, finish_reason: 'stop' }], usage: { prompt_tokens: 3, completion_tokens: 2 } })}\n\ndata: [DONE]\n\n`;
  const streamed = { headers: { 'content-type': 'text/event-stream' }, body: events };
  const refused = (message: string) => ({ status: 400, body: JSON.stringify({ error: { message } }) });

  test('is read though nobody asked', async () => {
    const { reply, bodies } = await complete(() => streamed);
    expect(reply).toMatchObject({ content: 'yes', finish: 'stop', usage: { inputTokens: 3, outputTokens: 2 } });
    expect(bodies).toHaveLength(1);
  });

  test.each([
    'this model only supports stream mode',
    'Stream must be set to true',
    "'stream' parameter is required to be true",
    'Non-streaming requests are not supported',
    'parameter.enable_thinking must be set to false for non-streaming calls',
    'Streaming is required for operations that may take longer than 10 minutes',
    'please set stream=true',
  ])('is asked for a stream where it says: %s', async (message) => {
    const { reply, bodies } = await complete(({ stream }) => (stream ? streamed : refused(message)));
    expect(reply).toMatchObject({ content: 'yes' });
    expect(bodies.map(({ stream, stream_options: asked }) => [stream, asked])).toEqual([
      [undefined, undefined],
      [true, { include_usage: true }],
    ]);
  });

  test('may not take the wish for usage', async () => {
    const { reply, bodies } = await complete(({ stream, stream_options: asked }) => {
      if (!stream) return refused('this model only supports stream mode');
      return asked ? refused('Unrecognized request argument supplied: stream_options') : streamed;
    });
    expect(reply).toMatchObject({ content: 'yes' });
    expect(bodies).toHaveLength(3);
  });

  test('and tells usage only when asked is asked for it from the second call on', async () => {
    const silent = events.replace(/,"usage":\{[^}]*\}/, '');
    const asked: unknown[] = [];
    const baseUrl = await serve((request, response) => {
      let text = '';
      request.on('data', (part) => {
        text += String(part);
      });
      request.on('end', () => {
        if (request.url?.endsWith('/models')) return send(response, { body: '{"data": []}' });
        const { stream_options: wish } = JSON.parse(text) as { stream_options?: object };
        asked.push(wish);
        send(response, { ...streamed, body: wish ? events : silent });
      });
    });
    const agent = await openaiAgent({ model: 'm', baseUrl, maxTokens: 50 });
    const model = agent.open({ task: shopTask('x'), tools: [], seed: 1 });
    const request = { messages: [{ role: 'user' as const, content: 'x' }], tools: [], seed: 1 };
    await model.complete(request);
    expect(await model.complete(request)).toMatchObject({ usage: { inputTokens: 3, outputTokens: 2 } });
    expect(asked).toEqual([undefined, { include_usage: true }]);
  });

  test('and leaves the connection open behind the last event', async () => {
    const url = await serve((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(events);
    });
    expect(await (await exchange(url)).json()).toMatchObject({ choices: [{ message: { content: 'yes' } }] });
  });
});

test('headers and body have one limit', async () => {
  const url = await serve((_, response) => {
    response.writeHead(200, JSON_TYPE);
    response.write('{');
  });
  const stopped = new AbortController();
  const reply = exchange(url, { signal: stopped.signal });
  setImmediate(() => stopped.abort());
  await expect(reply).rejects.toThrow(/abort/);
});

describe('a proxy', () => {
  const endpoint = new URL('https://models.example/v1');
  test.each<[string, string, Record<string, string>, string | null]>([
    ['of HTTPS_PROXY', endpoint.href, { HTTPS_PROXY: 'http://p.example:3128' }, 'p.example:3128'],
    ['in small letters, without a scheme', endpoint.href, { https_proxy: 'p.example:3128' }, 'p.example:3128'],
    ['of ALL_PROXY', endpoint.href, { ALL_PROXY: 'http://p.example' }, 'p.example'],
    ['not for http alone', endpoint.href, { HTTP_PROXY: 'http://p.example' }, null],
    ['not for this machine', 'http://127.0.0.1:80/v1', { HTTPS_PROXY: 'p.example', HTTP_PROXY: 'p.example' }, null],
    ['not by NO_PROXY', endpoint.href, { HTTPS_PROXY: 'p.example', NO_PROXY: 'a, .example' }, null],
    ['not by a name with a port', endpoint.href, { HTTPS_PROXY: 'p.example', no_proxy: 'models.example:443' }, null],
    ['not by a star', endpoint.href, { HTTPS_PROXY: 'p.example', NO_PROXY: '*' }, null],
    [
      'beside names of others',
      endpoint.href,
      { HTTPS_PROXY: 'p.example', NO_PROXY: 'ls.example,models.example:8443' },
      'p.example',
    ],
    ['unset by a blank', endpoint.href, { HTTPS_PROXY: ' ' }, null],
  ])('%s', (_, url, variables, host) => {
    expect(proxyFor(new URL(url), variables)?.host ?? null).toBe(host);
  });

  test('that is none for http is named, without its password', () => {
    const use = () => proxyFor(endpoint, { HTTPS_PROXY: 'socks5://me:hunter2@p.example' });
    expect(use).toThrow(UsageError);
    expect(use).toThrow(/HTTPS_PROXY.*got socks5:.*NO_PROXY/);
    expect(use).not.toThrow(/hunter2/);
  });

  test('is asked for a tunnel with its password, and is named when it refuses', async () => {
    const asked: string[] = [];
    const proxy = createTcp((socket: Socket) => {
      socket.once('data', (head) => {
        asked.push(String(head));
        socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
      });
    });
    await new Promise<void>((ready) => proxy.listen(0, '127.0.0.1', ready));
    const { port } = proxy.address() as AddressInfo;
    const before = process.env.HTTPS_PROXY;
    process.env.HTTPS_PROXY = `http://me:hunter2@127.0.0.1:${port}`;
    try {
      await expect(exchange(endpoint, { method: 'POST', body: 'prompt' })).rejects.toThrow(
        `the proxy 127.0.0.1:${port} (HTTPS_PROXY) refused a connection to models.example:443 (HTTP 407)`,
      );
    } finally {
      if (before === undefined) delete process.env.HTTPS_PROXY;
      else process.env.HTTPS_PROXY = before;
      proxy.close();
    }
    expect(asked[0]).toMatch(/^CONNECT models\.example:443 /);
    expect(asked[0]).toContain(`Basic ${Buffer.from('me:hunter2').toString('base64')}`);
    expect(asked[0]).not.toContain('prompt');
  });
});
