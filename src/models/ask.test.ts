/**
 * One question: what is tried again, what is remembered of an endpoint, and what a caller is told.
 */
import { expect, test } from 'vitest';
import { NO_USAGE } from '../chat.ts';
import { InfrastructureError } from '../errors.ts';
import type { ChatModel, ChatRequest } from '../types.ts';
import { ask } from './ask.ts';

function modelOf(...answers: (string | Error)[]): ChatModel & { readonly asked: ChatRequest[] } {
  const asked: ChatRequest[] = [];
  return {
    asked,
    async complete(request) {
      asked.push(request);
      const answer = answers.shift() ?? '';
      if (answer instanceof Error) throw answer;
      return { content: answer, toolCalls: [], usage: NO_USAGE, model: 'm', finish: 'stop' };
    },
  };
}
const question = { system: 's', question: 'q', schema: { type: 'object' }, seed: 7 };
const yes = (value: object) => 'yes' in value;

test('an object of another form is asked for once more, with what was wrong', async () => {
  const model = modelOf('{"no": 1}', '```json\n{yes: 1}\n```');
  expect(await ask(model, { ...question, accepts: yes })).toEqual({
    value: { yes: 1 },
    calls: 2,
    fault: '',
    answered: true,
  });
  expect(model.asked[1]?.messages.at(-1)?.content).toContain('not the form asked for');
  expect(model.asked.map(({ seed }) => seed)).toEqual([7, 7]);
  const bad = await ask(modelOf('{"no": 1}', '{"no": 1}'), { ...question, accepts: yes });
  expect(bad).toEqual({ value: null, calls: 2, fault: 'the answer has not the form asked for', answered: true });
});

test('an endpoint that refused a schema once, and answered without, is not asked with one again', async () => {
  const refusal = new InfrastructureError('HTTP 400: response_format', { final: true });
  const model = modelOf(refusal, '{"yes": 1}', '{"yes": 2}');
  await ask(model, question);
  await ask(model, question);
  expect(model.asked.map(({ schema }) => schema !== undefined)).toEqual([true, false, false]);
  const broken = modelOf(refusal, refusal, '{"yes": 1}');
  await ask(broken, question);
  await ask(broken, question);
  expect(broken.asked.map(({ schema }) => schema !== undefined)).toEqual([true, false, true]);
});

test('no reply is told apart from a bad one, and what ends a run is thrown', async () => {
  const gone = await ask(modelOf(new InfrastructureError('no answer')), question);
  expect(gone).toEqual({ value: null, calls: 1, fault: 'no answer', answered: false });
  await expect(ask(modelOf(new InfrastructureError('another model', { fatal: true })), question)).rejects.toThrow(
    'another model',
  );
  await expect(ask(modelOf(new RangeError('a bug')), question)).rejects.toThrow('a bug');
});

test('an answer that was cut by its length is no answer, whatever it holds', async () => {
  const cut = (...answers: string[]): ChatModel & { readonly asked: ChatRequest[] } => {
    const model = modelOf(...answers);
    return {
      asked: model.asked,
      complete: async (request) => ({
        ...(await model.complete(request)),
        finish: model.asked.length === 1 ? 'length' : 'stop',
      }),
    };
  };
  const again = cut('{"yes": "half a sentence and', '{"yes": "a whole one."}');
  expect(await ask(again, question)).toMatchObject({ value: { yes: 'a whole one.' }, calls: 2 });
  expect(again.asked[1]?.messages.at(-1)?.content).toContain('was cut');
  const always: ChatModel = {
    complete: async (request) => ({ ...(await modelOf('{"yes": 1}').complete(request)), finish: 'length' }),
  };
  expect(await ask(always, question)).toMatchObject({ value: null, calls: 2, fault: expect.stringContaining('cut') });
  expect(await ask(modelOf('', ' '), question)).toMatchObject({ value: null, fault: 'the answer was empty' });
});
