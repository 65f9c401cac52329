/** Judges an endpoint by the rollouts in the order of their start, and ends what cannot go on. */
import { InfrastructureError, UsageError } from '../errors.ts';
import { MODELS_FILE } from '../models/settings.ts';
import type { Trace } from '../types.ts';

/** Rollouts in a row without a reply after which the endpoint counts as gone. */
const GONE_AFTER = 5;
/** The same while none was answered yet. */
const NEVER_THERE_AFTER = 3;
/** Refused rollouts before the first answered one after which all would be refused. */
const REFUSED_AFTER = 3;
/** The same for a content filter, which may refuse single tasks. */
const FILTERED_AFTER = 10;

/** `unheard`: the prompt alone was too long for the context. */
type Outcome = 'answered' | 'gone' | 'refused' | 'filtered' | 'environment' | 'unheard';

function outcomeOf({ error, fault, refused, steps, usage }: Trace): Outcome {
  const end = steps.at(-1);
  if (error === undefined)
    return end?.kind === 'end' && end.ending.reason === 'overflow' && usage.calls === 0 ? 'unheard' : 'answered';
  if (fault === 'environment') return 'environment';
  if (fault === 'filter') return 'filtered';
  return refused ? 'refused' : 'gone';
}

export interface Outages {
  /** The place of a rollout that starts now. */
  start(): number;
  /**
   * Takes in a rollout that ended. Slow failures end last, so only the order of the starts tells
   * what is "in a row". Throws InfrastructureError for an endpoint that is gone, UsageError for one
   * that refuses everything from the start.
   */
  end(place: number, trace: Trace): void;
  /** True if neither this try nor the one before, of another rollout, met a sign of life. */
  tried(place: number, trace: Trace): boolean;
}

export function openOutages(): Outages {
  const ended: (Outcome | null)[] = [];
  let answered = false;
  /** The rollout that first met no sign of life, until another does. */
  let lastGone: number | null = null;
  /** How many of the first rollouts ended so. */
  const first = (outcome: Outcome): number => {
    let count = 0;
    while (ended[count] === outcome) count += 1;
    return count;
  };
  return {
    start: () => ended.push(null) - 1,
    tried(place, trace) {
      const before = lastGone;
      lastGone = outcomeOf(trace) === 'gone' ? (lastGone ?? place) : null;
      return before !== null && lastGone !== null && before !== place;
    },
    end(place, trace) {
      const outcome = outcomeOf(trace);
      ended[place] = outcome;
      answered ||= outcome === 'answered';
      let [from, to] = [place, place];
      while (ended[from - 1] === 'gone') from -= 1;
      while (ended[to + 1] === 'gone') to += 1;
      if (outcome === 'gone' && to - from + 1 >= (answered ? GONE_AFTER : NEVER_THERE_AFTER))
        throw new InfrastructureError(
          `${to - from + 1} rollouts in a row got no answer (${trace.error}); check the endpoint, then type the same command again`,
          { who: 'endpoint' },
        );
      if (answered) return;
      if (first('refused') >= REFUSED_AFTER)
        throw new UsageError(
          `the endpoint refused the first ${first('refused')} rollouts (${trace.error}); correct what it names, in ${MODELS_FILE} or at the server, then type the same command again`,
        );
      if (first('filtered') >= FILTERED_AFTER)
        throw new UsageError(
          `a content filter refused the first ${first('filtered')} tasks (${trace.error}); use an endpoint or account that takes them`,
        );
      if (first('unheard') >= REFUSED_AFTER)
        throw new UsageError(
          `the first ${first('unheard')} prompts do not fit the context of the model; serve it with a longer one (${MODELS_FILE}: context), or shorten policy and skills`,
        );
    },
  };
}
