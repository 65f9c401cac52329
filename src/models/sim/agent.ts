/** The simulated agent: plays the oracle's plan with seeded faults, without a model. */
import { canonicalJson, sha256 } from '../../digest.ts';
import { UsageError } from '../../errors.ts';
import type { Agent } from '../../types.ts';
import type { Strike } from './draws.ts';
import { openPlayer } from './player.ts';
import { PROFILES, Profile, ProfileName } from './profiles.ts';

/** Raise this whenever equal requests may get different replies. */
export const ENGINE = 'sim/1';

/**
 * An agent that errs at its profile's rates and follows visible text: evidence about the optimizer,
 * never about a model.
 *
 * Replies depend on the seed, the plan and the requests alone. From the plan the agent emits only
 * values in visible text, or corruptions of them. Streams are named by seed, fault and step, so
 * that harnesses with one seed share their noise.
 *
 * `report` is told of each fault. Throws UsageError for an unknown profile, and in `open` without
 * an oracle.
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
