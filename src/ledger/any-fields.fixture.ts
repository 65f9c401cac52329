/** A decision with the fields of every kind, for tests that know which kind they look at. */
import type { Decision } from './kinds/index.ts';

type FieldOf<T> = T extends unknown ? keyof T : never;
type ValueOf<T, K> = T extends unknown ? (K extends keyof T ? T[K] : never) : never;

export type AnyFields = Pick<Decision, keyof Decision> & {
  readonly [K in Exclude<FieldOf<Decision>, keyof Decision>]?: ValueOf<Decision, K> | undefined;
};
