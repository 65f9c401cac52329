/** What faults change: a draft call, and the scene of its episode. */
import { isObject } from '../../../digest.ts';
import type { Json, ToolCall } from '../../../types.ts';
import type { Mind } from '../draws.ts';
import type { FaultKind, Profile } from '../profiles.ts';
import type { Prompt } from '../prompt.ts';
import type { ToolIndex } from '../sentence.ts';
import type { View } from '../view.ts';

/** One call of the plan and its progress. */
export interface PlanStep {
  readonly call: ToolCall;
  /** Names the step in draws: tool and place in the plan. */
  readonly key: string;
  readonly reads: boolean;
  state: 'todo' | 'done' | 'skipped' | 'dropped';
  tries: number;
  /** A tool that an answer told the agent to use instead. */
  instead?: string;
}

/** Everything that a fault may use. */
export interface FaultScene {
  readonly profile: Profile;
  readonly index: ToolIndex;
  readonly mind: Mind;
  readonly view: View;
  /** Plan argument value -> words of the request that mean it. */
  readonly mentions: Readonly<Record<string, string>>;
  prompt(): Prompt;
}

/** A fault in an emitted call. */
export interface Mistake {
  readonly fault: FaultKind;
  readonly argument?: string;
}

/** A call before it is sent. */
export interface CallDraft {
  readonly name: string;
  readonly arguments: Readonly<Record<string, Json>>;
  readonly mistakes: readonly Mistake[];
}

/** True for arguments that take keys of records, judged by name. */
export const takesKey = (argument: string): boolean => /(?:^|_)(?:ids?|keys?|numbers?)$/i.test(argument);

/** Maps each text and number of a value; `place` is the index in the outermost list. */
export function mapLeaves(value: Json, change: (leaf: string | number, place: number) => Json, place = 0): Json {
  if (typeof value === 'string' || typeof value === 'number') return change(value, place);
  if (Array.isArray(value)) return value.map((element: Json, index) => mapLeaves(element, change, place || index));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, mapLeaves(inner, change, place)]));
}
