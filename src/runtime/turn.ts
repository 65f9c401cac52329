/** One model turn: a reply's calls go through the layers and are answered; monitors watch. */
import type { Monitor } from '../harness/schema.ts';
import type { ChatMessage, ChatReply, Ending, ToolCall } from '../types.ts';
import { readAnswer } from './answer.ts';
import { type Asking, askUser } from './ask.ts';
import { batchesOf } from './batches.ts';
import { DONE } from './done.ts';
import { type HandledCall, handleTogether, NOTE_SEPARATOR, noteNew, remember, settleCall } from './handle.ts';
import type { Watch } from './monitors/monitors.ts';
import type { Occasion } from './monitors/occasion.ts';
import { answerMessage, append, askForCall, FIRST_ONLY, type Heard, type HeardCall, hear } from './protocol.ts';
import { type CorrectedCall, correctCall, realizeCall } from './realize.ts';
import { hearPerson, pushNote, pushRewrites, type Session } from './session.ts';

export interface Talk {
  readonly messages: ChatMessage[];
  readonly watch: Watch;
  /** Replies without a call in a row. */
  textOnly: number;
  /** Number of calls so far, which names the next one. */
  callCount: number;
  /** Served model id; '' before the first reply. */
  model: string;
}

const nextId = (talk: Talk): string => `call${String(++talk.callCount).padStart(5, '0')}`;

function occasionOf(session: Session, talk: Talk, finishing: boolean): Occasion {
  return {
    turn: session.turn,
    turnsLeft: session.compiled.environment.maxTurns - session.turn,
    answers: session.answers,
    textOnly: talk.textOnly,
    finishing,
    writes: session.writes,
  };
}

/** The monitor that speaks against ending here, or undefined. */
function watchFinish(session: Session, talk: Talk): Monitor | undefined {
  const [monitor] = talk.watch.fire(occasionOf(session, talk, true));
  if (monitor !== undefined)
    session.steps.push({ kind: 'monitor', by: monitor.id, then: monitor.then, text: monitor.message });
  return monitor;
}

function finish(session: Session, talk: Talk, callId: string, call: ToolCall): HandledCall {
  const given = call.arguments.summary;
  const summary = typeof given === 'string' ? given : given === undefined ? '' : JSON.stringify(given);
  const monitor = watchFinish(session, talk);
  if (monitor !== undefined) {
    if (monitor.then !== 'stop') {
      session.steps.push({ kind: 'block', by: monitor.id, callId, call, message: monitor.message });
      return { content: monitor.message, outcome: 'blocked', call };
    }
  }
  session.steps.push({ kind: 'call', callId, call, readOnly: true });
  const reason = monitor === undefined ? 'done' : 'stopped';
  return { content: '', outcome: 'ok', call, ending: { reason, summary } };
}

function* react(session: Session, talk: Talk, corrected: CorrectedCall): Asking<HandledCall> {
  const { heard } = corrected;
  const realized = yield* realizeCall(session, corrected);
  if (realized.kind !== 'pass' || realized.call.name !== DONE) return yield* settleCall(session, heard, realized);
  noteNew(session, realized.call);
  return finish(session, talk, heard.id, realized.call);
}

/** Lets monitors speak after a turn's answers: hints are returned, directives become messages. */
function regulate(session: Session, talk: Talk): { hints: string[]; directives: string[]; stop: boolean } {
  const hints: string[] = [];
  const directives: string[] = [];
  let stop = false;
  if (session.compiled.monitors.length === 0) return { hints, directives, stop };
  for (const monitor of talk.watch.fire(occasionOf(session, talk, false))) {
    session.steps.push({ kind: 'monitor', by: monitor.id, then: monitor.then, text: monitor.message });
    if (monitor.then === 'stop') stop = true;
    else (monitor.then === 'hint' ? hints : directives).push(monitor.message);
    if (monitor.kind === 'text_only') talk.textOnly = 0;
  }
  return { hints, directives, stop };
}

/**
 * A reply without a call and without a person to answer: the first gets a neutral sentence, the
 * second in a row ends the episode. A `text_only` monitor's message replaces the sentence and
 * restarts the count.
 */
function answerText(session: Session, talk: Talk): Ending | null {
  talk.textOnly++;
  const before = talk.textOnly;
  const { hints, directives, stop } = regulate(session, talk);
  if (stop) return { reason: 'stopped', summary: '' };
  const spoken = talk.textOnly === 0;
  if (!spoken && before >= 2) return { reason: 'text', summary: '' };
  say(session, talk, [...(spoken ? [] : [askForCall(session.compiled)]), ...hints, ...directives].join(NOTE_SEPARATOR));
  return null;
}

/**
 * A reply that is the answer. JSON that fails its schema is explained once; the second failure ends
 * the episode without a value.
 */
function takeAnswer(session: Session, talk: Talk, summary: string): Ending | null {
  const { answer, realization } = session.compiled;
  const monitor = watchFinish(session, talk);
  if (monitor !== undefined) {
    if (monitor.then === 'stop') return { reason: 'stopped', summary };
    say(session, talk, monitor.message);
    return null;
  }
  if (answer.kind !== 'json') return { reason: 'text', summary };
  const read = readAnswer(summary, answer.schema, realization);
  if ('value' in read) {
    pushRewrites(session, 'answer', read.rewrites);
    return { reason: 'text', summary, value: read.value };
  }
  talk.textOnly++;
  if (talk.textOnly >= 2) return { reason: 'text', summary };
  say(session, talk, read.problem);
  return null;
}

/** A message of the runtime. */
function say(session: Session, talk: Talk, text: string): void {
  session.steps.push({ kind: 'user', by: 'runtime', text });
  append(talk.messages, { role: 'user', content: text });
}

/** Lets the person answer, if there is one. */
function* hearAnswer(session: Session, talk: Talk, said: string): Asking<Ending | null> {
  const answer = session.compiled.environment.user === undefined ? null : yield* askUser(said);
  if (answer === null)
    return session.compiled.answer.kind === 'tool' ? answerText(session, talk) : takeAnswer(session, talk, said);
  talk.textOnly = 0;
  hearPerson(session, answer);
  append(talk.messages, { role: 'user', content: answer });
  return null;
}

function* answerCalls(session: Session, talk: Talk, heard: Heard): Asking<Ending | null> {
  talk.textOnly = 0;
  const answers: ChatMessage[] = [];
  const [only, ...others] = heard.calls;
  const batches =
    only !== undefined && others.length > 0
      ? batchesOf(
          session,
          heard.calls.map((call) => correctCall(session, call)),
        )
      : [[correctCall(session, only as HeardCall)]];
  for (const batch of batches) {
    const handled =
      batch.length > 1
        ? yield* handleTogether(session, batch)
        : [yield* react(session, talk, batch[0] as CorrectedCall)];
    for (const [i, one] of handled.entries()) {
      if (one.ending !== undefined) return one.ending;
      remember(session, one);
      const id = (batch[i] as CorrectedCall).heard.id;
      answers.push(answerMessage(session.compiled, id, one.call.name, one.content));
    }
  }
  const { hints, directives, stop } = regulate(session, talk);
  if (stop) return { reason: 'stopped', summary: '' };
  const appended = heard.ignored === null ? hints : [FIRST_ONLY, ...hints];
  for (const [i, message] of answers.entries()) {
    const more = i === answers.length - 1 ? appended : [];
    append(talk.messages, { ...message, content: [message.content, ...more].join(NOTE_SEPARATOR) });
  }
  for (const directive of directives) say(session, talk, directive);
  return null;
}

/** Takes in one reply. Returns how the episode ends, or null if it goes on. */
export function* takeTurn(session: Session, talk: Talk, reply: ChatReply): Asking<Ending | null> {
  // Own ids: an endpoint's random ids would make equal episodes differ.
  const toolCalls = reply.toolCalls.map((call) => ({ ...call, id: nextId(talk) }));
  const said = toolCalls.map(({ id, name, arguments: text }) => ({ id, name, arguments: text }));
  const cut = reply.finish === 'length' ? ({ cut: true } as const) : {};
  session.steps.push({ kind: 'model', content: reply.content, toolCalls: said, usage: reply.usage, ...cut });
  const heard = hear(session.compiled, reply, toolCalls, () => nextId(talk));
  append(talk.messages, heard.message);
  const [first] = heard.calls;
  if (first === undefined) return yield* hearAnswer(session, talk, reply.content);
  pushRewrites(session, first.id, heard.rewrites);
  if (heard.ignored !== null) pushNote(session, heard.ignored.by, `ignored: ${heard.ignored.calls} further calls`);
  return yield* answerCalls(session, talk, heard);
}
