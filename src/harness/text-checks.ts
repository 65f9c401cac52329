/** Characters that a reviewer cannot see, and places in a text. */
import { UsageError } from '../errors.ts';

/** Largest harness file, bytes of UTF-8. */
export const maxFileBytes = 65_536;

// Controls but tab and line ends, soft hyphen, zero-width, bidirectional, BOM, tag characters.
const hidden =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters to refuse
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]|[\u{e0000}-\u{e007f}]/u;

/** Scripts whose words need U+200C and U+200D: between letters, or behind a virama. */
const JOINING =
  '\\p{Script=Arabic}\\p{Script=Syriac}\\p{Script=Nko}\\p{Script=Mongolian}\\p{Script=Devanagari}\\p{Script=Bengali}' +
  '\\p{Script=Gurmukhi}\\p{Script=Gujarati}\\p{Script=Oriya}\\p{Script=Tamil}\\p{Script=Telugu}\\p{Script=Kannada}' +
  '\\p{Script=Malayalam}\\p{Script=Sinhala}\\p{Script=Tibetan}\\p{Script=Myanmar}\\p{Script=Khmer}';
/** What is text with its neighbours: joiners in a word or in an emoji, and flags made of tags. */
const shaped = new RegExp(
  `(?<=[${JOINING}][\\p{Mn}\\p{Mc}]*)[\\u200c\\u200d](?=[${JOINING}])` +
    `|(?<=[${JOINING}][\\u094d\\u09cd\\u0a4d\\u0acd\\u0b4d\\u0bcd\\u0c4d\\u0ccd\\u0d4d\\u0dca])\\u200d(?![\\u200b-\\u200f])` +
    '|(?<=\\p{Extended_Pictographic}[\\ufe0f\\u{1f3fb}-\\u{1f3ff}]*)\\u200d(?=\\p{Extended_Pictographic})' +
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
