/** The CEL dialect of a harness: JSON numbers, functions over the episode, missing data. */
import { type ASTNode, Environment, EvaluationError, type ParseResult } from '@marcbachmann/cel-js';
import { canonicalJson } from '../../digest.ts';
import type { Json } from '../../types.ts';

/** One call of this episode, as `called`, `count` and the name `calls` see it. */
export interface CelCall {
  readonly name: string;
  readonly arguments: { readonly [key: string]: Json };
  readonly error: boolean;
  /** The parsed result; absent when it is not JSON. */
  readonly result?: Json;
}

/** Thrown where a null stands for missing data. */
export class MissingData extends Error {
  override readonly name = 'MissingData';
}
// One instance: evaluation is hot and nobody reads its stack.
const missing = new MissingData('a null operand');

/** Names to which the engine itself gives a meaning; a read cannot bind them. */
export const reservedNames: ReadonlySet<string> = new Set(
  'args task calls it i int uint double string bool bytes list map null_type type dyn cel optional'.split(' '),
);

/** Steps of one evaluation: elements visited, and the size of what is built or compared. */
export const MOST_STEPS = 20_000;

/** Thrown where an evaluation needs more steps. */
export class TooMuchWork extends Error {
  override readonly name = 'TooMuchWork';
}
const tooMuch = new TooMuchWork(`it needs more than ${MOST_STEPS} steps`);

// The engine's functions do not see the activation; evaluation is synchronous, so one is enough.
let currentCalls: readonly CelCall[] = [];
let stepsLeft = MOST_STEPS;

function spend(steps: number): void {
  stepsLeft -= steps;
  if (stepsLeft < 0) throw tooMuch;
}

/** Spends what it takes to go through a value. */
function spendSize(value: unknown): void {
  if (typeof value === 'string') spend(value.length >> 5);
  if (typeof value !== 'object' || value === null) return;
  const items = value instanceof Map ? value.values() : Object.values(value);
  for (const item of items) {
    spend(1);
    spendSize(item);
  }
}

/** Spends the length of a text, list or map, without what its elements hold. */
function spendLength(value: unknown): void {
  if (typeof value === 'string') spend(value.length >> 5);
  else if (Array.isArray(value)) spend(value.length);
  else if (typeof value === 'object' && value !== null)
    spend(value instanceof Map ? value.size : Object.keys(value).length);
}

/**
 * Runs `evaluate` with the calls that `called` and `count` see, and gives its value as JSON. Throws
 * TooMuchWork, also where the engine has swallowed it.
 */
export function withCalls(calls: readonly CelCall[], evaluate: () => unknown): unknown {
  const outer = [currentCalls, stepsLeft] as const;
  const { stackTraceLimit } = Error;
  currentCalls = calls;
  stepsLeft = MOST_STEPS;
  // Missing data is common and the engine throws it; without a stack it costs a quarter.
  Error.stackTraceLimit = 0;
  try {
    const value = evaluate();
    spend(0);
    spendSize(value);
    return toPlain(value);
  } catch (error) {
    // `&&`, `||` and quantifiers may decide without an operand that failed, and wrap its error.
    throw stepsLeft < 0 ? tooMuch : error;
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
    [currentCalls, stepsLeft] = outer;
  }
}

/** bigint -> number, maps -> objects, at every level; the same reference when nothing changes. */
export function toPlain(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    const items = value.map(toPlain);
    return items.some((item, index) => item !== value[index]) ? items : value;
  }
  if (value instanceof Map) return toPlain(Object.fromEntries(value));
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    return value instanceof Date ? value.toISOString() : String(value);
  }
  const entries = Object.entries(value);
  const plain = entries.map(([key, entry]) => [key, toPlain(entry)] as const);
  return plain.some(([, entry], index) => entry !== entries[index]?.[1]) ? Object.fromEntries(plain) : value;
}

const sameJson = (a: unknown, b: unknown): boolean =>
  a === b || (typeof a === 'object' && typeof b === 'object' && canonicalJson(a) === canonicalJson(b));

/** Successful calls of a tool whose arguments contain all the wanted ones. */
function successes(tool: unknown, wanted: Readonly<Record<string, unknown>> = {}): number {
  const entries = Object.entries(toPlain(wanted) as Record<string, unknown>);
  return currentCalls.filter(
    (call) =>
      call.name === tool && !call.error && entries.every(([key, value]) => sameJson(call.arguments[key], value)),
  ).length;
}

const arithmetic: Readonly<Record<string, (a: number, b: number) => number>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '%': (a, b) => a % b,
};

/** Internal functions: around operands of a comparison, where missing data throws, and others. */
const guard = '__known';
const counted = '__counted';

function createEnvironment(): Environment {
  const environment = new Environment({
    unlistedVariablesAreDyn: true,
    homogeneousAggregateLiterals: false,
    limits: { maxAstNodes: 300, maxDepth: 30 },
  });
  for (const [operator, compute] of Object.entries(arithmetic)) {
    // JSON integers arrive as doubles, literals as bigints.
    const mixed = (a: number | bigint, b: number | bigint) => compute(Number(a), Number(b));
    environment.registerOperator(`int ${operator} double: double`, mixed);
    environment.registerOperator(`double ${operator} int: double`, mixed);
  }
  environment.registerOperator('double % double: double', (a: number, b: number) => a % b);
  environment.registerOperator('double == int', (a: number, b: bigint) => a === Number(b));
  return environment
    .registerFunction(`${guard}(dyn): dyn`, (value: unknown) => {
      if (value === null) throw missing;
      spendSize(value);
      return value;
    })
    .registerFunction(`${counted}(dyn): dyn`, (value: unknown) => {
      spendLength(value);
      return value;
    })
    .registerFunction('called(string): bool', (tool: string) => successes(tool) > 0)
    .registerFunction('called(string, map): bool', (tool: string, wanted: Record<string, unknown>) => {
      return successes(tool, wanted) > 0;
    })
    .registerFunction('count(string): int', (tool: string) => BigInt(successes(tool)))
    .registerFunction('values(map): list<dyn>', (map: object) => Object.values(map));
}

const environment: Environment = createEnvironment();

const isNull = (node: ASTNode): boolean => node.op === 'value' && node.args === null;

/** A node with an internal function around it. */
function wrapped(name: string, node: ASTNode): ASTNode {
  const call = environment.parse(`${name}(x)`).ast;
  if (call.op === 'call') call.args[1][0] = node;
  return call;
}

/** What the engine made of a macro: a loop over `iterable`, or a value with a name. */
interface Expanded {
  readonly meta?: {
    readonly alternate?: { readonly args: { iterable: ASTNode } };
    readonly macro?: { val?: ASTNode };
  };
}

/**
 * Only a comparison with a literal null decides; the engine finds `null == "x"` false. Loops, sums,
 * joined texts and named values are counted, since each of them can grow with every nesting.
 */
function guardOperands(node: ASTNode): void {
  const operands = operandsOf(node);
  for (const operand of operands) guardOperands(operand);
  const { alternate, macro } = (node as Expanded).meta ?? {};
  if (alternate?.args.iterable) alternate.args.iterable = wrapped(counted, alternate.args.iterable);
  if (macro?.val) macro.val = wrapped(counted, macro.val);
  if (node.op === 'rcall' && node.args[0] === 'join') node.args[1] = wrapped(counted, node.args[1]);
  const compares = node.op === '==' || node.op === '!=' || node.op === 'in';
  if ((!compares && node.op !== '+') || (compares && operands.some(isNull))) return;
  const guarded: ASTNode[] = node.args;
  for (const [index, operand] of guarded.entries())
    if (operand.op !== 'value' && (operand.op !== 'list' || !operand.args.every(({ op }) => op === 'value')))
      guarded[index] = wrapped(compares ? guard : counted, operand);
}

/** Direct sub-expressions of a parsed expression, in order. */
export function operandsOf(node: ASTNode): readonly ASTNode[] {
  switch (node.op) {
    case 'value':
    case 'id':
      return [];
    case '.':
    case '.?':
      return [node.args[0]];
    case 'call':
      return node.args[1];
    case 'rcall':
      return [node.args[1], ...node.args[2]];
    case 'map':
      return node.args.flat();
    case '!_':
    case '-_':
      return [node.args];
    default:
      return node.args;
  }
}

/** Parses and checks; `inspect` gets the tree as written. Throws ParseError or TypeError. */
export function parseExpression<T>(source: string, inspect: (ast: ASTNode) => T): { run: ParseResult; facts: T } {
  const run = environment.parse(source);
  const facts = inspect(run.ast);
  guardOperands(run.ast);
  const checked = run.check();
  if (!checked.valid) throw checked.error;
  return { run, facts };
}

const missingCodes = new Set([
  'unknown_variable',
  'no_such_key',
  'index_out_of_bounds',
  'invalid_comprehension_range',
  'cannot_index_type',
]);
/** Engine messages name the operand types, e.g. `no such overload: null < int`. */
const namesNull = /\bnull\b/;
/** Operators and functions that expect a list or a map and got something else. */
const wantsList = /\bin dyn<|\bin (?:string|double|int|bool)|'size\(|'values\(|\.(?:size|join)\(/;

/** True if an evaluation error only says that data is missing (`docs/design.md#files`). */
export function isMissing(error: unknown): boolean {
  if (error instanceof MissingData) return true;
  if (!(error instanceof EvaluationError)) return false;
  if (missingCodes.has(error.code)) return true;
  const operands =
    error.code === 'no_such_overload' ||
    error.code === 'no_matching_overload' ||
    error.code === 'invalid_logical_operand' ||
    error.code === 'invalid_condition_type';
  return operands && (namesNull.test(error.summary) || wantsList.test(error.summary));
}
