/** What an author wrote, checked before anything of it runs: each error names the member. */
import { isObject } from '../digest.ts';
import { UsageError } from '../errors.ts';
import { kindOf } from '../runtime/checked-score.ts';
import { findForeign } from './plain.ts';

const SPLITS: readonly unknown[] = ['train', 'dev', 'sealed'];
const OPTIONAL = ['prompt', 'oracle', 'snapshot', 'restore', 'changes', 'dispose', 'isError', 'generate'] as const;

type Members = Readonly<Record<string, unknown>>;

const isText = (value: unknown): boolean => typeof value === 'string' && value.trim() !== '';
const isFunction = (value: unknown): boolean => typeof value === 'function';
const isNumber = (value: unknown, least: number, most: number): boolean =>
  typeof value === 'number' && value >= least && value <= most;

const isAnswer = (value: unknown): boolean =>
  isObject(value) &&
  (value.kind === 'tool' || value.kind === 'text' || (value.kind === 'json' && isObject(value.schema)));

/** Throws UsageError for the first member of a wrong kind. */
export function assertDefinition(definition: unknown): void {
  if (!isObject(definition))
    throw new UsageError(`defineEnvironment: expected {name, tasks, tools, reset, ...}, found ${kindOf(definition)}`);
  const given: Members = definition;
  const name = isText(given.name) ? String(given.name) : 'defineEnvironment';
  const expect = (fits: boolean, member: string, expected: string): void => {
    if (!fits) throw new UsageError(`${name}: ${member}: expected ${expected}, found ${kindOf(given[member])}`);
  };
  const {
    answer,
    score,
    user,
    vocabulary,
    maxTurns = 1,
    ceiling = 0,
    timeoutMs = 1,
    digest = '',
    replayable = false,
  } = given;
  expect(isText(given.name), 'name', 'a text');
  expect(Array.isArray(given.tasks) || isFunction(given.tasks), 'tasks', 'a list, or a function of {seed, tasks}');
  expect(isFunction(given.reset), 'reset', 'a function that returns a fresh state');
  for (const member of OPTIONAL) expect(given[member] === undefined || isFunction(given[member]), member, 'a function');
  const scorers = Array.isArray(score) ? score : [score ?? assertDefinition];
  expect(scorers.length > 0 && scorers.every(isFunction), 'score', 'a function or a list of functions');
  expect(
    answer === undefined || isAnswer(answer),
    'answer',
    "{kind: 'tool'}, {kind: 'text'} or {kind: 'json', schema}",
  );
  expect(
    user === undefined || (isObject(user) && isText(user.id) && isFunction((user as Members).answer)),
    'user',
    '{id, answer(said)}',
  );
  expect(Number.isInteger(maxTurns) && isNumber(maxTurns, 1, 10_000), 'maxTurns', 'a whole number from 1');
  expect(isNumber(ceiling, 0, 1), 'ceiling', 'a number from 0 to 1');
  expect(isNumber(timeoutMs, 1, 2 ** 31 - 1), 'timeoutMs', 'milliseconds, from 1');
  expect(typeof digest === 'string', 'digest', 'a text');
  expect(replayable === false, 'replayable', 'false, or nothing');
  expect(vocabulary === undefined || isObject(vocabulary), 'vocabulary', 'an object of words');
  expect(isObject(given.tools), 'tools', '{name: tool(...)}, or {} for none');
  for (const [tool, value] of Object.entries(given.tools as Members)) assertTool(`${name}: tool ${tool}`, value);
}

function assertTool(where: string, value: unknown): void {
  const { run, description, parameters, fault, readOnly = false } = (isObject(value) ? value : {}) as Members;
  if (!isFunction(run) || !isObject(parameters))
    throw new UsageError(`${where}: expected tool(description, z.object({...}), run), found ${kindOf(value)}`);
  if (typeof description !== 'string')
    throw new UsageError(`${where}: expected a description in words, found ${kindOf(description)}`);
  if (typeof readOnly !== 'boolean')
    throw new UsageError(`${where}: readOnly: expected true or false, found ${kindOf(readOnly)}`);
  const foreign = findForeign(parameters, { containers: false });
  if (foreign !== null)
    throw new UsageError(`${where}: parameters: expected JSON Schema, found ${foreign.what} at ${foreign.path}`);
  if (fault !== undefined) throw new UsageError(`${where}, ${fault}`.replace(', expected', ': expected'));
}

/** Throws UsageError for the first task that no record could hold, and for an id that two have. */
export function assertTasks(name: string, tasks: unknown): void {
  if (!Array.isArray(tasks))
    throw new UsageError(`${name}: expected a list of tasks, found ${kindOf(tasks)}; make them without waiting`);
  const ids = new Set<unknown>();
  for (const [at, task] of tasks.entries()) {
    const place = `${name}: the task at place ${at + 1}`;
    if (!isObject(task)) throw new UsageError(`${place}: expected {id, input, ...}, found ${kindOf(task)}`);
    const { id, split, tags, family }: Members = task;
    if (!isText(id))
      throw new UsageError(
        `${place}: ids have to be text, found ${kindOf(id)}${typeof id === 'number' ? `; write "${id}", or String(id)` : ''}`,
      );
    if (ids.has(id)) throw new UsageError(`${place}: another task has the id ${kindOf(id)} too; ids have to differ`);
    ids.add(id);
    const where = `${name}: task ${id}`;
    if (split !== undefined && !SPLITS.includes(split))
      throw new UsageError(`${where}: split: expected train, dev or sealed, found ${kindOf(split)}`);
    if (tags !== undefined && !(Array.isArray(tags) && tags.every((tag) => typeof tag === 'string')))
      throw new UsageError(`${where}: tags: expected a list of texts, found ${kindOf(tags)}`);
    if (family !== undefined && !isText(family))
      throw new UsageError(`${where}: family: expected a text, found ${kindOf(family)}`);
  }
}
