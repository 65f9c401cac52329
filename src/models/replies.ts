/** Every model call of a run by content: an interrupted run pays no call twice, and a night plays again with no model. */
import { appendFileSync, existsSync, mkdirSync, readFileSync, truncateSync } from 'node:fs';
import { dirname } from 'node:path';
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
  /** All calls, in the order made. */
  calls(): IterableIterator<RecordedCall & { readonly key: string }>;
  readonly size: number;
  /** US dollars paid for all calls. */
  readonly paidUsd: number;
}

/**
 * sha256 (hex) of agent and request. The request holds the seed of its trial: trials of one task stay independent, while two
 * harnesses that ask the same in the same trial get the same reply, paid once.
 */
export const replyKey = (agent: string, request: ChatRequest): string => sha256(canonicalJson({ agent, request }));

/**
 * A store in a file of one line a call: its key, and base64 of the deflated call. Each call is deflated with the one before it as the
 * dictionary, since requests of a run share most of their text. A last line that was cut off is dropped; with `readOnly` the file
 * stays as it is.
 */
export function fileReplies(path: string, options: { readonly readOnly?: boolean } = {}): ReplyStore {
  if (!options.readOnly) mkdirSync(dirname(path), { recursive: true });
  const replies = new Map<string, ChatReply>();
  let last = '';
  let size = 0;
  let paidUsd = 0;
  if (existsSync(path)) {
    const { lines, whole } = wholeLines(path);
    for (const { key, text } of inflated(lines)) {
      const { reply } = JSON.parse(text) as RecordedCall;
      replies.set(key, reply);
      last = text;
      size += 1;
      paidUsd += reply.usage.costUsd;
    }
    if (!whole && !options.readOnly)
      truncateSync(
        path,
        lines.reduce((bytes, line) => bytes + line.length + 1, 0),
      );
  }
  return {
    get: (key) => replies.get(key),
    put(key, call) {
      if (replies.has(key)) return;
      const text = JSON.stringify(call);
      const z = deflateRawSync(text, { dictionary: dictionaryOf(last), level: 9 }).toString('base64');
      try {
        appendFileSync(path, `${JSON.stringify({ key, z })}\n`);
      } catch (error) {
        throw Object.assign(error as Error, { path });
      }
      replies.set(key, call.reply);
      last = text;
      size += 1;
      paidUsd += call.reply.usage.costUsd;
    },
    *calls() {
      for (const { key, text } of inflated(existsSync(path) ? wholeLines(path).lines : []))
        yield { key, ...(JSON.parse(text) as RecordedCall) };
    },
    get size() {
      return size;
    },
    get paidUsd() {
      return paidUsd;
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

/** Throws InfrastructureError, naming the line, when one of them was changed. */
function* inflated(lines: readonly string[]): Generator<{ key: string; text: string }> {
  let last = '';
  for (const [index, line] of lines.entries()) {
    try {
      const { key, z } = JSON.parse(line) as { key: string; z: string };
      last = inflateRawSync(Buffer.from(z, 'base64'), { dictionary: dictionaryOf(last) }).toString('utf8');
      yield { key, text: last };
    } catch (cause) {
      throw new InfrastructureError(`${REPLIES}, line ${index + 1}: expected a recorded call; the file was changed`, {
        cause,
      });
    }
  }
}

/** The same agent; what it was asked before is answered from `store`, all else is asked and kept there. */
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
          const reply = await model.complete(request, signal);
          store.put(key, { request, reply });
          return reply;
        },
      };
    },
  };
}

/** Answers from `store` alone; what was never asked is a fault of the record, and so a void rollout as in the night itself. */
export function replayAgent(
  agent: Pick<Agent, 'id' | 'digest' | 'unpriced' | 'contextTokens'>,
  store: ReplyStore,
): Agent {
  return {
    id: agent.id,
    simulated: false,
    digest: agent.digest,
    unpriced: agent.unpriced,
    contextTokens: agent.contextTokens,
    open: () => ({
      async complete(request) {
        const known = store.get(replyKey(agent.digest, request));
        if (known === undefined)
          throw new InfrastructureError('no reply was recorded for a request', { retryable: false });
        return known;
      },
    }),
  };
}
