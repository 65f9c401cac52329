/** Plays one episode: (harness, model, environment, task, seed) -> Trace. */
import { addUsage, NO_USAGE } from '../chat.ts';
import { sha256 } from '../digest.ts';
import { InfrastructureError, InterruptedError } from '../errors.ts';
import type {
  Agent,
  ChatMessage,
  ChatModel,
  ChatReply,
  Ending,
  Environment,
  Harness,
  Plan,
  Step,
  Task,
  Trace,
  Usage,
} from '../types.ts';
import { type Compiled, compileHarness, NO_HARNESS } from './compile.ts';
import { fitContext, isTooLong, shortenOldest } from './context.ts';
import { withinLimit } from './deadline.ts';
import { toolsOf } from './done.ts';
import { openWatch } from './monitors/monitors.ts';
import { userText } from './prompt.ts';
import { openSession, pushNote, type Session } from './session.ts';
import { type Retrieved, retrieveSkills } from './skills.ts';
import { type Talk, takeTurn } from './turn.ts';

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

/** The oracle's plan, asked for once a task: an oracle is a pure function. */
function planOf(environment: Environment, task: Task): Plan | undefined {
  if (environment.oracle === undefined) return undefined;
  let known = plans.get(environment);
  if (known === undefined) {
    known = new WeakMap();
    plans.set(environment, known);
  }
  let plan = known.get(task);
  if (plan === undefined) {
    plan = environment.oracle(task);
    known.set(task, plan);
  }
  return plan;
}

function skillsFor(compiled: Compiled, task: Task): readonly Retrieved[] {
  let retrieved = compiled.retrieved.get(task);
  if (retrieved === undefined) {
    const { top_k: topK, min_score: minScore } = compiled.harness.settings.skills;
    retrieved = retrieveSkills(compiled.skills, task.request, topK, minScore);
    compiled.retrieved.set(task, retrieved);
  }
  return retrieved;
}

const usageOf = (steps: readonly Step[]): Usage =>
  steps.reduce((sum, step) => (step.kind === 'model' ? addUsage(sum, step.usage) : sum), NO_USAGE);

interface Played {
  readonly ending: Ending | null;
  readonly error?: string;
  readonly refused?: boolean;
  readonly model: string;
}

async function play(session: Session, talk: Talk, model: ChatModel, options: EpisodeOptions): Promise<Played> {
  const { agent, seed, signal, timeoutMs } = options;
  const { environment, sentTools } = session.compiled;
  let served = agent.id;
  for (session.turn = 1; session.turn <= environment.maxTurns; session.turn++) {
    try {
      const request = () => ({ messages: [...talk.messages], tools: sentTools, seed });
      const ask = () => withinLimit((inner) => model.complete(request(), inner), timeoutMs, signal);
      const reply = await askWithin(session, talk.messages, agent.contextTokens, ask);
      served = reply.model;
      const ending = takeTurn(session, talk, reply);
      if (ending !== null) return { ending, model: served };
    } catch (error) {
      if (!(error instanceof InfrastructureError) || error.fatal) throw error;
      return { ending: null, error: error.message, refused: error.final, model: served };
    }
  }
  return { ending: { reason: 'steps', summary: '' }, model: served };
}

/**
 * Asks with a conversation that fits: shortened before the request where the context is known, and
 * after a refusal where the endpoint knows better.
 */
async function askWithin(
  session: Session,
  messages: ChatMessage[],
  limit: number | undefined,
  ask: () => Promise<ChatReply>,
): Promise<ChatReply> {
  let shortened = limit === undefined ? 0 : fitContext(messages, session.compiled.sentTools, limit);
  try {
    for (;;) {
      try {
        return await ask();
      } catch (error) {
        if (!(error instanceof InfrastructureError) || !isTooLong(error.message) || !shortenOldest(messages))
          throw error;
        shortened += 1;
      }
    }
  } finally {
    if (shortened > 0)
      pushNote(session, 'context', `${shortened} older messages were shortened to fit the context of the model`);
  }
}

/**
 * Plays until `done`, a stop, two replies without a call, the last turn or the time limit.
 * Everything that the agent causes is scored; an InfrastructureError of the model gives a void
 * trace with `error` and `score: null`. Other errors are thrown.
 */
export async function playEpisode(options: EpisodeOptions): Promise<Trace> {
  const { environment, agent, task, trial, seed, signal } = options;
  const harness = options.harness ?? NO_HARNESS;
  if (signal?.aborted) throw new InterruptedError('interrupted before the episode');
  const compiled = compileHarness(harness, environment, agent.protocol);
  const skills = skillsFor(compiled, task);
  const system = compiled.system;
  const user = userText(task.request, skills, harness.settings.preamble);
  const messages: ChatMessage[] = [
    { role: 'system', content: system },
    { role: 'user', content: user },
  ];
  const plan = agent.simulated && options.usePlan !== false ? planOf(environment, task) : undefined;
  const { vocabulary } = environment;
  const tools = toolsOf(environment);
  const model = agent.open({ task, tools, seed, vocabulary, ...(plan === undefined ? {} : { plan }) });
  const session = openSession(compiled, task);
  for (const { skill, score } of skills) pushNote(session, skill.name, `retrieved: score ${score.toFixed(3)}`);
  const talk: Talk = { messages, watch: openWatch(compiled.monitors), textOnly: 0, callCount: 0 };

  let played: Played;
  try {
    played = await play(session, talk, model, options);
  } catch (error) {
    if (signal?.aborted) throw new InterruptedError('interrupted during an episode', { cause: error });
    throw error;
  }
  if (signal?.aborted) throw new InterruptedError('interrupted during an episode');
  if (played.ending !== null) session.steps.push({ kind: 'end', ending: played.ending });
  return {
    id: sha256([harness.id, task.id, trial, seed, agent.digest, environment.digest].join('\n')).slice(0, 16),
    harness: harness.id,
    env: environment.name,
    agent: agent.id,
    model: played.model,
    task: task.id,
    split: task.split,
    trial,
    seed,
    prompt: { system, user, tools: compiled.sentTools },
    steps: session.steps,
    score:
      played.ending === null || environment.unscored ? null : environment.score(task, session.state, played.ending),
    usage: usageOf(session.steps),
    ...(played.error === undefined ? {} : { error: played.error }),
    ...(played.refused ? { refused: true } : {}),
  };
}
