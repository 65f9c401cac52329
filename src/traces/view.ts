/** A trace as text for a person: a few lines per step, interventions marked with their ids. */
import type { Json, Step, ToolCall, Trace } from '../types.ts';

const WIDTH = 400;

/** Removes control characters, so that text from models and tools cannot write on the terminal. */
export function renderTrace(trace: Trace): string {
  const unscored = trace.error === undefined ? 'no scorer' : `void: ${clean(trace.error)}`;
  const score = trace.score === null ? unscored : `reward ${trace.score.reward}`;
  const head = [
    `${trace.id}  task ${trace.task} (${trace.split}), trial ${trace.trial}, harness ${trace.harness.slice(0, 12)}`,
    `${trace.agent}, served ${clean(trace.model)}, ${score}, ${trace.usage.calls} model calls, ${trace.usage.inputTokens} + ${trace.usage.outputTokens} tokens`,
    '',
    ...quoted('user', trace.prompt.user),
  ];
  const steps = trace.steps.flatMap((step, index) =>
    render(step).map((line, i) => (i === 0 ? `${String(index).padStart(3)} ${line}` : `    ${line}`)),
  );
  const failed = trace.score?.checks.filter((c) => !c.passed) ?? [];
  const checks = failed.map(
    (c) => `check failed: ${clean(c.name)}${c.detail === undefined ? '' : ` (${clean(c.detail)})`}`,
  );
  return [...head, ...steps, ...checks, ''].join('\n');
}

function render(step: Step): string[] {
  switch (step.kind) {
    case 'model': {
      const calls = step.toolCalls.map((c) => `model calls ${clean(c.name)}(${cut(clean(c.arguments))})`);
      const said = step.content.trim() === '' ? [] : quoted('model says', step.content);
      const lines = said.length + calls.length > 0 ? [...said, ...calls] : ['model says nothing'];
      return step.cut ? [...lines, '(cut off by the limit of its length)'] : lines;
    }
    case 'rewrite':
      return [`* [${step.by}] ${clean(step.what)}: ${json(step.before)} -> ${json(step.after)}`];
    case 'read':
      return [
        `* [${step.by}] reads ${call(step.call)}${step.reused ? ' (reused)' : ''}`,
        ...quoted(step.error ? 'error' : 'result', step.content),
      ];
    case 'call':
      return [`call ${call(step.call)}`];
    case 'result':
      return quoted(step.error ? 'error' : 'result', step.content);
    case 'state_delta':
      return step.changes.length === 0 ? ['no change'] : step.changes.map((c) => `changed ${cut(clean(c))}`);
    case 'block':
      return [`* [${step.by}] blocks ${call(step.call)}`, ...quoted('told', step.message)];
    case 'note':
      return [`* [${step.by}] notes`, ...quoted('told', step.text)];
    case 'monitor':
      return [`* [${step.by}] ${step.then}`, ...quoted('told', step.text)];
    case 'user':
      return quoted('user', step.text);
    case 'end':
      return [
        `end: ${step.ending.reason}`,
        ...(step.ending.summary === '' ? [] : quoted('summary', step.ending.summary)),
      ];
  }
}

function quoted(who: string, text: string): string[] {
  const lines = cut(text.trim()).split('\n').map(clean);
  return lines
    .map((line, i) => (i === 0 ? `${who}: "${line}` : `  ${line}`))
    .map((line, i, all) => (i === all.length - 1 ? `${line}"` : line));
}

const call = (c: ToolCall): string => `${clean(c.name)}(${json(c.arguments)})`;
const json = (value: Json): string => cut(clean(JSON.stringify(value)));
const cut = (text: string): string =>
  text.length > WIDTH ? `${text.slice(0, WIDTH)}… (${text.length} characters)` : text;
// biome-ignore lint/suspicious/noControlCharactersInRegex: removing them is the point
export const clean = (text: string): string => text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ');
