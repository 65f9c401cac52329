/** The words of a text in any script, for retrieval and for finding copies. */

/** Scripts written without spaces: each character counts as a word. */
const UNSPACED = ['Han', 'Hira', 'Kana', 'Thai', 'Lao', 'Khmr', 'Mymr'].map((name) => `\\p{scx=${name}}`).join('');
const wordPattern = (joined: string) =>
  new RegExp(`(?=[\\p{L}\\p{N}])[${UNSPACED}]\\p{M}*|(?:(?![${UNSPACED}])[\\p{L}\\p{M}\\p{N}${joined}])+`, 'gu');
const WORD = wordPattern('');
const NAME = wordPattern('_');
const unspaced = new RegExp(`^[${UNSPACED}]`, 'u');

/** Joiners and marks that the same word is also written without: accents, Arabic vowels. */
const OPTIONAL = /[\u0300-\u036f\u064b-\u0652\u0640\u200c\u200d]/g;

const folded = (text: string): string => text.normalize('NFKD').replace(OPTIONAL, '').normalize('NFC').toLowerCase();

/** Lower-case words of letters and digits, without accents; full-width letters as usual ones. */
export function wordsIn(text: string): string[] {
  if (isAscii(text)) return text.toLowerCase().match(/[a-z0-9]+/g) ?? [];
  return folded(text).match(WORD) ?? [];
}

/** The same, but the name of a tool or argument (`order_id`) is one word. */
export function namesIn(text: string): string[] {
  if (isAscii(text)) return text.toLowerCase().match(/[a-z0-9_]+/g) ?? [];
  return folded(text).match(NAME) ?? [];
}

/** True for a character of a script without spaces, as `wordsIn` gives it. */
export const isUnspaced = (word: string): boolean => unspaced.test(word);

const isAscii = (text: string): boolean => {
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) > 127) return false;
  return true;
};
