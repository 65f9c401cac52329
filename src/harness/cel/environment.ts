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

// The engine's functions do not see the activation; evaluation is synchronous, so one is enough.
let currentCalls: readonly CelCall[] = [];

/** Runs `evaluate` with the calls that `called` and `count` see. */
export function withCalls<T>(calls: readonly CelCall[], evaluate: () => T): T {
  const outer = currentCalls;
  const { stackTraceLimit } = Error;
  currentCalls = calls;
  // Missing data is common and the engine throws it; without a stack it costs a quarter.
  Error.stackTraceLimit = 0;
  try {
    return evaluate();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
    currentCalls = outer;
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

/** Internal function around the operands of a comparison: it throws when the value is missing. */
const guard = '__known';

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

/** The engine finds `null == "x"` false; here only a comparison with a literal null decides. */
function guardComparisons(node: ASTNode): void {
  const operands = operandsOf(node);
  for (const operand of operands) guardComparisons(operand);
  if (node.op !== '==' && node.op !== '!=' && node.op !== 'in') return;
  if (operands.some(isNull)) return;
  const guarded: ASTNode[] = node.args;
  for (const [index, operand] of guarded.entries()) {
    if (operand.op === 'value' || operand.op === 'list') continue;
    const call = environment.parse(`${guard}(x)`).ast;
    if (call.op === 'call') call.args[1][0] = operand;
    guarded[index] = call;
  }
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
  guardComparisons(run.ast);
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
