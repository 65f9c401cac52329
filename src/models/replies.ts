/** Stores model calls: resuming pays nothing twice, and a night replays without a model. */
import { appendFileSync, mkdirSync, statSync, truncateSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { canonicalJson, jsonOf, STORED_DEPTH, sha256 } from '../digest.ts';
import { InfrastructureError } from '../errors.ts';
import { linesOf } from '../files.ts';
import { type Redact, redacted } from '../secrets.ts';
import type { Agent, ChatMessage, ChatReply, ChatRequest } from '../types.ts';

/** Name of the file in the folder of a run. */
export const REPLIES = 'replies.jsonl';

export interface RecordedCall {
  readonly request: ChatRequest;
  readonly reply: ChatReply;
}

type Refusal = Pick<InfrastructureError, 'message' | 'about'>;

export interface ReplyStore {
  get(key: string): ChatReply | undefined;
  put(key: string, call: RecordedCall): void;
  /** Why a request was refused, for a replay; undefined when it was not. */
  refusal(key: string): Refusal | undefined;
  refuse(key: string, refusal: Refusal): void;
  /** All calls, in order. */
  calls(): IterableIterator<RecordedCall & { readonly key: string }>;
  readonly size: number;
}

/**
 * sha256 (hex) of agent and request. The request holds the trial's seed: trials of a task stay
 * independent, and two harnesses with equal requests in one trial share a reply, paid once.
 */
export const replyKey = (agent: string, request: ChatRequest): string =>
  sha256(canonicalJson({ agent, request: { ...request, messages: request.messages.map(withOwnIds) } }));

/** Ids of an endpoint are random, so they are sent and not hashed. */
function withOwnIds(message: ChatMessage): ChatMessage {
  if (message.role !== 'assistant' || message.toolCalls === undefined) return message;
  const toolCalls = message.toolCalls.map(({ given: { id: _, ...given } = {}, ...call }) =>
    Object.keys(given).length === 0 ? call : { ...call, given },
  );
  return { ...message, toolCalls };
}

/** Number of stores that this process has opened. */
let opened = 0;

/**
 * A file with one line per call: its key, and base64 of the deflated call or the permanent refusal.
 * The writer's previous call is the dictionary, because requests share most text. An incomplete
 * last line is dropped; with `readOnly` the file stays unchanged.
 */
export function fileReplies(path: string, options: { readonly readOnly?: boolean } = {}): ReplyStore {
  const writer = `${process.pid}.${++opened}`;
  if (!options.readOnly) mkdirSync(dirname(path), { recursive: true });
  const replies = new Map<string, ChatReply>();
  const refusals = new Map<string, Refusal>();
  let last = '';
  let size = 0;
  let whole = 0;
  for (const { key, text, refused, about, end } of inflated(path)) {
    whole = end + 1;
    if (text === undefined) {
      refusals.set(key, { message: refused, about });
      continue;
    }
    const { reply } = jsonOf(text, STORED_DEPTH) as object as RecordedCall;
    replies.set(key, reply);
    size += 1;
  }
  if (!options.readOnly && whole < (statSync(path, { throwIfNoEntry: false })?.size ?? 0)) truncateSync(path, whole);
  const append = (line: object) => {
    try {
      appendFileSync(path, `${JSON.stringify(line)}\n`);
    } catch (error) {
      throw Object.assign(error as Error, { path });
    }
  };
  return {
    get: (key) => replies.get(key),
    refusal: (key) => refusals.get(key),
    refuse(key, { message, about }) {
      append({ key, refused: message, about });
      refusals.set(key, { message, about });
    },
    put(key, call) {
      if (replies.has(key)) return;
      const text = JSON.stringify(call);
      const z = deflateRawSync(text, { dictionary: dictionaryOf(last), level: 9 }).toString('base64');
      append({ key, w: writer, d: shortDigest(text), z });
      replies.set(key, call.reply);
      last = text;
      size += 1;
    },
    *calls() {
      for (const { key, text } of inflated(path))
        if (text !== undefined) yield { key, ...(jsonOf(text, STORED_DEPTH) as object as RecordedCall) };
    },
    get size() {
      return size;
    },
  };
}

/** Deflate uses at most the last 32 KiB. */
const dictionaryOf = (text: string): Buffer => Buffer.from(text === '' ? ' ' : text, 'utf8').subarray(-32_768);

/** First 8 hex digits of the text's SHA-256. */
const shortDigest = (text: string): string => sha256(text).slice(0, 8);

interface Line {
  readonly key: string;
  /** The writer: each writer's lines form a separate chain. */
  readonly w?: string;
  readonly d?: string;
  readonly z?: string;
  readonly refused?: string;
  readonly about?: Refusal['about'];
}

interface Inflated {
  readonly key: string;
  readonly text?: string;
  readonly refused: string;
  readonly about: Refusal['about'];
  /** Offset of the line's end in bytes. */
  readonly end: number;
}

/** Throws InfrastructureError with the line number when a line was changed. */
function* inflated(path: string): Generator<Inflated> {
  const last = new Map<string, string>();
  let number = 0;
  for (const { text: line, end } of linesOf(path)) {
    number += 1;
    try {
      const { key, w = '', d, z, refused = '', about } = jsonOf(line, STORED_DEPTH) as object as Line;
      if (z === undefined) {
        yield { key, refused, about, end };
        continue;
      }
      const dictionary = dictionaryOf(last.get(w) ?? '');
      const text = inflateRawSync(Buffer.from(z, 'base64'), { dictionary, maxOutputLength: LONGEST_CALL }).toString();
      if (d !== undefined && d !== shortDigest(text)) throw new TypeError('another text');
      last.set(w, text);
      yield { key, text, refused, about, end };
    } catch (cause) {
      throw new InfrastructureError(
        `${basename(path)}, line ${number}: expected a recorded call; the file was changed; restore it`,
        { cause },
      );
    }
  }
}

const sentWithout = (request: ChatRequest, redact: Redact | undefined): ChatRequest =>
  redact === undefined ? request : redacted(request, redact);

/** Bytes of a call; a line of a file that somebody made could inflate to any size. */
const LONGEST_CALL = 2 ** 28;

const refusalOf = ({ message, about }: Refusal) =>
  new InfrastructureError(message, { who: 'vendor', about, final: true });

/**
 * The same agent: answers known requests from `store`, and keeps new replies there. A refusal holds
 * for this process alone: before the next one, a person may have repaired what was refused.
 */
export function recordedAgent(agent: Agent, store: ReplyStore, redact?: Redact): Agent {
  const refusals = new Map<string, Refusal>();
  return {
    ...agent,
    open(episode) {
      const model = agent.open(episode);
      return {
        async complete(asked, signal) {
          const request = sentWithout(asked, redact);
          const key = replyKey(agent.digest, request);
          const known = store.get(key);
          if (known !== undefined) return known;
          const refused = refusals.get(key);
          if (refused !== undefined) throw refusalOf(refused);
          try {
            const reply = await model.complete(request, signal);
            store.put(key, { request, reply });
            return reply;
          } catch (error) {
            if (error instanceof InfrastructureError && error.final) {
              refusals.set(key, error);
              store.refuse(key, error);
            }
            throw error;
          }
        },
      };
    },
  };
}

/** Answers from `store` alone; an unknown request is an InfrastructureError, so a void rollout. */
export function replayAgent(
  agent: Omit<Agent, 'simulated' | 'open' | 'program'>,
  store: ReplyStore,
  redact?: Redact,
): Agent {
  return {
    ...agent,
    simulated: false,
    open: () => ({
      async complete(asked) {
        const key = replyKey(agent.digest, sentWithout(asked, redact));
        const known = store.get(key);
        if (known !== undefined) return known;
        throw refusalOf(store.refusal(key) ?? { message: 'no reply was recorded for a request', about: undefined });
      },
    }),
  };
}
