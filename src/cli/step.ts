/** What a person gives as a reason. */
import { UsageError } from '../errors.ts';
import { redactorOf } from '../secrets.ts';

/**
 * What a person gives as `--reason`, without secrets of the process. Throws UsageError for none,
 * and for more than 500 characters.
 */
export function reasonOf(text: string): string {
  const why = (redactorOf(process.env) ?? String)(text.trim());
  if (why === '' || why.length > 500) throw new UsageError(`--reason: expected 1 to 500 characters, got ${why.length}`);
  return why;
}
