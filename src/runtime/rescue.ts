/** Finds a tool call that the model wrote as text: bare or fenced JSON, tags, common key names. */
import { isObject } from '../digest.ts';
import type { Json, JsonObject } from '../types.ts';
import { parseJson, repairJson } from './repair.ts';

export interface WrittenCall {
  readonly name: string;
  /** JSON text if the model wrote the arguments as a string. */
  readonly arguments: JsonObject | string;
  /** True for `{"name": ..., "arguments": {...}}` outside fences and tags, as text calls are. */
  readonly plain: boolean;
  readonly repaired: boolean;
  /** Index behind the call's JSON in the message. */
  readonly end: number;
  /** Number of further calls in the same message; they are not run. */
  readonly others: number;
}

export interface RescueOptions {
  /** Names that make `{"<tool>": {...}}` and flat arguments a call. */
  readonly tools: { has(name: string): boolean };
  readonly repair: boolean;
  /** Accept only the plain form. */
  readonly plainOnly: boolean;
}

const NAME_KEYS = ['name', 'tool', 'function', 'tool_name', 'function_name', 'action'];
const ARGUMENT_KEYS = ['arguments', 'parameters', 'args', 'params', 'input', 'tool_input', 'action_input'];
const LIST_KEYS = ['tool_calls', 'calls'];

/** A message full of braces must not cost a repair for each of them. */
const MAX_TRIES = 24;

interface Found {
  readonly name: string;
  readonly arguments: JsonObject | string;
}

function callsIn(value: Json | undefined, tools: RescueOptions['tools']): Found[] {
  if (Array.isArray(value)) return value.flatMap((item: Json) => callsIn(item, tools));
  if (!isObject(value)) return [];
  for (const key of LIST_KEYS) if (Array.isArray(value[key])) return callsIn(value[key], tools);
  if (isObject(value.function)) return callsIn(value.function, tools);
  const nameKey = NAME_KEYS.find((key) => typeof value[key] === 'string');
  if (nameKey === undefined) {
    const [only, ...rest] = Object.entries(value);
    return only && rest.length === 0 && tools.has(only[0]) && isObject(only[1])
      ? [{ name: only[0], arguments: only[1] }]
      : [];
  }
  const name = value[nameKey] as string;
  const argumentKey = ARGUMENT_KEYS.find((key) => value[key] !== undefined);
  const given = argumentKey === undefined ? undefined : value[argumentKey];
  if (isObject(given)) return [{ name, arguments: given }];
  if (!tools.has(name)) return [];
  if (typeof given === 'string') return [{ name, arguments: given }];
  if (given !== undefined && given !== null) return [];
  const flat = Object.entries(value).filter(([key]) => key !== nameKey && key !== argumentKey && key !== 'type');
  return [{ name, arguments: Object.fromEntries(flat) }];
}

/** Index behind the object that opens at `start`, or -1 if it never closes. */
function closing(text: string, start: number): number {
  let depth = 0;
  let quoted = false;
  for (let i = start; i < text.length; i++) {
    const c = text[i];
    if (quoted) {
      if (c === '\\') i++;
      else if (c === '"') quoted = false;
    } else if (c === '"') quoted = true;
    else if (c === '{') depth++;
    else if (c === '}' && --depth === 0) return i + 1;
  }
  return -1;
}

/** True if a fence or a tag opens before `at`. */
function wrapped(text: string, at: number): boolean {
  const before = text.slice(0, at);
  return before.split('```').length % 2 === 0 || /<[a-zA-Z_|]+>\s*$/.test(before);
}

function isPlain(value: Json | undefined): boolean {
  return isObject(value) && typeof value.name === 'string' && isObject(value.arguments);
}

/** The first call written in a message, or null. Never throws. */
export function findWrittenCall(content: string, options: RescueOptions): WrittenCall | null {
  let first: Omit<WrittenCall, 'others'> | null = null;
  let others = 0;
  let at = content.indexOf('{');
  for (let tries = 0; at !== -1 && tries < MAX_TRIES; tries++) {
    const closed = closing(content, at);
    const end = closed === -1 ? content.length : closed;
    const chunk = content.slice(at, end);
    const strict = closed === -1 ? undefined : parseJson(chunk);
    const value = strict ?? (options.repair ? repairJson(chunk) : undefined);
    const plain = isPlain(value) && !wrapped(content, at);
    const found = plain || !options.plainOnly ? callsIn(value, options.tools) : [];
    const [call] = found;
    if (call !== undefined) {
      if (first === null) {
        first = { ...call, plain, repaired: strict === undefined, end };
        others = found.length - 1;
      } else others += found.length;
    }
    at = content.indexOf('{', found.length > 0 || strict !== undefined ? end : at + 1);
  }
  return first && { ...first, others };
}
