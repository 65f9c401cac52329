/** A gateway in front of a scripted endpoint, and a plain client loop in the tiny shop. */
import { mkdtempSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type HarnessParts, harnessOf, shop } from '../runtime/shop.fixture.ts';
import type { Json, JsonObject } from '../types.ts';
import { type InForce, type Setting, settingOf } from './begin.ts';
import { openConversations } from './conversations.ts';
import { openJournal } from './journal.ts';

import { type Gateway, openGateway } from './server.ts';
import { type Overheard, openShadow } from './shadow.ts';
import { type Said, SPOKEN } from './surfaces/endpoint.fixture.ts';
import { openUpstream } from './upstream.ts';

export type { Said } from './surfaces/endpoint.fixture.ts';

export interface Opened {
  readonly url: string;
  /** Requests that reached the endpoint. */
  readonly asked: { readonly body: JsonObject; readonly headers: IncomingHttpHeaders }[];
  readonly root: string;
  readonly stage: { inForce: InForce; frozen: string | null };
  /** What shadow mode keeps. */
  talks(): readonly Overheard[];
  /** Answers that come next. */
  say(...answers: Said[]): void;
  post(body: object | string, headers?: Record<string, string>, path?: string): Promise<Response>;
  /** The same gateway in a new process, with or without its journal. */
  restart(journal: boolean): Promise<void>;
  close(): Promise<void>;
}

export const tools = shop.tools.map(({ name, description, parameters }) => ({
  type: 'function',
  function: { name, description, parameters },
}));

export async function openShop(
  parts: HarnessParts,
  options: { mode?: 'enforce' | 'shadow'; failClosed?: boolean; setting?: Partial<Setting>; most?: number } = {},
): Promise<Opened> {
  const script: Said[] = [];
  const asked: Opened['asked'] = [];
  const server: Server = createServer((request, response) => {
    let text = '';
    request.on('data', (part) => {
      text += String(part);
    });
    request.on('end', () => {
      const body = (text === '' ? {} : JSON.parse(text)) as JsonObject;
      asked.push({ body, headers: request.headers });
      const said = script.shift() ?? { status: 500, body: '{"error":{"message":"nothing to say"}}' };
      if ('status' in said && said.status === 0) {
        // Promises more than it sends, then hangs up.
        if (said.body === '') return void response.destroy();
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': '9999' });
        response.write(said.body);
        return void setImmediate(() => response.destroy());
      }
      if ('status' in said) {
        response.writeHead(said.status, { 'content-type': 'application/json' });
        return void response.end(said.body);
      }
      const spoken = SPOKEN[request.url ?? ''] ?? (SPOKEN['/v1/chat/completions'] as (typeof SPOKEN)[string]);
      const streams = body.stream === true;
      const reply = streams ? spoken.stream(said, asked.length) : JSON.stringify(spoken.whole(said, asked.length));
      const zips = /gzip/.test(request.headers['accept-encoding'] ?? '');
      response.writeHead(200, {
        'content-type': streams ? 'text/event-stream' : 'application/json',
        ...(zips ? { 'content-encoding': 'gzip' } : {}),
      });
      response.end(zips ? gzipSync(reply) : reply);
    });
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const upstream = openUpstream(`http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`);
  const setting = { ...settingOf(shop), ...options.setting };
  const harness = harnessOf(parts);
  const stage = { inForce: { label: 'v1', harness }, frozen: null as string | null };
  let root = mkdtempSync(join(tmpdir(), 'gateway-'));
  const shadow = options.mode === 'shadow' ? openShadow(upstream, 100, () => {}) : null;
  const begin = async (): Promise<Gateway> =>
    openGateway({
      setting,
      upstream,
      versions: {
        current: () => stage.inForce,
        of: () => harness,
        frozen: () => stage.frozen,
        refresh: async () => {},
      },
      conversations: openConversations({
        setting,
        journal: openJournal(root, 'shop', String),
        most: options.most ?? 100,
        harnessOf: () => harness,
        onDrop: () => {},
      }),
      shadow,
      failClosed: options.failClosed ?? false,
      host: '127.0.0.1',
      port: 0,
      names: [],
      outcome: () => true,
      warn: () => {},
    });
  let gateway = await begin();
  const opened: Opened = {
    get url() {
      return gateway.url;
    },
    get root() {
      return root;
    },
    asked,
    stage,
    talks: () => [...(shadow?.talks.values() ?? [])],
    say: (...answers) => void script.push(...answers),
    post: (body, headers = {}, path = '/chat/completions') =>
      fetch(`${gateway.url}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: 'Bearer sk-canary-gateway', ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
    async restart(journal) {
      await gateway.close();
      if (!journal) root = mkdtempSync(join(tmpdir(), 'gateway-'));
      gateway = await begin();
    },
    async close() {
      await gateway.close();
      server.closeAllConnections();
      server.close();
    },
  };
  return opened;
}

export interface WireCall {
  readonly id: string;
  readonly function: { readonly name: string; readonly arguments: string };
}
export interface Message {
  readonly content: string | null;
  readonly tool_calls?: readonly WireCall[];
}

/** A loop as anybody writes it: calls the tools until there is a text; keeps the whole history. */
export async function loop(
  opened: Opened,
  messages: Json[],
  { most = 20, headers = {}, extra = {} }: { most?: number; headers?: Record<string, string>; extra?: object } = {},
): Promise<{ calls: string[]; ids: string[]; text: string | null; replies: Response[]; state: readonly string[] }> {
  const state = shop.reset({ id: 't', split: 'train', tags: [], request: '', target: null });
  const calls: string[] = [];
  const ids: string[] = [];
  const replies: Response[] = [];
  for (let turn = 0; turn < most; turn++) {
    const response = await opened.post({ model: 'm-1', messages, tools, ...extra }, headers);
    replies.push(response);
    const { choices, error } = (await response.json()) as {
      choices?: { message: Message }[];
      error?: { message: string };
    };
    const message = choices?.[0]?.message;
    if (message === undefined) throw new Error(error?.message ?? 'no reply');
    messages.push(message as never);
    if (message.tool_calls === undefined)
      return { calls, ids, text: message.content, replies, state: shop.changes(state) };
    for (const { id, function: made } of message.tool_calls) {
      calls.push(`${made.name} ${made.arguments}`);
      ids.push(id);
      const { content } = shop.execute(state, { name: made.name, arguments: JSON.parse(made.arguments) as JsonObject });
      messages.push({ role: 'tool', tool_call_id: id, content });
    }
  }
  return { calls, ids, text: null, replies, state: shop.changes(state) };
}
