/** Describes a simple pattern in words, so that a refused model knows what to write. */

const CLASSES: Readonly<Record<string, readonly [one: string, many: string]>> = {
  '[0-9]': ['digit', 'digits'],
  '\\d': ['digit', 'digits'],
  '[a-z]': ['lower-case letter', 'lower-case letters'],
  '[A-Z]': ['capital letter', 'capital letters'],
  '[a-zA-Z]': ['letter', 'letters'],
  '[A-Za-z]': ['letter', 'letters'],
  '[a-z0-9]': ['lower-case letter or digit', 'lower-case letters or digits'],
  '[a-z0-9_]': ['lower-case letter, digit or "_"', 'lower-case letters, digits or "_"'],
  '[A-Z0-9]': ['capital letter or digit', 'capital letters or digits'],
  '\\w': ['letter, digit or "_"', 'letters, digits or "_"'],
};

const PIECE = /(\[[^\]]*\]|\\.|[^\\[\](){}*+?|^$.])(\{(\d+)(?:,(\d*))?\}|[+*?])?/y;

function amount(quantifier: string | undefined, from: string | undefined, to: string | undefined): string | null {
  if (quantifier === undefined) return '1';
  if (quantifier === '+') return 'one or more';
  if (from === undefined) return null;
  if (to === undefined) return quantifier.includes(',') ? `at least ${from}` : from;
  return to === '' ? `at least ${from}` : `${from} to ${to}`;
}

/** E.g. `^#W[0-9]{7}$` -> `"#W" followed by 7 digits`; other patterns are returned unchanged. */
export function describePattern(pattern: string): string {
  const fallback = `text that matches ${pattern}`;
  if (!pattern.startsWith('^') || !pattern.endsWith('$')) return fallback;
  const body = pattern.slice(1, -1);
  const parts: string[] = [];
  let literal = '';
  const flush = () => {
    if (literal !== '') parts.push(JSON.stringify(literal));
    literal = '';
  };
  PIECE.lastIndex = 0;
  while (PIECE.lastIndex < body.length) {
    const match = PIECE.exec(body);
    if (match === null) return fallback;
    const [, piece, quantifier, from, to] = match;
    const names = CLASSES[piece as string];
    if (names === undefined) {
      if (quantifier !== undefined || (piece as string).startsWith('[') || /^\\[a-zA-Z0-9]/.test(piece as string))
        return fallback;
      literal += (piece as string).replace(/^\\/, '');
      continue;
    }
    const count = amount(quantifier, from, to);
    if (count === null) return fallback;
    flush();
    parts.push(`${count} ${count === '1' ? names[0] : names[1]}`);
  }
  flush();
  return parts.length === 0 ? fallback : parts.join(' followed by ');
}
