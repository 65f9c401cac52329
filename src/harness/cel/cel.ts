/** CEL expressions and texts with CEL holes, compiled once; missing data decides nothing. */
import { ParseError, TypeError as TypeCheckError } from '@marcbachmann/cel-js';
import { UsageError } from '../../errors.ts';
import { type CelCall, isMissing, parseExpression, TooMuchWork, withCalls } from './environment.ts';
import { collectFacts, type ExpressionFacts } from './paths.ts';

export type { CelCall } from './environment.ts';
export type { Constraint, ExpressionFacts } from './paths.ts';

/** What an expression sees: named values (`args`, `task`, `it`, `i`, reads) and earlier calls. */
export interface CelScope {
  readonly values: Readonly<Record<string, unknown>>;
  /** Visible as `calls`; `called` and `count` look only at those without an error. */
  readonly calls: readonly CelCall[];
}

/** `undecided`: data is missing. `error`: any other fault; the clause is then disabled. */
export type CelOutcome =
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'undecided' }
  | { readonly kind: 'error'; readonly message: string };

export interface Expression {
  readonly source: string;
  /** Names, paths, tools and literal constraints, for lint. */
  readonly facts: ExpressionFacts;
  /** Never throws. Numbers are JavaScript numbers, even where CEL says int. */
  evaluate(scope: CelScope): CelOutcome;
}

const undecided: CelOutcome = { kind: 'undecided' };

/** A function of a text that computes equal texts once. */
function remembered<T>(compute: (text: string) => T): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    const before = known.get(text);
    if (before !== undefined) return before;
    const result = compute(text);
    // Far more than the texts of one harness: it only bounds what a long night of candidates keeps.
    if (known.size >= 5000) known.clear();
    known.set(text, result);
    return result;
  };
}

/** Position of an offset in the source, both from 1. */
function positionOf(source: string, offset: number): string {
  const before = source.slice(0, offset).split('\n');
  return `line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`;
}

function refuse(source: string, offset: number, problem: string, advice: string): never {
  throw new UsageError(
    `expected a CEL expression, found a fault at ${positionOf(source, offset)} of \`${source}\`: ${problem}; ${advice}`,
  );
}

function parse(source: string): ReturnType<typeof parseExpression<ExpressionFacts>> {
  try {
    return parseExpression(source, collectFacts);
  } catch (error) {
    if (error instanceof ParseError || error instanceof TypeCheckError) {
      refuse(source, error.range?.start ?? 0, error.summary, 'correct the expression');
    }
    throw error;
  }
}

/**
 * Compiles CEL; equal text gives the same object. Throws UsageError with the position for bad
 * syntax, unknown functions, types that never fit, and `matches` (its engine is not linear-time).
 */
export const compileExpression: (source: string) => Expression = remembered(compile);

function compile(source: string): Expression {
  const { run, facts } = parse(source);
  if (facts.matchesAt !== undefined) {
    refuse(source, facts.matchesAt, '`matches` is not allowed', 'use startsWith, endsWith, contains or a format');
  }
  return {
    source,
    facts,
    evaluate(scope) {
      const names = Object.assign(Object.create(null), { calls: scope.calls }, scope.values);
      try {
        const value = withCalls(scope.calls, () => run(names));
        if (typeof value === 'number' && !Number.isFinite(value))
          return { kind: 'error', message: 'not a finite number' };
        return { kind: 'value', value };
      } catch (error) {
        if (error instanceof TooMuchWork) return { kind: 'error', message: error.message };
        if (isMissing(error)) return undecided;
        return {
          kind: 'error',
          message: error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error),
        };
      }
    },
  };
}

/** Member paths that an expression reads, e.g. `order.items[].item_id`; `[]` is any element. */
export const paths = (source: string): readonly string[] => compileExpression(source).facts.paths;

/** A text with `{{CEL}}` holes, such as the answer to a blocked call. */
export interface Template {
  /** Plain text and expressions in order. */
  readonly parts: readonly (string | Expression)[];
  /** Fills the holes; an undecided, null or faulty hole becomes `?`. Never throws. */
  render(scope: CelScope): string;
}

/** Offset of the `}}` that closes a hole, or -1; skips braces and quotes of the expression. */
function holeEnd(text: string, start: number): number {
  let depth = 0;
  let quote = '';
  for (let at = start; at < text.length; at++) {
    const char = text[at] ?? '';
    if (quote !== '') {
      if (char === '\\') at++;
      else if (char === quote) quote = '';
    } else if (char === '"' || char === "'") quote = char;
    else if (char === '{') depth++;
    else if (char === '}' && depth > 0) depth--;
    else if (char === '}' && text[at + 1] === '}') return at;
  }
  return -1;
}

function show(value: unknown): string {
  if (value === null || value === undefined) return '?';
  if (Array.isArray(value)) return value.map(show).join(', ');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function renderHole(expression: Expression, scope: CelScope): string {
  const outcome = expression.evaluate(scope);
  return outcome.kind === 'value' ? show(outcome.value) : '?';
}

/** Compiles a text; equal text gives the same object. Throws UsageError for a faulty hole. */
export const compileTemplate: (text: string) => Template = remembered(parseTemplate);

function parseTemplate(text: string): Template {
  const parts: (string | Expression)[] = [];
  let at = 0;
  for (let open = text.indexOf('{{'); open >= 0; open = text.indexOf('{{', at)) {
    const end = holeEnd(text, open + 2);
    if (end < 0) {
      throw new UsageError(`expected "}}" after "{{" at character ${open + 1} of "${text}", found the end of the text`);
    }
    if (open > at) parts.push(text.slice(at, open));
    parts.push(compileExpression(text.slice(open + 2, end).trim()));
    at = end + 2;
  }
  if (at < text.length) parts.push(text.slice(at));
  return {
    parts,
    render: (scope) => parts.map((part) => (typeof part === 'string' ? part : renderHole(part, scope))).join(''),
  };
}

/** Fills `{{CEL}}` holes: lists joined with ", ", objects as JSON, `?` where data is missing. */
export const renderTemplate = (text: string, scope: CelScope): string => compileTemplate(text).render(scope);
