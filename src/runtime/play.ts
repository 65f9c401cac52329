/**
 * The driver of our own loop: (harness, model, environment, task, seed) -> Trace. It answers the
 * machine from an agent, an environment and a person.
 */
import { NO_USAGE } from '../chat.ts';
import { sha256 } from '../digest.ts';
import { EnvironmentError, InfrastructureError, InterruptedError } from '../errors.ts';
import type {
  Agent,
  ChatModel,
  ChatReply,
  Environment,
  Harness,
  MaybePromise,
  Plan,
  Score,
  Task,
  Trace,
} from '../types.ts';
import { type Answer, type Ask, type AskedCall, type CallResult, drive, isPromise, type ModelFault } from './ask.ts';
import { type Compiled, compileHarness, NO_HARNESS } from './compile.ts';
import { isTooLong } from './context.ts';
import { withinLimit } from './deadline.ts';
import { toolsOf } from './done.ts';
import { type EpisodeResult, episode, type Fault, promptOf } from './episode.ts';
import { guarded } from './guard.ts';

export interface EpisodeOptions {
  /** Null plays without any harness: no policy, native calls, no layer. */
  readonly harness: Harness | null;
  readonly environment: Environment;
  readonly agent: Agent;
  readonly task: Task;
  readonly trial: number;
  readonly seed: number;
  /** Abort throws InterruptedError. */
  readonly signal?: AbortSignal;
  /**
   * One model call; a longer one makes the episode void: an endpoint that hangs says nothing about
   * the agent.
   * @default no limit
   */
  readonly timeoutMs?: number;
  /** Hand a simulated agent the oracle's plan. @default true */
  readonly usePlan?: boolean;
}

const plans = new WeakMap<Environment, WeakMap<Task, Plan>>();

/** The oracle's plan, asked for once per task: an oracle is a pure function. */
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

/** Why a model gave no reply, as far as that is no reason to stop everything. */
function faultOf(error: unknown): ModelFault {
  if (!(error instanceof InfrastructureError) || error.fatal || error instanceof EnvironmentError) throw error;
  const { message, final } = error;
  return { fault: isTooLong(message) ? 'too_long' : final ? 'refused' : 'gone', message };
}

/** What the agent's model says. A simulated agent answers at once and needs no limit. */
function modelAnswers(
  model: ChatModel,
  options: EpisodeOptions,
): (ask: Ask & { ask: 'model' }) => MaybePromise<Answer> {
  const { agent, seed, signal, timeoutMs } = options;
  return ({ request }) => {
    const complete = (inner: AbortSignal | undefined) => model.complete({ ...request, seed }, inner);
    try {
      const reply: MaybePromise<ChatReply> = agent.simulated
        ? complete(signal)
        : withinLimit(async (inner) => complete(inner), timeoutMs, signal);
      return isPromise(reply) ? reply.catch(faultOf) : reply;
    } catch (error) {
      return faultOf(error);
    }
  };
}

/** Runs calls against one state of an environment; a successful write tells the changes as well. */
export function toolAnswers(
  environment: Environment,
  state: unknown,
  signal?: AbortSignal,
): (calls: readonly AskedCall[]) => MaybePromise<readonly CallResult[]> {
  const isRead = ({ call }: AskedCall) => environment.tools.find(({ name }) => name === call.name)?.readOnly === true;
  const withChanges = (asked: AskedCall, result: CallResult): CallResult =>
    result.error || environment.changes === undefined || isRead(asked)
      ? result
      : { ...result, changes: environment.changes(state) };
  const run = (asked: AskedCall): MaybePromise<CallResult> => {
    const result = environment.execute(state, asked.call, signal);
    return isPromise(result) ? result.then((one) => withChanges(asked, one)) : withChanges(asked, result);
  };
  return (calls) => {
    const results = calls.map(run);
    if (!results.some(isPromise)) return results as readonly CallResult[];
    // All of them end before anything goes on: nothing may run behind the next call.
    return Promise.allSettled(results).then((ended) =>
      ended.map((one) => {
        if (one.status === 'rejected') throw one.reason;
        return one.value;
      }),
    );
  };
}

interface Played extends EpisodeResult {
  readonly score: Score | null;
}

/** Plays in one state of the environment and scores what came of it. */
async function playIn(
  state: unknown,
  environment: Environment,
  compiled: Compiled,
  model: ChatModel,
  options: EpisodeOptions,
  signal: AbortSignal,
): Promise<Played> {
  const { agent, task, seed } = options;
  const answerModel = modelAnswers(model, { ...options, signal });
  const answerTools = toolAnswers(environment, state, signal);
  let asked = 0;
  const answer = (ask: Ask): MaybePromise<Answer> => {
    if (ask.ask === 'model') return answerModel(ask);
    if (ask.ask === 'tools') return answerTools(ask.calls);
    asked += 1;
    return environment.user?.answer({ text: ask.text, turn: asked, task, seed }, signal) ?? null;
  };
  const result = await drive(episode(compiled, task, { contextTokens: agent.contextTokens }), answer);
  const { ending, steps } = result;
  if (ending === null || environment.unscored) return { ...result, score: null };
  try {
    return { ...result, score: await environment.score(task, state, ending, { steps, signal }) };
  } catch (error) {
    return asVoid(result, error);
  }
}

/** What was played, without a score, after a fault of the environment; other errors are thrown. */
function asVoid(result: EpisodeResult, error: unknown): Played {
  if (!(error instanceof EnvironmentError)) throw error;
  return { ...result, score: null, fault: { fault: 'environment', message: error.message } };
}

/**
 * Plays until `done`, a stop, two replies without a call or the last turn. Everything that the
 * agent causes is scored; a fault of the model or of the environment gives a void trace with
 * `error` and `score: null`. Other errors are thrown.
 */
export async function playEpisode(options: EpisodeOptions): Promise<Trace> {
  const { agent, task, trial, seed } = options;
  if (options.signal?.aborted) throw new InterruptedError('interrupted before the episode');
  const harness = options.harness ?? NO_HARNESS;
  const environment = guarded(options.environment);
  const compiled = compileHarness(harness, environment, agent.protocol);
  // One signal for all that runs in this episode: it is aborted when the episode is over.
  const own = new AbortController();
  const interrupt = () => own.abort(options.signal?.reason);
  options.signal?.addEventListener('abort', interrupt, { once: true });
  try {
    const { fault, model, ...played } = await playGuarded(environment, compiled, options, own.signal);
    if (options.signal?.aborted) throw new InterruptedError('interrupted during an episode');
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
      prompt: played.prompt,
      steps: played.steps,
      score: played.score,
      usage: played.usage,
      ...voidOf(fault, environment.name),
    };
  } catch (error) {
    if (options.signal?.aborted) throw new InterruptedError('interrupted during an episode', { cause: error });
    throw error;
  } finally {
    options.signal?.removeEventListener('abort', interrupt);
    own.abort(new Error('the episode is over'));
  }
}

/** The members of a void trace. */
function voidOf(fault: Fault | undefined, environment: string): Pick<Trace, 'error' | 'refused' | 'fault'> {
  if (fault === undefined) return {};
  if (fault.fault === 'environment')
    return { error: `environment ${environment}: ${fault.message}`, fault: 'environment' };
  return { error: fault.message, ...(fault.fault === 'gone' ? {} : { refused: true }) };
}

async function playGuarded(
  environment: Environment,
  compiled: Compiled,
  options: EpisodeOptions,
  signal: AbortSignal,
): Promise<Played> {
  const { agent, task, seed, usePlan } = options;
  let played: EpisodeResult = {
    ending: null,
    steps: [],
    prompt: promptOf(compiled, task),
    model: '',
    usage: NO_USAGE,
  };
  try {
    const plan = agent.simulated && usePlan !== false ? await planOf(environment, task, signal) : undefined;
    const { vocabulary } = environment;
    const tools = toolsOf(environment);
    const model = agent.open({ task, tools, seed, vocabulary, ...(plan === undefined ? {} : { plan }) });
    const state = await environment.reset(task, signal);
    try {
      const scored = await playIn(state, environment, compiled, model, options, signal);
      played = scored;
      return scored;
    } finally {
      await environment.dispose?.(state);
    }
  } catch (error) {
    return asVoid(played, error);
  }
}
