/** A short form of a trace, for a proposer or a reader: changes, and nothing said twice. */
import { canonicalJson } from '../digest.ts';
import type { Json, Step, ToolCall, Trace } from '../types.ts';
import { clean } from './view.ts';

/** Maximum characters of a message, of a value, and of a result that changed nothing. */
const MESSAGE = 240;
const VALUE = 80;
const RESULT = 100;
/** Maximum number of state changes shown per step. */
const CHANGES = 4;

/** The steps, one line each, and the outcome, without the request; at most a third of the text. */
export function compactTrace({ steps, score }: Trace): string {
  const failed = score?.checks.flatMap(({ name, passed, detail }) => (passed ? [] : [detail ?? name])) ?? [];
  const outcome = score === null ? 'void' : `reward ${score.reward}`;
  return [
    ...compactSteps(steps),
    `${outcome}${failed.length > 0 ? `; failed: ${failed.map(clean).join('; ')}` : ''}`,
  ].join('\n');
}

/** One line per step with its index; empty steps are left out, equal texts refer to the first. */
export function compactSteps(steps: readonly Step[]): string[] {
  const seen = new Map<string, number>();
  const once = (index: number, text: string, width: number): string => {
    const flat = clean(text).replace(/\s+/g, ' ').trim();
    if (flat.length < 24) return flat;
    const before = seen.get(flat);
    if (before !== undefined) return `(as in ${before})`;
    seen.set(flat, index);
    return flat.length > width ? `${flat.slice(0, width)}...` : flat;
  };
  return steps.flatMap((step, index) => {
    const line = lineOf(step, steps[index - 1], (text, width) => once(index, text, width));
    return line === null ? [] : [`${index} ${line}`];
  });
}

type Once = (text: string, width: number) => string;

function lineOf(step: Step, previous: Step | undefined, once: Once): string | null {
  switch (step.kind) {
    case 'model': {
      const calls = step.toolCalls.map(({ name, arguments: given }) => `${clean(name)}(${once(given, MESSAGE)})`);
      const said = step.content.trim() === '' ? [] : [`says ${once(step.content, MESSAGE)}`];
      return `model ${[...said, ...calls].join('; ') || 'says nothing'}`;
    }
    case 'rewrite':
      return step.what === 'message'
        ? null
        : `[${step.by}] ${clean(step.what)}: ${value(step.before)} -> ${value(step.after)}`;
    case 'read':
      return step.error ? `[${step.by}] reads ${call(step.call, once)}: ${once(step.content, RESULT)}` : null;
    case 'call':
      return `call ${call(step.call, once)}`;
    case 'result':
      return step.error ? `error ${once(step.content, MESSAGE)}` : `result ${once(step.content, RESULT)}`;
    case 'state_delta': {
      const shown = step.changes.slice(0, CHANGES).map((change) => once(change, VALUE * 2));
      const more = step.changes.length > CHANGES ? `; and ${step.changes.length - CHANGES} more` : '';
      return `changed ${shown.join('; ') || 'nothing'}${more}`;
    }
    case 'block':
      return `[${step.by}] blocks: ${once(step.message, MESSAGE)}`;
    case 'note':
      return `[${step.by}] notes: ${once(step.text, MESSAGE)}`;
    case 'monitor':
      return `[${step.by}] ${step.then}: ${once(step.text, MESSAGE)}`;
    case 'user':
      return previous?.kind === 'monitor' ? null : `told ${once(step.text, MESSAGE)}`;
    case 'end':
      return `end ${step.ending.reason}${step.ending.summary === '' ? '' : `: ${once(step.ending.summary, MESSAGE)}`}`;
  }
}

const value = (json: Json): string => {
  const text = clean(canonicalJson(json));
  return text.length > VALUE ? `${text.slice(0, VALUE)}...` : text;
};
const call = ({ name, arguments: given }: ToolCall, once: Once): string =>
  `${clean(name)}(${once(canonicalJson(given), MESSAGE)})`;
