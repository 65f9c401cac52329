/** Profiles of simulated agents: fault rates, compliance with advice, cost of length. */
import { z } from 'zod';

/** Rate of each fault in the profiles weak, medium, strong and held-out. */
const RATES = {
  text_call: [0.3, 0.14, 0.02, 0.08],
  missing_prefix: [0.25, 0.18, 0.04, 0.22],
  name_for_id: [0.22, 0.12, 0.04, 0.2],
  invented_id: [0.4, 0.3, 0.15, 0.5],
  wrong_name: [0.08, 0.06, 0.02, 0.12],
  wrong_type: [0.14, 0.12, 0.02, 0.05],
  write_before_read: [0.5, 0.34, 0.15, 0.35],
  wrong_state: [0.9, 0.75, 0.4, 0.85],
  partial: [0.4, 0.4, 0.15, 0.2],
  wrong_order: [0.5, 0.5, 0.2, 0.25],
  missing_report: [0.6, 0.5, 0.2, 0.3],
  unasked_write: [0.04, 0.02, 0.01, 0.05],
  loop: [0.7, 0.5, 0.25, 0.6],
  claim: [0.06, 0.03, 0.01, 0.08],
  gave_up: [0.04, 0.02, 0.01, 0.05],
  reasoning: [0.12, 0.06, 0.05, 0.06],
} as const;

export type FaultKind = keyof typeof RATES;
/** Fault labels, equal to `Diagnosis.pattern`, so that attribution can be scored. */
export const FAULTS = Object.keys(RATES) as readonly FaultKind[];

const ratesAt = (column: 0 | 1 | 2 | 3) =>
  Object.fromEntries(FAULTS.map((fault) => [fault, RATES[fault][column]])) as Record<FaultKind, number>;

const chance = z.number().min(0).max(1);

/** Place of a sentence; it decides how readily the agent follows it. */
export const Locus = z.enum(['block', 'result', 'hint', 'description', 'skill', 'system', 'schema']);
export type Locus = z.infer<typeof Locus>;

export const Profile = z.strictObject({
  name: z.string().min(1),
  /** Chance per opportunity (episode, call or argument), before advice, length and noise. */
  rates: z.record(z.enum(FAULTS), chance),
  /**
   * Chance to follow a sentence, by place. `block`: an answer that says what to do next; `result`:
   * an error that does not; `schema`: the description of one argument.
   */
  compliance: z.record(Locus, chance),
  /** Newest words of the system text with full `system` compliance; factor for earlier words. */
  attention: z.strictObject({ words: z.int().min(0), beyond: chance }),
  /** Chance to fix a failed call without help. */
  selfCorrection: chance,
  /** Chance that a name in place of an id lacks the options. */
  nameOnly: chance,
  /** Chance of an empty reply after two calls as text in a native conversation. */
  degeneration: chance,
  /** Attempts per call, the first included. */
  tries: z.int().min(1).max(20),
  /** Words without cost in system text, tools and skills; rise of rates per further 1,000. */
  length: z.strictObject({ freeWords: z.int().min(0), perThousand: z.number().min(0) }),
  /** Standard deviations of the log factor on all rates: per task, and per trial. */
  noise: z.strictObject({ task: z.number().min(0).max(2), trial: z.number().min(0).max(2) }),
});
export type Profile = z.infer<typeof Profile>;

export const ProfileName = z.enum(['weak', 'medium', 'strong', 'held-out']);
export type ProfileName = z.infer<typeof ProfileName>;

/** The built-in profiles, checked when the module loads. */
export const PROFILES: Readonly<Record<ProfileName, Profile>> = {
  weak: Profile.parse({
    name: 'weak',
    rates: ratesAt(0),
    compliance: { block: 0.85, result: 0.25, hint: 0.45, description: 0.7, skill: 0.65, system: 0.55, schema: 0.2 },
    attention: { words: 130, beyond: 0.08 },
    selfCorrection: 0.12,
    nameOnly: 0.4,
    degeneration: 0.15,
    tries: 8,
    length: { freeWords: 1800, perThousand: 0.6 },
    noise: { task: 0.35, trial: 0.25 },
  }),
  medium: Profile.parse({
    name: 'medium',
    rates: ratesAt(1),
    compliance: { block: 0.92, result: 0.4, hint: 0.6, description: 0.82, skill: 0.8, system: 0.7, schema: 0.3 },
    attention: { words: 160, beyond: 0.12 },
    selfCorrection: 0.22,
    nameOnly: 0.3,
    degeneration: 0.08,
    tries: 5,
    length: { freeWords: 2200, perThousand: 0.35 },
    noise: { task: 0.35, trial: 0.25 },
  }),
  strong: Profile.parse({
    name: 'strong',
    rates: ratesAt(2),
    compliance: { block: 0.97, result: 0.7, hint: 0.8, description: 0.92, skill: 0.9, system: 0.85, schema: 0.5 },
    attention: { words: 260, beyond: 0.25 },
    selfCorrection: 0.4,
    nameOnly: 0.15,
    degeneration: 0.02,
    tries: 4,
    length: { freeWords: 4000, perThousand: 0.15 },
    noise: { task: 0.35, trial: 0.2 },
  }),
  /** Only for tests: other proportions than those used in development. */
  'held-out': Profile.parse({
    name: 'held-out',
    rates: ratesAt(3),
    compliance: { block: 0.88, result: 0.35, hint: 0.55, description: 0.75, skill: 0.85, system: 0.6, schema: 0.3 },
    attention: { words: 150, beyond: 0.15 },
    selfCorrection: 0.2,
    nameOnly: 0.35,
    degeneration: 0.1,
    tries: 6,
    length: { freeWords: 2000, perThousand: 0.45 },
    noise: { task: 0.4, trial: 0.3 },
  }),
};
