/** A reader for Python literals, as in tau-bench's tasks, with `Name(key=value)` records. */

export type Literal = null | boolean | number | string | Literal[] | { [key: string]: Literal };

const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', '\n': '' };

/** The literal after `NAME = `. Throws SyntaxError with the line and what was expected. */
export function readAssignment(text: string, name: string): Literal {
  const start = new RegExp(`^${name}\\s*(?::[^=\\n]*)?=\\s*`, 'm').exec(text);
  if (!start) throw new SyntaxError(`expected an assignment to ${name}`);
  return literalAt(text, start.index + start[0].length);
}

function literalAt(text: string, start: number): Literal {
  let at = start;
  const fail = (expected: string): never => {
    const line = text.slice(0, at).split('\n').length;
    throw new SyntaxError(`line ${line}: expected ${expected}, got ${JSON.stringify(text.slice(at, at + 20))}`);
  };
  const skip = (): void => {
    const blank = /(?:\s|#[^\n]*)*/y;
    blank.lastIndex = at;
    at += blank.exec(text)?.[0].length ?? 0;
  };
  const take = (sign: string): boolean => {
    skip();
    if (!text.startsWith(sign, at)) return false;
    at += sign.length;
    return true;
  };
  const match = (pattern: RegExp): string | undefined => {
    skip();
    const sticky = new RegExp(pattern, 'y');
    sticky.lastIndex = at;
    const found = sticky.exec(text)?.[0];
    at += found?.length ?? 0;
    return found;
  };
  const quoted = (): string | undefined => {
    const source = match(/"(?:[^"\\\n]|\\[\s\S])*"|'(?:[^'\\\n]|\\[\s\S])*'/);
    return source?.slice(1, -1).replace(/\\([\s\S])/g, (_all, sign: string) => escapes[sign] ?? sign);
  };
  /** Elements up to the closing sign; a trailing comma is allowed. */
  const elements = <T>(close: string, element: () => T): T[] => {
    const found: T[] = [];
    while (!take(close)) {
      found.push(element());
      if (!take(',')) {
        if (!take(close)) fail(`, or ${close}`);
        break;
      }
    }
    return found;
  };
  const value = (): Literal => {
    if (take('[')) return elements(']', value);
    if (take('{')) {
      return Object.fromEntries(
        elements('}', (): [string, Literal] => {
          const key = quoted() ?? fail('a quoted key');
          if (!take(':')) fail(':');
          return [key, value()];
        }),
      );
    }
    const first = quoted();
    if (first !== undefined) {
      // Python joins adjacent strings.
      let whole = first;
      for (let next = quoted(); next !== undefined; next = quoted()) whole += next;
      return whole;
    }
    const number = match(/-?\d+(?:\.\d+)?/);
    if (number !== undefined) return Number(number);
    const word = match(/[A-Za-z_]\w*/) ?? fail('a literal');
    if (word === 'None') return null;
    if (word === 'True' || word === 'False') return word === 'True';
    if (!take('(')) fail('( after a name');
    return Object.fromEntries(
      elements(')', (): [string, Literal] => {
        const key = match(/[A-Za-z_]\w*/) ?? fail('an argument name');
        if (!take('=')) fail('=');
        return [key, value()];
      }),
    );
  };
  return value();
}
