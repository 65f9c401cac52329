/** Plays the small shop with one profile and says what happened. */
import type { Json, Plan, ToolCall } from '../../types.ts';
import { simulatedAgent } from './agent.ts';
import type { FaultKind, Profile } from './profiles.ts';
import {
  converse,
  profileWith,
  shopPlan,
  shopTask,
  shopTools,
  shopVocabulary,
  type Told,
  type Turn,
} from './shop.fixture.ts';

export interface Played {
  readonly turns: readonly Turn[];
  readonly struck: ReadonlySet<FaultKind>;
}

export async function play(profile: Profile, seed: number, told: Told = {}, plan: Plan = shopPlan): Promise<Played> {
  const struck = new Set<FaultKind>();
  const agent = simulatedAgent(profile, (fault) => void struck.add(fault));
  const model = agent.open({ task: shopTask, tools: shopTools, plan, seed, vocabulary: shopVocabulary });
  return { turns: await converse((request) => model.complete(request), told), struck };
}

/** Share of 80 seeds in which `test` holds. */
export async function share(
  profile: Profile,
  test: (played: Played) => boolean,
  told: Told = {},
  plan: Plan = shopPlan,
): Promise<number> {
  let hits = 0;
  for (let seed = 0; seed < 80; seed++) if (test(await play(profile, seed, told, plan))) hits++;
  return hits / 80;
}

export const has =
  (fault: FaultKind) =>
  ({ struck }: Played): boolean =>
    struck.has(fault);
export const calls = (played: Played): ToolCall[] => played.turns.flatMap((turn) => (turn.call ? [turn.call] : []));
export const leaves = (value: Json): string[] =>
  typeof value === 'string'
    ? [value]
    : typeof value === 'object' && value !== null
      ? Object.values(value).flatMap(leaves)
      : [];
export const golds = shopPlan.calls.flatMap((call) => leaves(call.arguments));
export const faulty = (extra: Partial<Profile['rates']> = {}): Profile =>
  profileWith(
    {
      text_call: 0.2,
      missing_prefix: 0.4,
      name_for_id: 0.4,
      invented_id: 0.4,
      wrong_name: 0.2,
      wrong_type: 0.3,
      write_before_read: 0.4,
      wrong_state: 0.3,
      partial: 0.4,
      missing_report: 0.3,
      loop: 0.5,
      claim: 0.1,
      gave_up: 0.1,
      reasoning: 0.4,
      unasked_write: 0.3,
      ...extra,
    },
    { selfCorrection: 0.4 },
  );

/** Follows every word that it is told. */
export const obedient = {
  compliance: { block: 1, result: 1, hint: 1, description: 1, skill: 1, system: 1, schema: 1 },
};
