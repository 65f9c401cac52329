/** Ends a run when its endpoint serves another model: the scores could not be compared. */
import { InfrastructureError } from '../errors.ts';

/** `before`: null before the first reply. Throws a fatal InfrastructureError for another model. */
export function assertSameModel(before: string | null, now: string): void {
  if (before === null || now === before) return;
  throw new InfrastructureError(
    `the endpoint now serves "${now}", and served "${before}" before: the two cannot be compared; name one exact model, or start a new night once it stays`,
    { who: 'endpoint', fatal: true, freezes: true },
  );
}
