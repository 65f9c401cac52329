/** Which noise a rollout sees: paired arms share it, nights and comparisons do not. */
import { seedOf } from '../digest.ts';

export interface TrialKey {
  /** The run's seed and night; of a look the chain's (`drawnNoise`). */
  readonly seed: number;
  readonly night: number;
  /** Names the comparison, e.g. `dev` or `sealed`; arms with the same name share their noise. */
  readonly tier: string;
  /** Task id. */
  readonly task: string;
  /** 0, 1, ... */
  readonly trial: number;
}

/** Noise that no person chose: from a digest of the chain, null before its first decision. */
export const drawnNoise = (head: string | null): Pick<TrialKey, 'seed' | 'night'> => ({
  seed: head === null ? 1 : seedOf('look', head),
  night: 1,
});

/** A 32-bit unsigned seed; the harness is not part of it, so both arms get equal random draws. */
export const trialSeed = ({ seed, night, tier, task, trial }: TrialKey): number =>
  seedOf('trial', seed, night, tier, task, trial);
