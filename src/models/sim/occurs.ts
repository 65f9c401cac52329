/** Tests whether a text holds a value. */

const isWord = (code: number): boolean =>
  (code >= 48 && code <= 57) || (code >= 65 && code <= 90) || (code >= 97 && code <= 122) || code === 95;

/** A short value must stand alone: no letter or digit beside it, no dot before it. */
function standsIn(text: string, value: string): boolean {
  for (let at = text.indexOf(value); at >= 0; at = text.indexOf(value, at + 1)) {
    const before = text.charCodeAt(at - 1);
    if (!isWord(before) && before !== 46 && !isWord(text.charCodeAt(at + value.length))) return true;
  }
  return false;
}

/** True if the text holds the value; a value of up to three characters must stand alone. */
export const contains = (text: string, value: string): boolean =>
  value.length > 3 ? text.includes(value) : standsIn(text, value);
