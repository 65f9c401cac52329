/**
 * Every model call of a run by content: an interrupted run pays no call twice, and a night plays
 * again with no model.
 */
import { appendFileSync, existsSync, mkdirSync, readFileSync, truncateSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { canonicalJson, sha256 } from '../digest.ts';
import { InfrastructureError } from '../errors.ts';
import type { Agent, ChatReply, ChatRequest } from '../types.ts';

/** Name of the file in the folder of a run. */
export const REPLIES = 'replies.jsonl';

export interface RecordedCall {
  readonly request: ChatRequest;
  readonly reply: ChatReply;
}

export interface ReplyStore {
  get(key: string): ChatReply | undefined;
  put(key: string, call: RecordedCall): void;
  /** Why a request was refused for good; undefined when it was not. */
  refusal(key: string): string | undefined;
  refuse(key: string, message: string): void;
  /** All calls, in the order made. */
  calls(): IterableIterator<RecordedCall & { readonly key: string }>;
  readonly size: number;
}

/**
 * sha256 (hex) of agent and request. The request holds the seed of its trial: trials of one task
 * stay independent, while two harnesses that ask the same in the same trial get the same reply,
 * paid once.
 */
export const replyKey = (agent: string, request: ChatRequest): string => sha256(canonicalJson({ agent, request }));

/** Stores that this process has opened. */
let opened = 0;

/**
 * A store in a file of one line a call: its key, and base64 of the deflated call, or why it was
 * refused for good. Each call is deflated with the writer's one before it as the dictionary, since
 * requests of a run share most of their text. A last line that was cut off is dropped; with
 * `readOnly` the file stays as it is.
 */
export function fileReplies(path: string, options: { readonly readOnly?: boolean } = {}): ReplyStore {
  const writer = `${process.pid}.${++opened}`;
  if (!options.readOnly) mkdirSync(dirname(path), { recursive: true });
  const replies = new Map<string, ChatReply>();
  const refusals = new Map<string, string>();
  let last = '';
  let size = 0;
  if (existsSync(path)) {
    const { lines, whole } = wholeLines(path);
    for (const { key, text, refused } of inflated(lines, path)) {
      if (text === undefined) {
        refusals.set(key, refused);
        continue;
      }
      const { reply } = JSON.parse(text) as RecordedCall;
      replies.set(key, reply);
      size += 1;
    }
    if (!whole && !options.readOnly)
      truncateSync(
        path,
        lines.reduce((bytes, line) => bytes + line.length + 1, 0),
      );
  }
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
    refuse(key, message) {
      append({ key, refused: message });
      refusals.set(key, message);
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
      for (const { key, text } of inflated(existsSync(path) ? wholeLines(path).lines : [], path))
        if (text !== undefined) yield { key, ...(JSON.parse(text) as RecordedCall) };
    },
    get size() {
      return size;
    },
  };
}

/** Deflate looks back 32 KiB at most. */
const dictionaryOf = (text: string): Buffer => Buffer.from(text === '' ? ' ' : text, 'utf8').subarray(-32_768);

/** ASCII lines that are complete, and whether the file holds nothing else. */
function wholeLines(path: string): { lines: string[]; whole: boolean } {
  const text = readFileSync(path, 'latin1');
  const lines = text.split('\n');
  const whole = lines.pop() === '';
  return { lines, whole };
}

/** First 8 hex digits of the text's SHA-256. */
const shortDigest = (text: string): string => sha256(text).slice(0, 8);

interface Line {
  readonly key: string;
  /** Who wrote it: each writer's lines are a chain of their own. */
  readonly w?: string;
  readonly d?: string;
  readonly z?: string;
  readonly refused?: string;
}

/** Throws InfrastructureError, naming the line, when one of them was changed. */
function* inflated(lines: readonly string[], path: string): Generator<{ key: string; text?: string; refused: string }> {
  const last = new Map<string, string>();
  for (const [index, line] of lines.entries()) {
    try {
      const { key, w = '', d, z, refused = '' } = JSON.parse(line) as Line;
      if (z === undefined) {
        yield { key, refused };
        continue;
      }
      const dictionary = dictionaryOf(last.get(w) ?? '');
      const text = inflateRawSync(Buffer.from(z, 'base64'), { dictionary }).toString('utf8');
      if (d !== undefined && d !== shortDigest(text)) throw new TypeError('another text');
      last.set(w, text);
      yield { key, text, refused };
    } catch (cause) {
      throw new InfrastructureError(
        `${basename(path)}, line ${index + 1}: expected a recorded call; the file was changed`,
        {
          cause,
        },
      );
    }
  }
}

const refusalOf = (message: string) => new InfrastructureError(message, { final: true });

/**
 * The same agent; what it was asked before is answered from `store`, all else is asked and kept
 * there.
 */
export function recordedAgent(agent: Agent, store: ReplyStore): Agent {
  return {
    ...agent,
    open(episode) {
      const model = agent.open(episode);
      return {
        async complete(request, signal) {
          const key = replyKey(agent.digest, request);
          const known = store.get(key);
          if (known !== undefined) return known;
          const refused = store.refusal(key);
          if (refused !== undefined) throw refusalOf(refused);
          try {
            const reply = await model.complete(request, signal);
            store.put(key, { request, reply });
            return reply;
          } catch (error) {
            if (error instanceof InfrastructureError && error.final) store.refuse(key, error.message);
            throw error;
          }
        },
      };
    },
  };
}

/**
 * Answers from `store` alone; what was never asked is a fault of the record, and so a void rollout
 * as in the night itself.
 */
export function replayAgent(
  agent: Pick<Agent, 'id' | 'digest' | 'unpriced' | 'contextTokens' | 'protocol'>,
  store: ReplyStore,
): Agent {
  return {
    id: agent.id,
    simulated: false,
    digest: agent.digest,
    unpriced: agent.unpriced,
    contextTokens: agent.contextTokens,
    protocol: agent.protocol,
    open: () => ({
      async complete(request) {
        const key = replyKey(agent.digest, request);
        const known = store.get(key);
        if (known !== undefined) return known;
        throw refusalOf(store.refusal(key) ?? 'no reply was recorded for a request');
      },
    }),
  };
}
