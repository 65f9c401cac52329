/** The calculator: Python's arithmetic on doubles over `+ - * / // ** ( ) .`. */
import { z } from 'zod';
import { tool } from '../define-tool.ts';
import { pythonFloat, roundCents } from './python-number.ts';
import type { Store } from './store.ts';
import { READ, text } from './tool-kit.ts';

type Token = { readonly kind: 'number'; readonly value: number } | { readonly kind: 'sign'; readonly text: string };

const syntaxError = (): Error => new Error('invalid syntax (<string>, line 1)');

function tokensOf(expression: string): Token[] {
  const tokens: Token[] = [];
  const pattern = /\s+|(\d+\.\d*|\.\d+|\d+)|(\*\*|\/\/|[-+*/()])|(.)/g;
  for (const [, digits, sign, other] of expression.matchAll(pattern)) {
    if (other !== undefined) throw syntaxError();
    // Python refuses whole numbers such as 007.
    if (digits !== undefined && /^0+[1-9]\d*$/.test(digits)) throw syntaxError();
    if (digits !== undefined) tokens.push({ kind: 'number', value: Number(digits) });
    else if (sign !== undefined) tokens.push({ kind: 'sign', text: sign });
  }
  return tokens;
}

function apply(operator: string, left: number, right: number): number {
  switch (operator) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    case '**':
      if (left === 0 && right < 0) throw new Error('0.0 cannot be raised to a negative power');
      return left ** right;
    default:
      if (right === 0) throw new Error('division by zero');
      return operator === '/' ? left / right : Math.floor(left / right);
  }
}

/** The value of an expression; throws ToolError for bad text, division by zero, overflow. */
export function calculate(expression: string): number {
  if (!/^[\d+\-*/(). ]*$/.test(expression)) throw new Error('Invalid characters in expression');
  // The parser is recursive: a cap keeps hostile input off the stack.
  if (expression.length > 1000) throw new Error('too long an expression');
  const tokens = tokensOf(expression);
  let at = 0;
  const sign = (...texts: string[]): string | undefined => {
    const token = tokens[at];
    if (token?.kind !== 'sign' || !texts.includes(token.text)) return undefined;
    at++;
    return token.text;
  };
  const chain = (next: () => number, ...operators: string[]): number => {
    let value = next();
    for (let operator = sign(...operators); operator; operator = sign(...operators)) {
      value = apply(operator, value, next());
    }
    return value;
  };
  const sum = (): number => chain(product, '+', '-');
  const product = (): number => chain(signed, '*', '/', '//');
  const signed = (): number => {
    if (sign('-')) return -signed();
    return sign('+') ? signed() : power();
  };
  // Right-associative, and its exponent may carry a sign: 2 ** -1.
  const power = (): number => {
    const base = atom();
    return sign('**') ? apply('**', base, signed()) : base;
  };
  const atom = (): number => {
    if (sign('(')) {
      const value = sum();
      if (!sign(')')) throw syntaxError();
      return value;
    }
    const token = tokens[at++];
    if (token?.kind !== 'number') throw syntaxError();
    return token.value;
  };
  const value = sum();
  if (at < tokens.length) throw syntaxError();
  if (!Number.isFinite(value)) throw new Error('result out of range');
  return value;
}

export const calculateTool = {
  calculate: tool(
    'Work out an arithmetic expression; the result is rounded to two decimals.',
    z.object({ expression: text("Numbers, '+', '-', '*', '/', parentheses and spaces, such as (12.50 + 8.25) * 2.") }),
    (_store: Store, given) => pythonFloat(roundCents(calculate(given.expression))),
    READ,
  ),
};
