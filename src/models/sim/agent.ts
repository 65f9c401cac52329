/**
 * The simulated agent: plays an environment's gold plan through seeded faults, so that the program
 * runs with no model at all.
 */
import { canonicalJson, sha256 } from '../../digest.ts';
import { UsageError } from '../../errors.ts';
import type { Agent } from '../../types.ts';
import type { Strike } from './draws.ts';
import { openPlayer } from './player.ts';
import { PROFILES, Profile, ProfileName } from './profiles.ts';

/** Raise it whenever equal requests may get other replies than before. */
export const ENGINE = 'sim/1';

/**
 * An agent that errs at the rates of its profile and follows the text that it sees: evidence about
 * the optimizer, never about a model.
 *
 * `open` gives the player of one episode: replies depend on the episode's seed and plan and on the
 * requests alone. The plan enters there and never through a request; from it the agent emits only
 * values that stand in visible text, or corruptions of them. Faults are drawn from streams named by
 * seed, fault and step, so that two harnesses played with one seed share their noise.
 *
 * `report` is told of each fault as it strikes (for tests and attribution). Throws UsageError for
 * an unknown profile name, and in `open` when the environment has no oracle.
 */
export function simulatedAgent(profile: ProfileName | Profile, report?: Strike): Agent {
  const data = typeof profile === 'string' ? namedProfile(profile) : Profile.parse(profile);
  const id = `sim:${data.name}`;
  return {
    id,
    simulated: true,
    digest: sha256(canonicalJson({ engine: ENGINE, profile: data })),
    open: (episode) => {
      if (!episode.plan)
        throw new UsageError(
          'sim plays only environments with an oracle; add `oracle` to the environment, or name a model with --model openai:NAME --base-url URL',
        );
      const play = openPlayer(data, episode, episode.plan, id, report);
      return { complete: play };
    },
  };
}

function namedProfile(name: string): Profile {
  const known = ProfileName.safeParse(name);
  if (known.success) return PROFILES[known.data];
  throw new UsageError(
    `expected a profile of the simulated agent (${ProfileName.options.join(', ')}), got ${JSON.stringify(name)}`,
  );
}
