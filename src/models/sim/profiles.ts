/** Profiles of simulated agents: fault rates, compliance with advice, cost of length. */
import { z } from 'zod';

/** Fault labels, equal to `Diagnosis.pattern`, so that attribution can be scored. */
export const FAULTS = [
  'text_call',
  'missing_prefix',
  'name_for_id',
  'invented_id',
  'wrong_name',
  'wrong_type',
  'write_before_read',
  'wrong_state',
  'partial',
  'wrong_order',
  'missing_report',
  'unasked_write',
  'loop',
  'claim',
  'gave_up',
  'reasoning',
] as const;
export type FaultKind = (typeof FAULTS)[number];

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

const medium: Profile = {
  name: 'medium',
  rates: {
    text_call: 0.14,
    missing_prefix: 0.18,
    name_for_id: 0.12,
    invented_id: 0.3,
    wrong_name: 0.06,
    wrong_type: 0.12,
    write_before_read: 0.34,
    wrong_state: 0.75,
    partial: 0.4,
    wrong_order: 0.5,
    missing_report: 0.5,
    unasked_write: 0.02,
    loop: 0.5,
    claim: 0.03,
    gave_up: 0.02,
    reasoning: 0.06,
  },
  compliance: { block: 0.92, result: 0.4, hint: 0.6, description: 0.82, skill: 0.8, system: 0.7, schema: 0.3 },
  attention: { words: 160, beyond: 0.12 },
  selfCorrection: 0.22,
  nameOnly: 0.3,
  degeneration: 0.08,
  tries: 5,
  length: { freeWords: 2200, perThousand: 0.35 },
  noise: { task: 0.35, trial: 0.25 },
};

const weak: Profile = {
  name: 'weak',
  rates: {
    text_call: 0.3,
    missing_prefix: 0.25,
    name_for_id: 0.22,
    invented_id: 0.4,
    wrong_name: 0.08,
    wrong_type: 0.14,
    write_before_read: 0.5,
    wrong_state: 0.9,
    partial: 0.4,
    wrong_order: 0.5,
    missing_report: 0.6,
    unasked_write: 0.04,
    loop: 0.7,
    claim: 0.06,
    gave_up: 0.04,
    reasoning: 0.12,
  },
  compliance: { block: 0.85, result: 0.25, hint: 0.45, description: 0.7, skill: 0.65, system: 0.55, schema: 0.2 },
  attention: { words: 130, beyond: 0.08 },
  selfCorrection: 0.12,
  nameOnly: 0.4,
  degeneration: 0.15,
  tries: 8,
  length: { freeWords: 1800, perThousand: 0.6 },
  noise: { task: 0.35, trial: 0.25 },
};

const strong: Profile = {
  name: 'strong',
  rates: {
    text_call: 0.02,
    missing_prefix: 0.04,
    name_for_id: 0.04,
    invented_id: 0.15,
    wrong_name: 0.02,
    wrong_type: 0.02,
    write_before_read: 0.15,
    wrong_state: 0.4,
    partial: 0.15,
    wrong_order: 0.2,
    missing_report: 0.2,
    unasked_write: 0.01,
    loop: 0.25,
    claim: 0.01,
    gave_up: 0.01,
    reasoning: 0.05,
  },
  compliance: { block: 0.97, result: 0.7, hint: 0.8, description: 0.92, skill: 0.9, system: 0.85, schema: 0.5 },
  attention: { words: 260, beyond: 0.25 },
  selfCorrection: 0.4,
  nameOnly: 0.15,
  degeneration: 0.02,
  tries: 4,
  length: { freeWords: 4000, perThousand: 0.15 },
  noise: { task: 0.35, trial: 0.2 },
};

/** Only for tests: other proportions than those used in development. */
const heldOut: Profile = {
  name: 'held-out',
  rates: {
    text_call: 0.08,
    missing_prefix: 0.22,
    name_for_id: 0.2,
    invented_id: 0.5,
    wrong_name: 0.12,
    wrong_type: 0.05,
    write_before_read: 0.35,
    wrong_state: 0.85,
    partial: 0.2,
    wrong_order: 0.25,
    missing_report: 0.3,
    unasked_write: 0.05,
    loop: 0.6,
    claim: 0.08,
    gave_up: 0.05,
    reasoning: 0.06,
  },
  compliance: { block: 0.88, result: 0.35, hint: 0.55, description: 0.75, skill: 0.85, system: 0.6, schema: 0.3 },
  attention: { words: 150, beyond: 0.15 },
  selfCorrection: 0.2,
  nameOnly: 0.35,
  degeneration: 0.1,
  tries: 6,
  length: { freeWords: 2000, perThousand: 0.45 },
  noise: { task: 0.4, trial: 0.3 },
};

/** The built-in profiles, checked when the module loads. */
export const PROFILES: Readonly<Record<ProfileName, Profile>> = {
  weak: Profile.parse(weak),
  medium: Profile.parse(medium),
  strong: Profile.parse(strong),
  'held-out': Profile.parse(heldOut),
};
