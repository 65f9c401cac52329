/**
 * Scores of two models are no scores of one agent: a run ends when its endpoint changes what it
 * serves.
 */
import { InfrastructureError } from '../errors.ts';

/**
 * `before` is null until something was served. Throws a fatal InfrastructureError when `now` is
 * another model.
 */
export function assertSameModel(before: string | null, now: string): void {
  if (before === null || now === before) return;
  throw new InfrastructureError(
    `the endpoint now serves "${now}", and served "${before}" before: the two cannot be compared; name one exact model, or start a new night once it stays`,
    { fatal: true, freezes: true },
  );
}
