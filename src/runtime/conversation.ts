/** Several requests of one person as one machine: an ending is an answer, and the talk goes on. */
import type { ChatMessage, Ending, Task } from '../types.ts';
import { type Asking, askUser, type CallResult } from './ask.ts';
import { admitCall, type OutgoingCall } from './calls.ts';
import type { Compiled } from './compile.ts';
import { converse, type Fault, promptOf, skillsFor } from './episode.ts';
import { openWatch } from './monitors/monitors.ts';
import { append } from './protocol.ts';
import { hearPerson, openSession, pushNote, type Session, STEPS_PER_TURN } from './session.ts';
import type { Talk } from './turn.ts';

/** How a conversation begins that others begin: with a system text and perhaps a history. */
export interface ConversationStart {
  /** The agent's own system text; '' for none. */
  readonly system: string;
  /** Behind the person's first message, as it came; its calls are facts. */
  readonly history: readonly ChatMessage[];
  readonly facts: readonly { readonly made: OutgoingCall; readonly result: CallResult }[];
}

export interface OpenConversation {
  readonly session: Session;
  readonly talk: Talk;
  /** Asks the person with each answer; ends when nobody answers any more. */
  readonly run: Asking<Fault | null>;
}

/** The agent's own text first; what the harness says behind it, and nothing twice. */
export function systemOf({ system, harness }: Compiled, own: string): string {
  const [said, policy] = [own.trim(), harness.policy.trim()];
  if (said === '') return system;
  if (policy !== '' && said.includes(policy)) return `${said}${system.slice(policy.length)}`;
  return [said, system].filter((part) => part !== '').join('\n\n');
}

/** `task.request` is the person's first message. */
export function openConversation(
  compiled: Compiled,
  task: Task,
  { system, history, facts }: ConversationStart,
): OpenConversation {
  const session = openSession(compiled, task);
  const { user } = promptOf(compiled, task);
  for (const { skill, score } of skillsFor(compiled, task))
    pushNote(session, skill.name, `retrieved: score ${score.toFixed(3)}`);
  const whole = systemOf(compiled, system);
  const talk: Talk = {
    messages: [
      ...(whole === '' ? [] : [{ role: 'system' as const, content: whole }]),
      { role: 'user', content: user },
      ...history,
    ],
    watch: openWatch(compiled.monitors),
    textOnly: 0,
    callCount: 0,
    model: '',
  };
  for (const message of history) if (message.role === 'user') hearPerson(session, message.content);
  for (const { made, result } of facts) admitCall(session, made, result);
  return { session, talk, run: answerAll(session, talk) };
}

function* answerAll(session: Session, talk: Talk): Asking<Fault | null> {
  for (;;) {
    const ended = yield* converse(session, talk, undefined);
    if ('fault' in ended) return ended;
    session.steps.push({ kind: 'end', ending: ended });
    const said = yield* askUser(answerOf(session, ended), ended.reason);
    if (said === null) return null;
    session.stepsLeft = STEPS_PER_TURN * session.compiled.environment.maxTurns;
    talk.textOnly = 0;
    hearPerson(session, said);
    append(talk.messages, { role: 'user', content: said });
  }
}

/** What the person reads at an end: the summary, the last text, or the word for a stop. */
function answerOf({ compiled, steps }: Session, { reason, summary, value }: Ending): string {
  if (value !== undefined) return JSON.stringify(value);
  if (summary !== '') return summary;
  const last = steps.findLast((step) => step.kind === 'model');
  const text = last?.kind === 'model' ? last.content : '';
  return reason === 'text' && text !== '' ? text : compiled.harness.settings.on_stop;
}
