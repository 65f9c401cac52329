/** Our own driver: (harness, model, environment, task, seed) -> Trace. */
import { NO_USAGE } from '../chat.ts';
import { sha256 } from '../digest.ts';
import { EnvironmentError, endedBy } from '../errors.ts';
import type { Agent, ChatRequest, Environment, Harness, MaybePromise, Plan, Score, Task, Trace } from '../types.ts';
import { modelAnswers, toolAnswers } from './answers.ts';
import { type Answer, type Ask, drive, isPromise } from './ask.ts';
import { type Compiled, compileHarness, NO_HARNESS } from './compile.ts';
import { toolsOf } from './done.ts';
import { type EpisodeResult, episode, type Fault, promptOf } from './episode.ts';
import { openEpisodeSignal } from './episode-signal.ts';
import { guarded } from './guard.ts';

export interface EpisodeOptions {
  /** Null plays without a harness: no policy, native calls, no layer. */
  readonly harness: Harness | null;
  readonly environment: Environment;
  readonly agent: Agent;
  readonly task: Task;
  readonly trial: number;
  readonly seed: number;
  /** Abort throws InterruptedError, or the BudgetError that is its reason. */
  readonly signal?: AbortSignal;
  /** Time limit of one model call; past it the episode is void. @default no limit */
  readonly timeoutMs?: number;
  /** Gives a simulated agent the oracle's plan. @default true */
  readonly usePlan?: boolean;
}

const plans = new WeakMap<Environment, WeakMap<Task, Plan>>();

/** The oracle's plan, asked for once per task, as an oracle is a pure function. */
function planOf(environment: Environment, task: Task, signal: AbortSignal): MaybePromise<Plan | undefined> {
  if (environment.oracle === undefined) return undefined;
  let known = plans.get(environment);
  if (known === undefined) {
    known = new WeakMap();
    plans.set(environment, known);
  }
  const found = known.get(task);
  if (found !== undefined) return found;
  const keep = (plan: Plan): Plan => {
    known.set(task, plan);
    return plan;
  };
  const asked = environment.oracle(task, signal);
  return isPromise(asked) ? asked.then(keep) : keep(asked);
}

interface Played extends EpisodeResult {
  readonly score: Score | null;
}

/** The first request of an episode, as `playEpisode` makes it, without its seed. */
export function firstRequest(
  harness: Harness,
  environment: Environment,
  agent: Pick<Agent, 'protocol' | 'contextTokens'>,
  task: Task,
): Omit<ChatRequest, 'seed'> {
  const first = episode(compileHarness(harness, guarded(environment), agent.protocol), task, agent).next();
  if (first.done || first.value.ask !== 'model') throw new TypeError('an episode begins with a request to the model');
  return first.value.request;
}

/** The played part, without a score, after an environment's fault; other errors are thrown. */
function asVoid(result: EpisodeResult, error: unknown): Played {
  if (!(error instanceof EnvironmentError)) throw error;
  return { ...result, score: null, fault: { fault: 'environment', message: error.message } };
}

/** The result when the environment fails before anything is played. */
const nothingPlayed = (compiled: Compiled, task: Task): EpisodeResult => ({
  ending: null,
  steps: [],
  prompt: promptOf(compiled, task),
  model: '',
  usage: NO_USAGE,
});

async function play(environment: Environment, compiled: Compiled, options: EpisodeOptions): Promise<Played> {
  const { agent, task, seed, usePlan } = options;
  const own = openEpisodeSignal(options.signal);
  const { signal } = own;
  /** Makes the signal abortable before anything is awaited. */
  const held = <T>(value: MaybePromise<T>): MaybePromise<T> => {
    if (isPromise(value)) own.wait();
    return value;
  };
  const scored = (result: EpisodeResult, state: unknown): MaybePromise<Played> => {
    const { ending, steps } = result;
    if (ending === null || environment.unscored) return { ...result, score: null };
    const score = held(environment.score(task, state, ending, { steps, signal }));
    return isPromise(score) ? score.then((given) => ({ ...result, score: given })) : { ...result, score };
  };
  let played: EpisodeResult | undefined;
  try {
    const planned = agent.simulated && usePlan !== false ? held(planOf(environment, task, signal)) : undefined;
    const plan = isPromise(planned) ? await planned : planned;
    const { vocabulary } = environment;
    const tools = toolsOf(environment);
    const model = agent.open({ task, tools, seed, vocabulary, ...(plan === undefined ? {} : { plan }) });
    const opened = held(environment.reset(task, signal));
    const state = isPromise(opened) ? await opened : opened;
    try {
      const { program } = agent;
      if (program !== undefined) {
        const found = held(environment.folder?.(state));
        const folder = isPromise(found) ? await found : found;
        const { harness } = compiled;
        played = await held(program.play({ harness, environment, task, seed, folder, model, signal }));
        return await scored(played, state);
      }
      const answerModel = modelAnswers(model, options);
      const answerTools = toolAnswers(environment, state, signal);
      let turn = 0;
      const answer = (ask: Ask): MaybePromise<Answer> => {
        if (ask.ask === 'model') return answerModel(ask);
        if (ask.ask === 'tools') return held(answerTools(ask.calls));
        turn += 1;
        return held(environment.user?.answer({ text: ask.text, turn, task, seed }, signal) ?? null);
      };
      const run = drive(episode(compiled, task, agent), answer);
      played = isPromise(run) ? await run : run;
      const ended = scored(played, state);
      return isPromise(ended) ? await ended : ended;
    } finally {
      const disposed = environment.dispose && held(environment.dispose(state));
      if (isPromise(disposed)) await disposed;
    }
  } catch (error) {
    return asVoid(played ?? nothingPlayed(compiled, task), error);
  } finally {
    own.end();
  }
}

/** The members of a void trace. */
function voidOf(fault: Fault | undefined, environment: string): Pick<Trace, 'error' | 'refused' | 'fault'> {
  if (fault === undefined) return {};
  if (fault.fault === 'environment')
    return { error: `environment ${environment}: ${fault.message}`, fault: 'environment' };
  return {
    error: fault.message,
    ...(fault.fault === 'gone' || fault.fault === 'withheld' ? {} : { refused: true }),
    ...(fault.fault === 'filtered' || fault.fault === 'withheld' ? { fault: 'filter' } : {}),
  };
}

/**
 * Plays until `done`, a stop, two replies without a call, or the last turn. Everything that the
 * agent causes is scored; a fault of model or environment gives a void trace with `error` and
 * `score: null`. Other errors are thrown.
 */
export async function playEpisode(options: EpisodeOptions): Promise<Trace> {
  const { agent, task, trial, seed } = options;
  if (options.signal?.aborted) throw endedBy(options.signal);
  const harness = options.harness ?? NO_HARNESS;
  const environment = guarded(options.environment);
  let played: Played;
  try {
    played = await play(environment, compileHarness(harness, environment, agent.protocol), options);
  } catch (error) {
    if (options.signal?.aborted) throw endedBy(options.signal, error);
    throw error;
  }
  if (options.signal?.aborted) throw endedBy(options.signal);
  const { model, prompt, steps, score, usage } = played;
  return {
    id: sha256([harness.id, task.id, trial, seed, agent.digest, environment.digest].join('\n')).slice(0, 16),
    harness: harness.id,
    env: environment.name,
    agent: agent.id,
    model: model === '' ? agent.id : model,
    task: task.id,
    split: task.split,
    trial,
    seed,
    prompt,
    steps,
    score,
    usage,
    ...voidOf(played.fault, environment.name),
  };
}
