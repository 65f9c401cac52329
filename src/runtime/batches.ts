/** Which calls of one message go out together. */
import { DONE } from './done.ts';
import { refusalOf } from './permissions.ts';
import type { CorrectedCall } from './realize.ts';
import { callKey, isReadOnly, type Session } from './session.ts';

/** True for a call whose answer nothing before it in the message can change. */
function isIndependent(session: Session, { call, clauses, refused }: CorrectedCall): boolean {
  return (
    refused === undefined &&
    clauses.length === 0 &&
    call.name !== DONE &&
    isReadOnly(session, call.name) &&
    refusalOf(call, session.compiled.harness.settings.permissions, session.lastWord) === null
  );
}

/**
 * The calls of a message in order, in batches of new read-only calls without clauses; any other
 * call is its own batch and sees the results before it.
 */
export function batchesOf(session: Session, calls: readonly CorrectedCall[]): readonly (readonly CorrectedCall[])[] {
  const batches: CorrectedCall[][] = [];
  const seen = new Set<string>();
  let open: CorrectedCall[] | null = null;
  for (const [index, corrected] of calls.entries()) {
    const key = callKey(corrected.call);
    const joins = !session.made.has(key) && !seen.has(key) && isIndependent(session, corrected);
    seen.add(key);
    if (open !== null && joins && index < session.stepsLeft) open.push(corrected);
    else {
      const batch = [corrected];
      batches.push(batch);
      open = joins ? batch : null;
    }
  }
  return batches;
}
