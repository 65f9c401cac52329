/**
 * What the gateway costs, beside a pass-through proxy in the same run: processor time and latency
 * with 50 conversations at once, the first byte of a stream, memory over 10,000 conversations.
 * `npx jiti bench/gateway-cost.ts [--requests 1000] [--conversations 10000]`
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { printTable } from './rows.ts';
import { flag, projectRoot, temporaryRepository } from './temporary.ts';

const UPSTREAM = `
import { createServer } from 'node:http';
const call = { id: 'v0', type: 'function', function: { name: 'get_order_details', arguments: '{"order_id":"#W1234567"}' } };
const pad = 'x'.repeat(18000);
createServer((request, response) => {
  let text = '';
  request.on('data', (part) => (text += part));
  request.on('end', () => {
    const { stream, messages, wait = 200 } = text === '' ? {} : JSON.parse(text);
    setTimeout(() => {
      if (stream) {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        const at = performance.timeOrigin + performance.now();
        response.write('data: ' + JSON.stringify({ id: 'a', choices: [{ index: 0, delta: { role: 'assistant', content: String(at) } }] }) + '\\n\\n');
        setTimeout(() => response.end('data: ' + JSON.stringify({ id: 'a', choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }) + '\\n\\ndata: [DONE]\\n\\n'), 20);
        return;
      }
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ id: 'a', object: 'chat.completion', created: 1, model: 'm', pad, choices: [{ index: 0, finish_reason: 'tool_calls', message: { role: 'assistant', content: null, tool_calls: [call] } }], usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 } }));
    }, wait);
  });
}).listen(0, '127.0.0.1', function () { console.log(this.address().port); });
`;
const PROXY = `
import { createServer, request as send, Agent } from 'node:http';
const agent = new Agent({ keepAlive: true });
createServer((request, response) => {
  const upstream = send({ host: '127.0.0.1', port: process.argv[2], path: request.url, method: request.method, headers: request.headers, agent }, (reply) => {
    response.writeHead(reply.statusCode, reply.headers);
    reply.pipe(response);
  });
  request.pipe(upstream);
}).listen(0, '127.0.0.1', function () { console.log(this.address().port); });
`;

const repository = temporaryRepository();
const children: ChildProcess[] = [];
/** The first line that a program prints. */
async function start(args: readonly string[], cwd = repository.root): Promise<{ line: string; pid: number }> {
  const child = spawn(process.execPath, [...args], { cwd, stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  let text = '';
  for await (const part of child.stdout as AsyncIterable<Buffer>) {
    text += String(part);
    if (text.includes('\n')) break;
  }
  child.stdout?.resume();
  return { line: text.split('\n')[0] as string, pid: child.pid as number };
}
const script = (name: string, text: string): string => {
  const path = join(repository.root, name);
  writeFileSync(path, text);
  return path;
};
const ticks = (pid: number): number => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10;
};
const megabytes = (pid: number): number =>
  Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024);
const quantile = (values: readonly number[], share: number): number =>
  [...values].sort((a, b) => a - b)[Math.floor(share * (values.length - 1))] ?? Number.NaN;

const { line: upstreamPort } = await start([script('upstream.mjs', UPSTREAM)]);
const proxy = await start([script('proxy.mjs', PROXY), upstreamPort]);
const gateway = await start([
  join(projectRoot, 'dist/cli.js'),
  ...['serve', '--env', 'retail', '--upstream', `http://127.0.0.1:${upstreamPort}/v1`, '--port', '0', '--json'],
]);
const urls = {
  'pass-through': { url: `http://127.0.0.1:${proxy.line}/v1`, pid: proxy.pid },
  gateway: { url: (JSON.parse(gateway.line) as { url: string }).url, pid: gateway.pid },
};
const tools = [
  {
    type: 'function',
    function: {
      name: 'get_order_details',
      description: 'Show.',
      parameters: { type: 'object', properties: { order_id: { type: 'string' } } },
    },
  },
];
const system = 'Serve. '.repeat(2800);

async function ask(url: string, extra: object = {}): Promise<number> {
  const from = performance.now();
  const response = await fetch(`${url}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      model: 'm',
      messages: [
        { role: 'system', content: system },
        { role: 'user', content: 'Where is #W1234567?' },
      ],
      tools,
      ...extra,
    }),
  });
  await response.text();
  if (response.status !== 200) throw new Error(`HTTP ${response.status}`);
  return performance.now() - from;
}
async function many(url: string, count: number, extra: object = {}): Promise<number[]> {
  const times: number[] = [];
  let left = count;
  await Promise.all(
    Array.from({ length: 50 }, async () => {
      while (left-- > 0) times.push(await ask(url, extra));
    }),
  );
  return times;
}

const requests = flag('requests', 1000);
const rows: (string | number)[][] = [];
for (const { url } of Object.values(urls)) await many(url, 100, { wait: 0 });
const shown = (value: number) => value.toFixed(2);
for (let round = 1; round <= 3; round++)
  for (const [name, { url, pid }] of Object.entries(urls)) {
    const before = ticks(pid);
    const times = await many(url, requests);
    rows.push([
      `${name}, round ${round}`,
      shown(quantile(times, 0.5)),
      shown(quantile(times, 0.95)),
      shown((ticks(pid) - before) / requests),
    ]);
  }
printTable(
  ['50 conversations at once, upstream 200 ms, bodies of 20 kB', 'p50 ms', 'p95 ms', 'CPU ms per request'],
  rows,
);

/** Milliseconds from the first event of upstream to its arrival at the client. */
async function firstByte(url: string): Promise<number> {
  const response = await fetch(`${url}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'Hello' }], stream: true, wait: 5 }),
  });
  for await (const part of response.body as unknown as AsyncIterable<Uint8Array>) {
    const at = /"content":"([\d.]+)"/.exec(Buffer.from(part).toString())?.[1];
    if (at !== undefined) return performance.timeOrigin + performance.now() - Number(at);
  }
  return Number.NaN;
}
const first: (string | number)[][] = [];
for (const [name, { url }] of Object.entries(urls)) {
  const times: number[] = [];
  for (let i = 0; i < 100; i++) times.push(await firstByte(url));
  first.push([name, ...[0, 0.5, 1].map((share) => shown(quantile(times, share)))]);
}
printTable(['first byte after upstream, ms', 'min', 'median', 'max'], first);

const conversations = flag('conversations', 10_000);
const memory: (string | number)[][] = [];
for (let at = 0; at < conversations; at += conversations / 5) {
  await many(urls.gateway.url, conversations / 5, { wait: 0 });
  memory.push([at + conversations / 5, megabytes(gateway.pid)]);
}
printTable(['conversations so far', 'memory of the gateway, MB'], memory);
for (const child of children) child.kill('SIGTERM');
await Promise.all(children.map((child) => new Promise((ended) => child.once('exit', ended))));
repository.remove();
