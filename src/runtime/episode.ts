/** A whole conversation as a machine: it asks for replies, tools and a person, and is answered. */
import { addUsage, NO_USAGE } from '../chat.ts';
import { EnvironmentError } from '../errors.ts';
import type { ChatMessage, ChatReply, Ending, EpisodeResult, Fault, Step, Task, Trace, Usage } from '../types.ts';

export type { EpisodeResult, Fault } from '../types.ts';

import { type Asking, askModel, type ModelFault } from './ask.ts';
import type { Compiled } from './compile.ts';
import { fitContext, shortenOldest } from './context.ts';
import { openWatch } from './monitors/monitors.ts';
import { userText } from './prompt.ts';
import { openSession, pushNote, type Session } from './session.ts';
import { type Retrieved, retrieveSkills } from './skills.ts';
import { type Talk, takeTurn } from './turn.ts';

/** The skills that fit the request, once per task. */
export function skillsFor(compiled: Compiled, task: Task): readonly Retrieved[] {
  let retrieved = compiled.retrieved.get(task);
  if (retrieved === undefined) {
    const { top_k: topK, min_score: minScore } = compiled.harness.settings.skills;
    retrieved = retrieveSkills(compiled.skills, task.request, topK, minScore);
    compiled.retrieved.set(task, retrieved);
  }
  return retrieved;
}

/** What the model reads before its first reply, without the tools. */
export function promptOf(compiled: Compiled, task: Task): Trace['prompt'] {
  return {
    system: compiled.system,
    user: userText(task.request, skillsFor(compiled, task), compiled.harness.settings.preamble),
    tools: compiled.sentTools,
  };
}

const usageOf = (steps: readonly Step[]): Usage =>
  steps.reduce((sum, step) => (step.kind === 'model' ? addUsage(sum, step.usage) : sum), NO_USAGE);

/**
 * Asks with a conversation that fits: shortened before the request where the context is known, and
 * after a refusal. The trace says what was shortened.
 */
function* askWithin(
  session: Session,
  messages: ChatMessage[],
  limit: number | undefined,
): Asking<ChatReply | ModelFault> {
  const { sentTools: tools, answer } = session.compiled;
  const schema = answer.kind === 'json' ? { schema: answer.schema } : {};
  let shortened = limit === undefined ? 0 : fitContext(messages, tools, limit);
  for (;;) {
    const answer = yield* askModel(0, { messages: [...messages], tools, ...schema });
    if ('fault' in answer && answer.fault === 'too_long' && shortenOldest(messages)) {
      shortened += 1;
      continue;
    }
    if (shortened > 0)
      pushNote(session, 'context', `${shortened} older messages were shortened to fit the context of the model`);
    return answer;
  }
}

/**
 * Runs until `done`, a stop, two replies without a call, or the last turn. `contextTokens` is the
 * longest request of the model, if known. An EnvironmentError as an answer leaves no ending.
 */
export function* episode(
  compiled: Compiled,
  task: Task,
  { contextTokens }: { readonly contextTokens?: number | undefined } = {},
): Asking<EpisodeResult> {
  const session = openSession(compiled, task);
  const prompt = promptOf(compiled, task);
  for (const { skill, score } of skillsFor(compiled, task))
    pushNote(session, skill.name, `retrieved: score ${score.toFixed(3)}`);
  const talk: Talk = {
    messages: [
      { role: 'system', content: prompt.system },
      { role: 'user', content: prompt.user },
    ],
    watch: openWatch(compiled.monitors),
    textOnly: 0,
    callCount: 0,
    model: '',
  };
  const { steps } = session;
  const ended = yield* converse(session, talk, contextTokens);
  if ('fault' in ended) return { ending: null, fault: ended, steps, prompt, model: talk.model, usage: usageOf(steps) };
  steps.push({ kind: 'end', ending: ended });
  return { ending: ended, steps, prompt, model: talk.model, usage: usageOf(steps) };
}

/** Until one request is answered, or nothing more may be asked. */
export function* converse(session: Session, talk: Talk, contextTokens: number | undefined): Asking<Ending | Fault> {
  const { maxTurns } = session.compiled.environment;
  try {
    for (session.turn = 1; session.turn <= maxTurns; session.turn++) {
      const reply = yield* askWithin(session, talk.messages, contextTokens);
      if ('fault' in reply && reply.fault === 'too_long') return { reason: 'overflow', summary: '' };
      if ('fault' in reply) return reply;
      if (reply.model !== '') talk.model = reply.model;
      const ending = yield* takeTurn(session, talk, reply);
      if (ending !== null) return ending;
    }
  } catch (error) {
    if (error instanceof EnvironmentError) return { fault: 'environment', message: error.message };
    throw error;
  }
  return { reason: 'steps', summary: '' };
}
