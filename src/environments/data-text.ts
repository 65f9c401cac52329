/** Data files as editors save them: with or without a byte order mark, with any line ends. */
import { readFileSync } from 'node:fs';
import { UsageError } from '../errors.ts';
import { withLineFeeds } from '../harness/line-ends.ts';

/** Text of a UTF-8 file. Throws UsageError for UTF-16 and for bytes that are no text. */
export function dataText(file: string): string {
  const bytes = readFileSync(file);
  const mark = bytes.subarray(0, 2).toString('hex');
  if (mark === 'fffe' || mark === 'feff')
    throw new UsageError('expected UTF-8, found UTF-16; save it as UTF-8', { where: file });
  try {
    // The decoder drops the mark.
    return withLineFeeds(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new UsageError('expected UTF-8, found other bytes; save it as UTF-8', { where: file, cause });
  }
}
