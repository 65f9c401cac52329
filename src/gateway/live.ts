/** One conversation behind the gateway: the machine, answered by upstream and by the client. */
import { isObject } from '../digest.ts';
import { toReply } from '../models/completion.ts';
import { FREE } from '../models/prices.ts';
import type { Answer, Ask, CallResult } from '../runtime/ask.ts';
import { compileHarness, type Surface } from '../runtime/compile.ts';
import { type OpenConversation, openConversation } from '../runtime/conversation.ts';
import { append } from '../runtime/protocol.ts';
import { hearPerson } from '../runtime/session.ts';
import type { Harness, JsonObject, Task } from '../types.ts';
import { type Begun, type Setting, spoken } from './begin.ts';
import type { ModelView } from './surfaces/view.ts';
import {
  messageOf,
  RefusedRequest,
  toTool,
  viewOf,
  type WireMessage,
  type WireReply,
  type WireRequest,
} from './surfaces/wire.ts';
import { sumOf } from './usage.ts';

/** One thing that the machine was told, what the client held when it asked, and after the reply. */
export type Told =
  | { readonly answer: Answer }
  | { readonly heard: string }
  | { readonly asked: string; readonly length: number }
  | { readonly view: string; readonly length: number };

export interface Live {
  readonly begun: Begun;
  readonly opened: OpenConversation;
  readonly setting: Setting;
  /** What the machine waits for. */
  ask: Ask;
  /** The ids that the calls of `ask` have at the client, in order. */
  ids: readonly string[];
  calls: number;
  /** What the client holds, and how many messages that are. */
  view: string;
  length: number;
  /** The client's last whole view, and the reply to it; null while there is none. */
  asked: string;
  reply: WireReply | null;
  /** Messages of the person beside results: heard before the model is asked. */
  readonly texts: string[];
  /** Ids of the model's calls and what they are called at the client. */
  readonly clientIds: Map<string, string>;
  /** Milliseconds since 1970 of its last request. */
  touched: number;
  /** Why no layer acts on it any more; null while they do. */
  bypassed: string | null;
  told(entry: Told): void;
}

/** Lists of tools that are known at once. */
const MOST_SURFACES = 200;
const surfaces = new WeakMap<Setting, Map<string, Surface>>();

/** One object for equal tools, so that a harness is compiled once for them. */
function surfaceOf(given: readonly JsonObject[], setting: Setting): Surface {
  const known = surfaces.get(setting) ?? new Map<string, Surface>();
  surfaces.set(setting, known);
  const key = JSON.stringify(given);
  const before = known.get(key);
  if (before !== undefined) return before;
  const tools = given.map((tool) => {
    const { name } = tool.function as JsonObject;
    return toTool(tool, setting.isReadOnly(String(name)));
  });
  const surface = { ...setting.surface, tools };
  if (known.size >= MOST_SURFACES) known.clear();
  known.set(key, surface);
  return surface;
}

/** Throws what a layer throws. */
export function openLive(begun: Begun, harness: Harness, setting: Setting, told: Live['told']): Live {
  const compiled = compileHarness(harness, surfaceOf(begun.tools, setting));
  const task: Task = { id: begun.id, split: 'train', tags: [], request: begun.request, target: null };
  const opened = openConversation(compiled, task, begun.opening);
  const live: Live = {
    begun,
    opened,
    setting,
    ask: { ask: 'user', text: '' },
    ids: [],
    calls: 0,
    view: '',
    length: 0,
    asked: '',
    reply: null,
    texts: [],
    clientIds: new Map(),
    touched: 0,
    bypassed: null,
    told,
  };
  take(live, opened.run.next());
  return live;
}

function take(live: Live, next: IteratorResult<Ask, unknown>): void {
  if (next.done) throw new Error('the conversation has ended');
  live.ask = next.value;
  if (next.value.ask !== 'tools') return;
  live.ids = next.value.calls.map(({ by }, i) => `${by === null ? 'ho' : 'hor'}_${live.begun.id}_${live.calls + i}`);
  for (const [i, { id }] of next.value.calls.entries()) live.clientIds.set(id, live.ids[i] as string);
  live.calls += next.value.calls.length;
}

/** Answers the machine, after it was written down. */
function tell(live: Live, answer: Answer): void {
  live.told({ answer });
  take(live, live.opened.run.next(answer));
}

/** Does again what was written down; nothing is written twice. */
export function retell(live: Live, entries: readonly Told[]): void {
  for (const entry of entries) {
    if ('answer' in entry) take(live, live.opened.run.next(entry.answer));
    else if ('heard' in entry) hear(live, entry.heard);
    else Object.assign(live, entry);
  }
}

function hear({ opened: { session, talk } }: Live, text: string): void {
  hearPerson(session, text);
  append(talk.messages, { role: 'user', content: text });
}

/** What a request means for a conversation whose client holds `messages`. */
export type ViewFit = 'next' | 'again' | 'other';

export function fitOf(live: Live, messages: readonly WireMessage[]): ViewFit {
  const said = spoken(messages);
  if (viewOf(said) === live.asked) return 'again';
  return said.length > live.length && viewOf(said.slice(0, live.length)) === live.view ? 'next' : 'other';
}

/**
 * Takes in what is new in a request. Throws RefusedRequest, before anything changes, where a call
 * has no result.
 */
export function takeIn(live: Live, messages: readonly WireMessage[]): void {
  const said = spoken(messages);
  const fresh = said.slice(live.length);
  const texts = fresh.filter(({ role }) => role === 'user');
  const { ask } = live;
  if (ask.ask === 'tools') {
    const results = new Map(fresh.map((one) => [one.callId, one]));
    const missing = live.ids.find((id) => !results.has(id));
    if (missing !== undefined)
      throw new RefusedRequest(`messages: expected a result (role tool) with tool_call_id ${missing}, found none`);
    note(live, said);
    live.texts.push(...texts.map(({ text }) => text));
    tell(
      live,
      live.ids.map((id) => resultOf(live, results.get(id) as WireMessage)),
    );
  } else if (ask.ask === 'user' && live.length > 0) {
    if (texts.length === 0) throw new RefusedRequest('messages: expected a new message of the user, found none');
    note(live, said);
    tell(live, texts.map(({ text }) => text).join('\n\n'));
  } else note(live, said);
}

function note(live: Live, said: readonly WireMessage[]): void {
  live.asked = viewOf(said);
  live.length = said.length;
  live.reply = null;
  live.told({ asked: live.asked, length: live.length });
}

function resultOf({ setting }: Live, { text }: WireMessage): CallResult {
  return { content: text, error: setting.isError(text) };
}

/** Asks upstream; its reply as a chat completion. */
export type Complete = (view: ModelView) => Promise<JsonObject>;

/**
 * Lets the machine go on until the client has to answer. `shown`: the text that the client has read
 * as it came. Throws what `complete` throws: the same request then goes on from there.
 */
export async function goOn(
  live: Live,
  request: WireRequest,
  complete: Complete,
  shown: () => string,
): Promise<WireReply> {
  const usages: JsonObject[] = [];
  let base: JsonObject = {};
  const before = live.opened.session.steps.findLast((step) => step.kind === 'model');
  let said: { text: string; kept: JsonObject; cut: boolean } = {
    text: live.ask.ask === 'tools' && before?.kind === 'model' ? before.content : '',
    kept: {},
    cut: false,
  };
  for (;;) {
    const { ask } = live;
    if (ask.ask !== 'model') {
      const calls =
        ask.ask === 'tools'
          ? ask.calls.map(({ call }, i) => ({
              id: live.ids[i] as string,
              name: call.name,
              arguments: JSON.stringify(call.arguments),
            }))
          : [];
      const text = withShown(ask.ask === 'tools' ? said.text : ask.text, shown());
      const ending = ask.ask === 'user' ? (ask.ending ?? null) : null;
      return { ...said, text, calls, base, usage: sumOf(usages), ending };
    }
    for (const text of live.texts.splice(0)) {
      live.told({ heard: text });
      hear(live, text);
    }
    const completion = await complete(viewIn(live, request));
    const reply = toReply(completion as never, { price: FREE, worstUsd: 0 });
    const { choices: _, usage, ...rest } = completion;
    base = rest;
    if (isObject(usage)) usages.push(usage as JsonObject);
    said = { text: reply.content, kept: reply.kept ?? {}, cut: reply.finish === 'length' };
    tell(live, reply);
  }
}

const withShown = (text: string, shown: string): string =>
  text.startsWith(shown) ? text : shown.endsWith(text) ? shown : `${shown}\n\n${text}`;

/** Written down after a reply: what the client holds from now on. */
export function settle(live: Live, messages: readonly WireMessage[], reply: WireReply): void {
  const held = [...spoken(messages), messageOf(reply)];
  live.reply = reply;
  live.view = viewOf(held);
  live.length = held.length;
  live.told({ view: live.view, length: live.length });
}

const viewIn = ({ opened: { session, talk }, begun, clientIds }: Live, request: WireRequest): ModelView => ({
  compiled: session.compiled,
  messages: talk.messages,
  tools: begun.tools,
  system: begun.opening.system,
  request,
  clientIds,
});
