/** A conversation as messages: its steps with each call paired with its result, and back. */

import { NO_USAGE } from '../../chat.ts';
import { isObject, jsonOf } from '../../digest.ts';
import type { ChatToolCall, Ending, Json, JsonObject, Step, Tool, Usage } from '../../types.ts';
import type { StoredTrace } from '../stored.ts';
import type { ReadContext } from './format.ts';

/** One message, whatever the format calls its parts. */
export type Said =
  | { readonly who: 'system'; readonly text: string }
  | { readonly who: 'user'; readonly text: string }
  | {
      readonly who: 'agent';
      readonly text: string;
      readonly calls: readonly GivenCall[];
      readonly usage?: Usage;
      readonly cut?: boolean;
    }
  | { readonly who: 'tool'; readonly id: string | null; readonly name?: string; readonly text: string };

export interface GivenCall {
  readonly id: string | null;
  readonly name: string;
  /** JSON text, as the model wrote it. */
  readonly arguments: string;
}

export interface Conversation {
  readonly prompt: StoredTrace['prompt'];
  readonly steps: readonly Step[];
}

const ONE_CALL: Usage = { ...NO_USAGE, calls: 1 };

/** Who speaks in notes of an import. */
const IMPORT = 'import';
const note = (text: string): Step => ({ kind: 'note', by: IMPORT, text });

/** The arguments as an object; null for a text that is none, such as one that was cut. */
export function argumentsOf(text: string): JsonObject | null {
  try {
    const value = jsonOf(text.trim() === '' ? '{}' : text);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

/**
 * A call becomes a step where its result is: by id, else by name, else by order. A call without a
 * result is neither good nor bad, so it is no step; it, a result without a call and cut arguments
 * are marked by notes.
 */
export function conversationOf(said: readonly Said[], tools: readonly Tool[], context: ReadContext): Conversation {
  const steps: Step[] = [];
  const ids = new Set<string>();
  const known = new Map(tools.map((tool) => [tool.name, tool]));
  let open: (ChatToolCall & { readonly asked: string | null })[] = [];
  let [system, user]: (string | null)[] = [null, null];
  let spoken = false;
  const freshId = (wanted: string): string => {
    let id = wanted;
    for (let n = 2; ids.has(id); n++) id = `${wanted}-${n}`;
    ids.add(id);
    return id;
  };
  const close = (): void => {
    for (const { name } of open) steps.push(note(`the record has no result of this call of ${name}`));
    open = [];
  };
  for (const message of said) {
    if (message.who === 'system') {
      if (!system && !spoken && user === null) system = message.text;
      else steps.push({ kind: 'user', by: 'runtime', text: message.text });
    } else if (message.who === 'user') {
      close();
      if (!user && !spoken) user = message.text;
      else steps.push({ kind: 'user', by: 'user', text: message.text });
    } else if (message.who === 'agent') {
      close();
      spoken = true;
      open = message.calls.map(({ id, name, arguments: given }, at) => ({
        id: freshId(id ?? `call-${ids.size + 1 + at}`),
        name,
        arguments: given,
        asked: id,
      }));
      const toolCalls = open.map(({ id, name, arguments: given }) => ({ id, name, arguments: given }));
      const { text: content, usage = ONE_CALL, cut } = message;
      steps.push({ kind: 'model', content, toolCalls, usage, ...(cut ? { cut: true } : {}) });
    } else {
      const at = placeOf(message, open);
      const call = open[at];
      const { text: content } = message;
      const error = context.isError(content);
      if (call === undefined) {
        steps.push(note('a result whose call the record does not have'));
        const callId = freshId(message.id ?? `result-${ids.size + 1}`);
        steps.push({ kind: 'result', callId, content, error });
        continue;
      }
      open = open.filter((one) => one !== call);
      const given = argumentsOf(call.arguments);
      if (given === null) steps.push(note(`the arguments of this call of ${call.name} are cut, or no JSON object`));
      else {
        const readOnly = known.get(call.name)?.readOnly ?? context.isReadOnly(call.name);
        steps.push({ kind: 'call', callId: call.id, call: { name: call.name, arguments: given }, readOnly });
      }
      steps.push({ kind: 'result', callId: call.id, content, error });
    }
  }
  close();
  steps.push({ kind: 'end', ending: endingOf(steps) });
  return { prompt: { system: system ?? '', user: user ?? '', tools }, steps };
}

type Result = Extract<Said, { who: 'tool' }>;

function placeOf({ id, name }: Result, open: readonly { readonly asked: string | null; readonly name: string }[]) {
  if (id !== null) {
    const at = open.findIndex((call) => call.asked === id);
    // An id that no call has: only calls that came without one may be meant.
    if (at >= 0 || open.every((call) => call.asked !== null)) return at;
  }
  const free = open.map((call, at) => ({ ...call, at })).filter((call) => id === null || call.asked === null);
  return (free.find((call) => name !== undefined && call.name === name) ?? free[0])?.at ?? -1;
}

/** The last words of the agent, whoever fell silent first. */
function endingOf(steps: readonly Step[]): Ending {
  const last = steps.findLast((step) => step.kind === 'model');
  const summary = last?.kind === 'model' && last.toolCalls.length === 0 ? last.content : '';
  return { reason: summary === '' ? 'stopped' : 'text', summary };
}

/** The messages of a trace; what only our own runtime does has none. */
export function saidIn({ prompt, steps }: Pick<StoredTrace, 'prompt' | 'steps'>): Said[] {
  const first: Said[] = [
    ...(prompt.system === '' ? [] : [{ who: 'system', text: prompt.system } as const]),
    ...(prompt.user === '' ? [] : [{ who: 'user', text: prompt.user } as const]),
  ];
  const names = new Map(
    steps.flatMap((step) => (step.kind === 'model' ? step.toolCalls.map((call) => [call.id, call.name] as const) : [])),
  );
  const rest = steps.flatMap((step): Said[] => {
    if (step.kind === 'user') return [{ who: step.by === 'user' ? 'user' : 'system', text: step.text }];
    if (step.kind === 'model') {
      const { content: text, toolCalls: calls, usage, cut } = step;
      return [{ who: 'agent', text, calls, usage, ...(cut ? { cut } : {}) }];
    }
    const answer = step.kind === 'result' ? step.content : step.kind === 'block' ? step.message : null;
    if (answer === null || (step.kind !== 'result' && step.kind !== 'block')) return [];
    const name = names.get(step.callId);
    return [{ who: 'tool', id: step.callId, text: answer, ...(name === undefined ? {} : { name }) }];
  });
  return [...first, ...rest];
}

/** A text, or the texts of parts; what is no text is named. */
export function textOf(content: Json | undefined): string {
  if (content === null || content === undefined) return '';
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return JSON.stringify(content);
  return content
    .map((part: Json) => {
      if (typeof part === 'string') return part;
      if (!isObject(part)) return JSON.stringify(part);
      if (typeof part.text === 'string') return part.text;
      if (typeof part.refusal === 'string') return part.refusal;
      return `[${typeof part.type === 'string' ? part.type : 'part'}]`;
    })
    .join('');
}
