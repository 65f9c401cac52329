/** Characters that a reviewer cannot see, and places in a text. */
import { UsageError } from '../errors.ts';

/** Largest harness file, bytes of UTF-8. */
export const maxFileBytes = 65_536;

// Controls but tab and line ends, soft hyphen, zero-width, bidirectional, BOM, tag characters.
const hidden =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters to refuse
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]|[\u{e0000}-\u{e007f}]/u;

/** The first invisible character as `U+202E` with its offset in UTF-16 units; undefined if none. */
export function hiddenCharacter(text: string): { readonly name: string; readonly at: number } | undefined {
  const found = hidden.exec(text);
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
