/** What upstream is asked: the client's request with the model's view of the conversation. */
import { isObject } from '../digest.ts';
import { toParams } from '../models/history.ts';
import type { Compiled } from '../runtime/compile.ts';
import type { ChatMessage, Json, JsonObject } from '../types.ts';

/** A conversation as the model knows it. */
export interface ModelView {
  readonly compiled: Compiled;
  readonly messages: readonly ChatMessage[];
  /** The tools of the request, as they came. */
  readonly tools: readonly JsonObject[];
  /** Messages of the person with parts that are no text. */
  readonly parts: readonly { readonly text: string; readonly parts: readonly Json[] }[];
}

/** The request `body` with this view, and its tools as they are told. */
export function upstreamBody(view: ModelView, body: JsonObject): JsonObject {
  const { compiled } = view;
  const raw = new Map(view.tools.map((tool) => [String((tool.function as JsonObject).name), tool]));
  const tools = compiled.sentTools.map(({ name, description, parameters }) => {
    const known = raw.get(name);
    const inner = (known?.function ?? { name, parameters }) as JsonObject;
    return { ...(known ?? { type: 'function' }), function: { ...inner, description } };
  });
  const { messages: _, tools: __, tool_choice: choice, ...others } = body;
  const asks =
    tools.length > 0 ? { tools: tools as Json, ...(choice === undefined ? {} : { tool_choice: choice }) } : {};
  return { ...others, messages: messagesOf(view) as Json, ...asks };
}

function messagesOf({ messages, parts }: ModelView): object[] {
  return toParams(messages, new Set()).map((message, at) => {
    const said = messages[at] as ChatMessage;
    const more = said.role === 'user' ? parts.find(({ text }) => said.content.endsWith(text)) : undefined;
    return more === undefined
      ? message
      : { ...message, content: [{ type: 'text', text: said.content }, ...more.parts] };
  });
}

/** True where a text may be answered, or taken for a call: nobody may read it yet. */
export function holdsText({ answer, realization, monitors, environment }: Compiled): boolean {
  const final = answer.kind === 'text' || environment.user !== undefined;
  return (
    !final ||
    realization.rescue ||
    realization.protocol === 'text' ||
    monitors.some(({ kind }) => /finish|text/.test(kind))
  );
}

/** Sums numbers, also inside of details. */
export function sumOf(usages: readonly JsonObject[]): JsonObject | null {
  const [first, ...others] = usages;
  if (first === undefined) return null;
  return others.reduce<JsonObject>((sum, usage) => added(sum, usage), first);
}
function added(a: JsonObject, b: JsonObject): JsonObject {
  const sum: Record<string, Json> = { ...a };
  for (const [name, value] of Object.entries(b)) {
    const known = sum[name];
    if (typeof value === 'number' && typeof known === 'number') sum[name] = known + value;
    else
      sum[name] =
        isObject(value) && isObject(known) ? added(known as JsonObject, value as JsonObject) : (value as Json);
  }
  return sum;
}
