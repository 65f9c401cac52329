/** Asks a model for a JSON object, with a schema where the endpoint supports one. */
import { jsonrepair } from 'jsonrepair';
import { jsonOf } from '../digest.ts';
import { InfrastructureError } from '../errors.ts';
import type { Agent, ChatMessage, ChatModel, ChatReply, ChatRequest, JsonObject } from '../types.ts';

export interface ModelQuestion {
  readonly system: string;
  readonly question: string;
  /** JSON Schema of the answer. */
  readonly schema: JsonObject;
  readonly seed: number;
  readonly signal?: AbortSignal | undefined;
  /** False for an object of another form: the model is asked again. @default accepts all */
  accepts?(value: object): boolean;
}

export interface AskOutcome {
  /** Null when no answer was usable. */
  readonly value: object | null;
  /** Model calls made. */
  readonly calls: number;
  /** Why there is no value; '' when there is one. */
  readonly fault: string;
  /** False when the endpoint gave no reply to judge. */
  readonly answered: boolean;
}

/** Models whose endpoint rejected a schema but answered without one. */
const withoutSchemas = new WeakSet<ChatModel>();

/** A model that answers questions outside an episode. */
export const chatOf = (agent: Agent, asked: string): ChatModel =>
  agent.open({ task: { id: asked, split: 'train', tags: [], request: '', target: null }, tools: [], seed: 0 });

/** Never throws for a bad answer; throws for an interruption, a cap or a fatal fault. */
export async function ask(model: ChatModel, question: ModelQuestion): Promise<AskOutcome> {
  const messages: ChatMessage[] = [
    { role: 'system', content: question.system },
    { role: 'user', content: question.question },
  ];
  let calls = 0;
  let held = !withoutSchemas.has(model);
  let refused = false;
  let fault = '';
  for (let attempt = 0; attempt < 2; ) {
    const request: ChatRequest = {
      messages: [...messages],
      tools: [],
      seed: question.seed,
      ...(held ? { schema: question.schema } : {}),
    };
    let reply: ChatReply;
    calls += 1;
    try {
      reply = await model.complete(request, question.signal);
    } catch (error) {
      if (!(error instanceof InfrastructureError) || error.fatal) throw error;
      fault = error.message;
      // Many endpoints do not support schemas; ask them again without one.
      if (held && error.final && error.about === undefined) {
        held = false;
        refused = true;
        continue;
      }
      return { value: null, calls, fault, answered: false };
    }
    if (refused) withoutSchemas.add(model);
    attempt += 1;
    if (reply.finish === 'length') {
      fault = 'the answer was cut by its length: raise max_tokens of the model';
      messages.splice(2);
      messages.push(
        { role: 'assistant', content: '(cut)' },
        {
          role: 'user',
          content: 'That was too long and was cut. Answer with the JSON object alone, as short as it can be.',
        },
      );
      continue;
    }
    const value = objectIn(reply.content);
    if (value !== null && (question.accepts?.(value) ?? true)) return { value, calls, fault: '', answered: true };
    const what = value === null ? 'no JSON object' : 'not the form asked for';
    const empty = reply.content.trim() === '';
    fault =
      value === null
        ? `the answer ${empty ? 'was empty' : 'holds no JSON object'}`
        : 'the answer has not the form asked for';
    messages.push(
      { role: 'assistant', content: reply.content.slice(0, 500) },
      { role: 'user', content: `That was ${what}. Answer with the JSON object alone.` },
    );
  }
  return { value: null, calls, fault, answered: true };
}

/** The first JSON object in a text, repaired if it is broken; null when there is none. */
function objectIn(text: string): object | null {
  const start = text.indexOf('{');
  if (start < 0) return null;
  const end = text.lastIndexOf('}');
  try {
    const value: unknown = jsonOf(jsonrepair(end > start ? text.slice(start, end + 1) : text.slice(start)));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}
