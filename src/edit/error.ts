/** Why an edit does not fit the files it is applied to. */

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
