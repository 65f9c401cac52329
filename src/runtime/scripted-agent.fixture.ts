/** An agent that plays written turns, for tests of what the runtime sends. */
import { canonicalJson, sha256 } from '../digest.ts';
import type { Agent, ChatReply, ChatRequest, Episode, Json, JsonObject } from '../types.ts';

export interface ScriptedCall {
  readonly name: string;
  /** Text is sent unchanged, even if it is broken JSON. */
  readonly arguments: JsonObject | string;
}

/** Text, one native call, or a reply with both. */
export type ScriptedTurn =
  | string
  | ScriptedCall
  | { readonly content?: string; readonly toolCalls: readonly ScriptedCall[] };

export interface ScriptedAgent extends Agent {
  /** Every request, in order, over all episodes. */
  readonly requests: ChatRequest[];
  readonly episodes: Episode[];
}

const USAGE = { calls: 1, inputTokens: 10, outputTokens: 5, cachedTokens: 0, costUsd: 0 };

function replyOf(turn: ScriptedTurn, index: number): ChatReply {
  const { content = '', toolCalls } =
    typeof turn === 'string'
      ? { content: turn, toolCalls: [] }
      : 'toolCalls' in turn
        ? turn
        : { content: '', toolCalls: [turn] };
  return {
    content,
    toolCalls: toolCalls.map((call, i) => ({
      id: `scripted-${index}-${i}`,
      name: call.name,
      arguments: typeof call.arguments === 'string' ? call.arguments : JSON.stringify(call.arguments),
    })),
    usage: USAGE,
    model: 'scripted',
    finish: toolCalls.length > 0 ? 'tool_calls' : 'stop',
  };
}

/**
 * Plays a list of turns, then `done`, or a function of the request and the turn's index; a turn
 * that is an Error is thrown. Every episode starts at the first turn.
 */
export function scriptedAgent(
  script: readonly (ScriptedTurn | Error)[] | ((request: ChatRequest, index: number) => ScriptedTurn | Error),
  options: { readonly simulated?: boolean } = {},
): ScriptedAgent {
  const requests: ChatRequest[] = [];
  const episodes: Episode[] = [];
  const turnAt = (request: ChatRequest, index: number): ScriptedTurn | Error =>
    typeof script === 'function'
      ? script(request, index)
      : (script[index] ?? { name: 'done', arguments: { summary: 'The script is over.' } });
  const key: Json =
    typeof script === 'function' ? script.toString() : script.map((turn) => String(JSON.stringify(turn)));
  return {
    id: 'scripted',
    simulated: options.simulated ?? false,
    digest: sha256(canonicalJson(key)),
    requests,
    episodes,
    open(episode) {
      episodes.push(episode);
      let index = 0;
      return {
        async complete(request) {
          requests.push(request);
          const turn = turnAt(request, index);
          if (turn instanceof Error) throw turn;
          return replyOf(turn, index++);
        },
      };
    },
  };
}
