/**
 * One model turn: the calls of a reply go through the layers, get their answers, and the monitors
 * look on.
 */
import type { ChatMessage, ChatReply, Ending, ToolCall } from '../types.ts';
import { DONE } from './done.ts';
import type { Watch } from './monitors/monitors.ts';
import type { Occasion } from './monitors/occasion.ts';
import { answerMessage, append, askForCall, FIRST_ONLY, type Heard, type HeardCall, hear } from './protocol.ts';
import { type Realized, realizeCall } from './realize.ts';
import { type AnsweredCall, callKey, execute, pushNote, pushRewrites, type Session } from './session.ts';

/** Stands between a result and what the runtime appends to it. */
export const NOTE_SEPARATOR = '\n\n';

export interface Talk {
  readonly messages: ChatMessage[];
  readonly watch: Watch;
  /** Replies without a call in a row. */
  textOnly: number;
  /** Calls so far: they name the next one. */
  callCount: number;
}

interface Reaction {
  readonly content: string;
  readonly outcome: AnsweredCall['outcome'];
  readonly call: AnsweredCall['call'];
  readonly ending?: Ending;
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

/**
 * Equal errors to equal calls before an agent is taken to be stuck; an error may pass, so they are
 * more than its blocks.
 */
const MAX_EQUAL_ERRORS = 5;

/**
 * True when the same call met the same answer so many times and nothing new was done between: the
 * agent is stuck.
 */
function isStuck(session: Session, key: string, limit: number): boolean {
  const times = (session.refusals.get(key) ?? 0) + 1;
  session.refusals.set(key, times);
  return times >= limit;
}

const maxBlocks = (session: Session): number => session.compiled.harness.settings.realization.max_blocks;

/**
 * A call that was answered before is nothing new: a small model may read the same record between
 * equal refusals without end.
 */
const isNew = (session: Session, call: ToolCall): boolean =>
  !session.answers.some((answer) => callKey(answer.call) === callKey(call));

const BLOCKED: Ending = { reason: 'blocked', summary: '' };

/** Records a block; the same one again and again ends the episode. */
function block(session: Session, callId: string, realized: Extract<Realized, { kind: 'block' }>): Reaction {
  const { by, call, message, handOver } = realized;
  session.steps.push({ kind: 'block', by, callId, call, message });
  const stuck = isStuck(session, `${by} ${callKey(call)} ${message}`, maxBlocks(session));
  const reaction: Reaction = { content: message, outcome: 'blocked', call };
  return stuck || handOver ? { ...reaction, ending: BLOCKED } : reaction;
}

/** Arguments that nobody can read; the same ones again and again end the episode as well. */
function refuseMalformed(
  session: Session,
  heard: HeardCall,
  { call, message }: Extract<Realized, { kind: 'malformed' }>,
): Reaction {
  session.steps.push({ kind: 'result', callId: heard.id, content: message, error: true });
  const stuck = isStuck(session, `malformed ${heard.name} ${JSON.stringify(heard.arguments)}`, maxBlocks(session));
  const reaction: Reaction = { content: message, outcome: 'error', call };
  return stuck ? { ...reaction, ending: BLOCKED } : reaction;
}

function finish(session: Session, talk: Talk, callId: string, realized: Extract<Realized, { kind: 'pass' }>): Reaction {
  const { call } = realized;
  const given = call.arguments.summary;
  const summary = typeof given === 'string' ? given : given === undefined ? '' : JSON.stringify(given);
  const [monitor] = talk.watch.fire(occasionOf(session, talk, true));
  if (monitor !== undefined) {
    session.steps.push({ kind: 'monitor', by: monitor.id, then: monitor.then, text: monitor.message });
    if (monitor.then !== 'stop') {
      session.steps.push({ kind: 'block', by: monitor.id, callId, call, message: monitor.message });
      return { content: monitor.message, outcome: 'blocked', call };
    }
  }
  session.steps.push({ kind: 'call', callId, call, readOnly: true });
  const reason = monitor === undefined ? 'done' : 'stopped';
  return { content: '', outcome: 'ok', call, ending: { reason, summary } };
}

function react(session: Session, talk: Talk, heard: HeardCall): Reaction {
  const realized = realizeCall(session, heard);
  if (realized.kind === 'block') return block(session, heard.id, realized);
  if (realized.kind === 'malformed') return refuseMalformed(session, heard, realized);
  if (isNew(session, realized.call)) session.refusals.clear();
  if (realized.call.name === DONE) return finish(session, talk, heard.id, realized);
  if (session.stepsLeft <= 0)
    return { content: '', outcome: 'error', call: realized.call, ending: { reason: 'steps', summary: '' } };
  const { writes } = session;
  const result = execute(session, heard.id, realized.call);
  if (session.writes > writes) session.refusals.clear();
  const stuck = result.error && isStuck(session, `error ${callKey(realized.call)} ${result.content}`, MAX_EQUAL_ERRORS);
  return {
    content: [result.content, ...realized.notes].join(NOTE_SEPARATOR),
    outcome: result.error ? 'error' : 'ok',
    call: realized.call,
    ...(stuck ? { ending: BLOCKED } : {}),
  };
}

/**
 * Lets the monitors speak after the answers of a turn. Hints are returned; directives become user
 * messages afterwards.
 */
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
 * A reply without a call: the first is answered by a neutral sentence, the second in a row ends the
 * episode, unless a `text_only` monitor has spoken: its message takes the sentence's place and the
 * count starts anew.
 */
function answerText(session: Session, talk: Talk): Ending | null {
  talk.textOnly++;
  const before = talk.textOnly;
  const { hints, directives, stop } = regulate(session, talk);
  if (stop) return { reason: 'stopped', summary: '' };
  const spoken = talk.textOnly === 0;
  if (!spoken && before >= 2) return { reason: 'text', summary: '' };
  const text = [...(spoken ? [] : [askForCall(session.compiled)]), ...hints, ...directives].join(NOTE_SEPARATOR);
  session.steps.push({ kind: 'user', text });
  append(talk.messages, { role: 'user', content: text });
  return null;
}

function answerCalls(session: Session, talk: Talk, heard: Heard): Ending | null {
  talk.textOnly = 0;
  const answered: { id: string; name: string; content: string }[] = [];
  for (const call of heard.calls) {
    const reaction = react(session, talk, call);
    if (reaction.ending !== undefined) return reaction.ending;
    const { content, outcome } = reaction;
    session.answers.push({ turn: session.turn, call: reaction.call, content, outcome });
    answered.push({ id: call.id, name: reaction.call.name, content });
  }
  const { hints, directives, stop } = regulate(session, talk);
  if (stop) return { reason: 'stopped', summary: '' };
  const appended = heard.ignored === null ? hints : [FIRST_ONLY, ...hints];
  answered.forEach(({ id, name, content }, i) => {
    const whole = i === answered.length - 1 ? [content, ...appended].join(NOTE_SEPARATOR) : content;
    append(talk.messages, answerMessage(session.compiled, id, name, whole));
  });
  for (const directive of directives) {
    session.steps.push({ kind: 'user', text: directive });
    append(talk.messages, { role: 'user', content: directive });
  }
  return null;
}

/** Takes in one reply. Returns how the episode ends, or null when it goes on. */
export function takeTurn(session: Session, talk: Talk, reply: ChatReply): Ending | null {
  // Ids of our own: an endpoint's random ids would make equal episodes differ.
  const toolCalls = reply.toolCalls.map((call) => ({ ...call, id: nextId(talk) }));
  session.steps.push({ kind: 'model', content: reply.content, toolCalls, usage: reply.usage });
  const heard = hear(session.compiled, reply, toolCalls, () => nextId(talk));
  append(talk.messages, heard.message);
  const [first] = heard.calls;
  if (first === undefined) return answerText(session, talk);
  pushRewrites(session, first.id, heard.rewrites);
  if (heard.ignored !== null) pushNote(session, heard.ignored.by, `ignored: ${heard.ignored.calls} further calls`);
  return answerCalls(session, talk, heard);
}
