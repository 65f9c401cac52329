/** Cost and detectable effect of a night, before anything is spent. */
import { leastEnough } from '../gate/arithmetic.ts';
import { detectableEffect, releaseProbability } from '../gate/power.ts';
import { alphaOf, POWER, RELEASE } from '../gate/rules.ts';
import type { Decision } from '../ledger/kinds/index.ts';
import { lookPlace, MAX_LOOKS, UNUSED, useOfTasks } from '../ledger/kinds/panels.ts';
import type { Environment, Task } from '../types.ts';
import type { Past } from './cost-history.ts';
import { MAX_ROUNDS, type NightOptions, PAID_SAMPLE } from './night.ts';
import { MIN_PANEL, sealedOf, useSealed } from './panel.ts';
import { countOf, unprovenBy } from './reach.ts';

export interface NightPlan {
  readonly tasks: { readonly train: number; readonly dev: number; readonly sealed: number };
  /** Tasks of the next look. */
  readonly panel: number;
  /** Most trials per task and arm on the sealed panel. */
  readonly trials: number;
  /** `least` decides about one candidate; `most` plays all of dev for every candidate. */
  readonly rollouts: Range & { readonly least: number };
  /** US dollars, from the newest finished night of this agent; null when unknown. */
  readonly usd: Range | null;
  /** Minutes, from the same night. */
  readonly minutes: Range | null;
  /** Looks since the release in force, and the error rate of the next one. */
  readonly look: { readonly before: number; readonly alpha: number };
  /** What is left of given tasks; null when every look generates its own. */
  readonly given: {
    /** Looks that the panel may still answer. */
    readonly looksLeft: number;
    /** Unused tasks that may replace it. */
    readonly reserve: number;
    readonly audit: number;
    /** True after a release on this panel: alpha is not claimed on it. */
    readonly used: boolean;
  } | null;
  /** Why the night can test nothing, and only proposes; null if it can release. */
  readonly unproven: string | null;
  /** Why the night is refused; null when it can decide something. */
  readonly refusal: string | null;
}

/** What a look could find. It takes a second to compute, so a night leaves it out. */
export interface Prospects {
  /** Smallest true gain, 0 to 1, that is released with 80 % power. */
  readonly detectable: number;
  /** The same for an agent that repeats itself: one trial per task. */
  readonly detectableDeterministic: number;
  /** Probability that a gain of `effect` is released, per kind of agent. */
  readonly power: { readonly effect: number; readonly noisy: number; readonly deterministic: number };
  /** What would reach 50 % power, where this night does not; else null. */
  readonly weakness: string | null;
}

interface Range {
  readonly expected: number;
  readonly most: number;
}

/** Mean share of dev that a candidate plays, from the gate's simulations. */
const EXPECTED_RACE = 0.4;
/** The largest sealed panel that a plan names. */
const MOST_TASKS = 2000;

export interface PlanInput {
  readonly options: NightOptions;
  readonly environment: Environment;
  /** Selected by the flags. */
  readonly tasks: readonly Task[];
  readonly simulated: boolean;
  /** Decisions of earlier nights. @default [] */
  readonly decisions?: readonly Decision[];
  readonly past?: Past | null;
}

export function planNight({
  options,
  environment,
  tasks,
  simulated,
  decisions = [],
  past = null,
}: PlanInput): NightPlan {
  const [train, dev, sealed] = [countOf(tasks, 'train'), countOf(tasks, 'dev'), countOf(tasks, 'sealed')];
  const learnt = simulated ? train : Math.min(train, PAID_SAMPLE);
  const trials = RELEASE.noisyTrials;
  const baseline = simulated ? dev : 2 * dev;
  const { size, given } = panelOf(environment, tasks, options, decisions);
  const panel = 2 * trials * size;
  const unproven = unprovenBy(tasks);
  const whole = learnt + baseline + dev + panel;
  const least = unproven === null ? whole : learnt;
  const most = unproven !== null ? learnt : MAX_ROUNDS * learnt + 2 * baseline + options.budget * dev + panel;
  const expected = Math.min(most, 2 * learnt + baseline + Math.round(options.budget * dev * EXPECTED_RACE) + panel);
  const times = (each: number): Range => ({ expected: each * expected, most: each * most });

  const place = lookPlace(decisions);
  const before = place.sinceRelease;
  const alpha = alphaOf(place, options.policy.fdr);
  return {
    tasks: { train, dev, sealed },
    panel: size,
    trials,
    rollouts: { least, expected, most },
    usd: simulated ? times(0) : past && times(past.usdPerRollout),
    minutes: past && times(past.secondsPerRollout / 60),
    look: { before, alpha },
    given,
    unproven,
    refusal: refusalOf(options, least, unproven),
  };
}

/** What a planned look could find; `effect` is the gain to find, 0 to 1. */
export function prospectsOf(
  { panel: sealed, trials, look: { alpha }, unproven }: NightPlan,
  effect: number,
): Prospects {
  const power = (tasks: number, gain: number, count: number) =>
    tasks > 0 ? releaseProbability({ tasks, trials: count, effect: gain, alpha }) : 0;
  const smallest = (count: number) =>
    sealed > 0 ? detectableEffect({ tasks: sealed, trials: count, alpha }) : Number.POSITIVE_INFINITY;
  const enough = (tasks: number, gain: number) =>
    [trials, 1].some((count) => power(tasks, gain, count) >= POWER.minPredicted);
  const [noisy, deterministic] = [power(sealed, effect, trials), power(sealed, effect, 1)];
  return {
    detectable: smallest(trials),
    detectableDeterministic: smallest(1),
    power: { effect, noisy, deterministic },
    weakness: unproven !== null || enough(sealed, effect) ? null : weakness(),
  };

  function weakness(): string {
    const remedies: string[] = [];
    if (enough(MOST_TASKS, effect))
      remedies.push(`${leastEnough(sealed, MOST_TASKS, (tasks) => enough(tasks, effect))} sealed tasks`);
    if (enough(sealed, 1)) {
      const points = leastEnough(Math.floor(100 * effect), 100, (gain) => enough(sealed, gain / 100));
      remedies.push(`--effect ${points} on these ${sealed}`);
    }
    const asked = Number((100 * effect).toPrecision(3));
    return `a gain of ${asked} points would be released with ${(100 * Math.max(noisy, deterministic)).toFixed(0)} % power only; ${remedies.length > 0 ? `50 % have ${remedies.join(', or ')}` : 'no panel of any size has 50 %'}`;
  }
}

/** Size of the next panel, and what is left of given tasks. */
function panelOf(
  environment: Environment,
  tasks: readonly Task[],
  { policy }: NightOptions,
  decisions: readonly Decision[],
): { readonly size: number; readonly given: NightPlan['given'] } {
  const sealed = sealedOf({ tasks });
  if (environment.generate !== undefined)
    return { size: Math.min(sealed.length, policy.panel.size ?? sealed.length), given: null };
  const { next, reserve, audit, forLooks } = useSealed(environment, sealed, policy.panel, decisions);
  const panel = next.length >= MIN_PANEL ? next : forLooks.slice(0, policy.panel.size);
  const use = useOfTasks(decisions);
  const looks = Math.max(0, ...panel.map(({ id }) => (use.get(id) ?? UNUSED).looks));
  return {
    size: panel.length,
    given: {
      looksLeft: Math.max(0, MAX_LOOKS - looks),
      reserve,
      audit: audit.length,
      used: panel.some(({ id }) => use.get(id)?.used),
    },
  };
}

function refusalOf(
  { budget, maxRollouts, maxMinutes, maxUsd }: NightOptions,
  least: number,
  unproven: string | null,
): string | null {
  if (budget < 1)
    return 'a budget of 0 candidates evaluates nothing, so nothing can be decided; use --budget 1 or more';
  if (maxRollouts < least)
    return `--max-rollouts ${maxRollouts} cannot decide anything: ${unproven === null ? 'training, the dev baseline, one candidate and one look at the sealed panel need' : 'training needs'} ${least}`;
  if (maxMinutes <= 0) return '--max-minutes 0 leaves no time to decide anything';
  if (maxUsd <= 0) return '--max-usd 0 allows no model call';
  return null;
}
