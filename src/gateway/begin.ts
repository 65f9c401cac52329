/** How a conversation begins: what came before in it is taken over as facts. */
import { randomBytes } from 'node:crypto';
import type { Surface } from '../runtime/compile.ts';
import type { ConversationStart } from '../runtime/conversation.ts';
import type { Environment, Harness, JsonObject } from '../types.ts';
import { objectIn, RefusedRequest, toChatMessage, type WireMessage, type WireRequest } from './surfaces/wire.ts';

/** What the gateway knows of the environment; the tools are those of the client's request. */
export interface Setting {
  readonly env: string;
  readonly surface: Pick<Surface, 'maxTurns' | 'vocabulary' | 'answer' | 'user'>;
  isReadOnly(tool: string): boolean;
  /** True for a tool that the harness is about. */
  isManaged(tool: string): boolean;
  isError(content: string): boolean;
}

/** The harness that a conversation keeps. */
export interface InForce {
  /** `v3`, or the start of the harness's id. */
  readonly label: string;
  readonly harness: Harness;
}

export interface Versions {
  /** For conversations that begin now. */
  current(): InForce;
  /** A version that a conversation began with; null when it cannot be read any more. */
  of(id: string): Harness | null;
  /** Why no layer may act now; null while they may. */
  frozen(): string | null;
  /** Looks whether something changed. Keeps what was in force when the new one is unsound. */
  refresh(): Promise<void>;
}

/** All that decides how a conversation begins: with it and its answers the machine is rebuilt. */
export interface Begun {
  readonly id: string;
  readonly label: string;
  readonly harness: string;
  readonly time: string;
  readonly request: string;
  readonly opening: ConversationStart;
  readonly tools: readonly JsonObject[];
  /** Calls of the history that were taken over. */
  readonly adopted: number | null;
}

/** Without system texts, which a client may change as it goes. */
export const spoken = (messages: readonly WireMessage[]): WireMessage[] =>
  messages.filter(({ role }) => role !== 'system');
const isOwnRead = (id: string): boolean => id.startsWith('hor_');

/** A conversation from its first request; what came before in it is taken over as facts. */
export function beginning({ messages, tools }: WireRequest, { label, harness }: InForce, { isError }: Setting): Begun {
  const system = messages.flatMap(({ role, text }) => (role === 'system' ? [text] : [])).join('\n\n');
  const said = spoken(messages);
  const first = said.findIndex(({ role }) => role === 'user');
  if (first < 0) throw new RefusedRequest('messages: expected a message of the user, found none');
  const history = said.filter((_, at) => at !== first).flatMap(withoutOwnReads);
  const results = new Map(
    history.flatMap(({ role, callId, text }) => (role === 'tool' ? [[callId, text] as const] : [])),
  );
  const facts = history.flatMap(({ calls }) =>
    calls.flatMap(({ id, name, arguments: text }) => {
      const content = results.get(id);
      if (content === undefined) return [];
      return [
        { made: { id, call: { name, arguments: objectIn(text) } }, result: { content, error: isError(content) } },
      ];
    }),
  );
  return {
    id: randomBytes(6).toString('hex'),
    label,
    harness: harness.id,
    time: new Date().toISOString(),
    request: (said[first] as WireMessage).text,
    opening: { system, history: history.map(toChatMessage), facts },
    tools,
    adopted: history.some(({ role }) => role === 'assistant') ? facts.length : null,
  };
}

/** Reads of the runtime are the model's neither before nor after a restart. */
function withoutOwnReads(message: WireMessage): WireMessage[] {
  if (message.role === 'tool') return isOwnRead(message.callId) ? [] : [message];
  const calls = message.calls.filter(({ id }) => !isOwnRead(id));
  return calls.length === message.calls.length
    ? [message]
    : calls.length > 0 || message.text !== ''
      ? [{ ...message, calls }]
      : [];
}

/** How results of defined tools begin that report an error. */
const TOOL_ERROR = 'Error: ';

/** What the gateway needs of an environment; of unknown tools it assumes that they write. */
export function settingOf(environment: Environment): Setting {
  const readOnly = new Set(environment.tools.flatMap((tool) => (tool.readOnly === true ? [tool.name] : [])));
  const { maxTurns, vocabulary, answer, user } = environment;
  return {
    env: environment.name,
    surface: {
      maxTurns,
      vocabulary,
      ...(answer === undefined ? {} : { answer }),
      ...(user === undefined ? {} : { user: { id: user.id } }),
    },
    isReadOnly: (tool) => readOnly.has(tool),
    isManaged: (name) => environment.tools.some((tool) => tool.name === name),
    isError(content) {
      try {
        return content.startsWith(TOOL_ERROR) || (environment.isError?.(content) ?? false);
      } catch {
        // Known in the environment's own process alone.
        return content.startsWith(TOOL_ERROR);
      }
    },
  };
}
