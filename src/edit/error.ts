/** Why an edit does not fit the files. */
import type { z } from 'zod';

export type EditReason = 'anchor_missing' | 'anchor_ambiguous' | 'unknown_id' | 'duplicate_id' | 'invalid';

/** An operation does not apply; the files are unchanged. */
export class EditError extends Error {
  override readonly name = 'EditError';
  readonly reason: EditReason;
  constructor(reason: EditReason, message: string) {
    super(message);
    this.reason = reason;
  }
}

/** The value as parsed. Throws EditError `invalid`. */
export function checked<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const { success, data, error } = schema.safeParse(value);
  if (success) return data;
  throw new EditError('invalid', `expected a valid ${what}, found ${error.issues[0]?.message ?? 'another value'}`);
}
