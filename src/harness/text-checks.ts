/** Characters that a reviewer cannot see, and places in a text. */
import { UsageError } from '../errors.ts';

/** Largest harness file, bytes of UTF-8. */
export const maxFileBytes = 65_536;

// Controls but tab and line ends, what is drawn as nothing (joiners, bidi, fillers, selectors,
// tags), annotations, the blank pattern of Braille.
const hidden = /(?![\t\n\r])\p{Cc}|[\p{Default_Ignorable_Code_Point}\u2028\u2029\u2800\ufff9-\ufffb]/u;

/** Scripts whose words need U+200C and U+200D: between letters, or behind a virama. */
const JOINING =
  '\\p{Script=Arabic}\\p{Script=Syriac}\\p{Script=Nko}\\p{Script=Mongolian}\\p{Script=Devanagari}\\p{Script=Bengali}' +
  '\\p{Script=Gurmukhi}\\p{Script=Gujarati}\\p{Script=Oriya}\\p{Script=Tamil}\\p{Script=Telugu}\\p{Script=Kannada}' +
  '\\p{Script=Malayalam}\\p{Script=Sinhala}\\p{Script=Tibetan}\\p{Script=Myanmar}\\p{Script=Khmer}';
/** What is text with its neighbours: joiners, emoji, flags made of tags, forms of a character. */
const shaped = new RegExp(
  // At a word that joins, one of them also stands beside other text: a plural of "PDF".
  `(?<=[\\p{L}\\p{M}\\p{N}\\p{P}])\\u200c(?=[${JOINING}])|(?<=[${JOINING}])\\u200c(?![\\u200b-\\u200f\\ufe00-\\ufe0f])` +
    `|(?<=[${JOINING}][\\p{Mn}\\p{Mc}]*)\\u200d(?=[${JOINING}])` +
    `|(?<=[${JOINING}][\\u094d\\u09cd\\u0a4d\\u0acd\\u0b4d\\u0bcd\\u0c4d\\u0ccd\\u0d4d\\u0dca])\\u200d(?![\\u200b-\\u200f])` +
    '|(?<=\\p{Extended_Pictographic}[\\ufe0f\\u{1f3fb}-\\u{1f3ff}]*)\\u200d(?=\\p{Extended_Pictographic})' +
    '|(?<=[\\p{Extended_Pictographic}0-9#*])[\\ufe0e\\ufe0f]|(?<=\\p{Script=Han})[\\ufe00-\\ufe02\\u{e0100}-\\u{e01ef}]' +
    '|(?<=\\p{Script=Mongolian})[\\u180b-\\u180f]' +
    '|(?<=\\u{1f3f4})[\\u{e0030}-\\u{e0039}\\u{e0061}-\\u{e007a}]{2,6}\\u{e007f}',
  'gu',
);

/** The first invisible character as `U+202E` with its offset in UTF-16 units; undefined if none. */
export function hiddenCharacter(text: string): { readonly name: string; readonly at: number } | undefined {
  if (!hidden.test(text)) return undefined;
  const found = hidden.exec(text.replace(shaped, (legit) => '-'.repeat(legit.length)));
  if (!found) return undefined;
  const code = found[0].codePointAt(0) ?? 0;
  return { name: `U+${code.toString(16).toUpperCase().padStart(4, '0')}`, at: found.index };
}

const unshaped = new RegExp(`(${shaped.source})|(?![\\n\\t])[\\p{Cc}\\p{Cf}]`, 'gu');
/** Without control and format characters, which data must not send to a terminal. */
export const printable = (text: string): string => text.replace(unshaped, '$1');

/** `line:column` of an offset, both from 1. */
export function placeOf(text: string, offset: number): string {
  const before = text.slice(0, offset);
  const line = before.split('\n').length;
  return `${line}:${offset - before.lastIndexOf('\n')}`;
}

/** Throws UsageError for a file that is too large or holds invisible characters. */
export function checkText(text: string, where: string): void {
  const bytes = Buffer.byteLength(text, 'utf8');
  if (bytes > maxFileBytes) {
    throw new UsageError(`expected at most ${maxFileBytes} bytes, found ${bytes}; shorten or split it`, { where });
  }
  const found = hiddenCharacter(text);
  if (found) {
    throw new UsageError(`expected visible text, found the invisible character ${found.name}; delete it`, {
      where: `${where}:${placeOf(text, found.at)}`,
    });
  }
}
