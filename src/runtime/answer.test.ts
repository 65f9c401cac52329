/** Endings by an answer: a text, JSON that meets a schema, and what monitors do about them. */
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineEnvironment, tool } from '../environments/define.ts';
import { fieldsOf } from '../environments/scorers.ts';
import type { AnswerForm } from '../types.ts';
import { of } from './play.fixture.ts';
import { playEpisode } from './play.ts';
import { type ScriptedTurn, scriptedAgent } from './scripted-agent.fixture.ts';
import { type HarnessParts, harnessOf } from './shop.fixture.ts';

const schema = {
  type: 'object',
  properties: { date: { type: 'string' }, total: { type: 'number' } },
  required: ['date', 'total'],
  additionalProperties: false,
};
const right = { date: '2026-03-04', total: 12.5 };
const tools = {
  look: tool('Look at the desk.', z.object({}), () => 'A desk.', { readOnly: true }),
  note: tool('Write a note.', z.object({}), (state: { notes: number }) => {
    state.notes += 1;
  }),
};
const environmentOf = (answer: AnswerForm, withTools = false) =>
  defineEnvironment<{ notes: number }>({
    name: 'desk',
    tasks: [{ id: 'a', input: 'Invoice of 4 March 2026: 12.50' }],
    tools: withTools ? tools : {},
    answer,
    reset: () => ({ notes: 0 }),
    score: fieldsOf(() => right),
  });

async function play(answer: AnswerForm, turns: ScriptedTurn[], parts: HarnessParts = {}, withTools = false) {
  const environment = environmentOf(answer, withTools);
  const [task] = environment.tasks;
  if (task === undefined) throw new Error('expected a task');
  const agent = scriptedAgent(turns);
  const trace = await playEpisode({ harness: harnessOf(parts), environment, agent, task, trial: 0, seed: 1 });
  const end = trace.steps.at(-1);
  return { trace, requests: agent.requests, ending: end?.kind === 'end' ? end.ending : undefined };
}
const json: AnswerForm = { kind: 'json', schema };

describe('answer: text', () => {
  it('the first reply without a call is the answer, and no tool is needed', async () => {
    const { ending, requests, trace } = await play({ kind: 'text' }, ['It is 12.50.']);
    expect(ending).toEqual({ reason: 'text', summary: 'It is 12.50.' });
    expect(requests).toHaveLength(1);
    expect(requests[0]?.tools).toEqual([]);
    expect(trace.score?.reward).toBe(0);
    expect(requests[0]?.messages[0]?.content).not.toContain('call done');
  });
  it('comes after the calls, where there are tools', async () => {
    const look = { name: 'look', arguments: {} };
    const { ending, trace, requests } = await play({ kind: 'text' }, [look, 'A desk.'], {}, true);
    expect(of(trace.steps, 'call').map(({ call }) => call.name)).toEqual(['look']);
    expect(requests[0]?.tools.map(({ name }) => name)).toEqual(['look', 'note']);
    expect(ending?.summary).toBe('A desk.');
  });
});

describe('answer: json', () => {
  it('is checked against its schema, which goes along in each request, and scored by fields', async () => {
    const { ending, requests, trace } = await play(json, [JSON.stringify({ ...right, total: 13 })]);
    expect(ending).toMatchObject({ reason: 'text', value: { date: '2026-03-04', total: 13 } });
    expect(requests[0]?.schema).toEqual(schema);
    expect(trace.score).toEqual({
      reward: 0.5,
      checks: [
        { name: 'date', passed: true },
        { name: 'total', passed: false, detail: 'total: expected 12.5, found 13' },
      ],
    });
  });
  it('that does not meet the schema is told once what is wrong, then ends without a value', async () => {
    const wrong = '{"date": "2026-03-04", "total": "12.50"}';
    const told = await play(json, [wrong, JSON.stringify(right)]);
    expect(told.requests[1]?.messages.at(-1)).toEqual({
      role: 'user',
      content: expect.stringMatching(/does not meet the schema: total: .*expected number.* Answer with the corrected/),
    });
    expect(told.ending?.value).toEqual(right);
    expect(told.trace.score?.reward).toBe(1);
    const twice = await play(json, [wrong, 'I cannot.', JSON.stringify(right)]);
    expect(twice.ending).toEqual({ reason: 'text', summary: 'I cannot.' });
    expect(twice.trace.score?.reward).toBe(0);
  });
  it('all faults are told at once, also a key that is not wanted', async () => {
    const names = ['date', 'total', 'tax', 'vendor'];
    const four = { ...schema, properties: Object.fromEntries(names.map((name) => [name, { type: 'string' }])) };
    const { requests } = await play({ kind: 'json', schema: { ...four, required: names } }, ['{"sum": 1}', '{}']);
    const told = String(requests[1]?.messages.at(-1)?.content);
    for (const name of names) expect(told).toContain(`${name}: Invalid input: expected string`);
    expect(told).toContain('Unrecognized key: "sum"');
  });
  it('is fixed and coerced only where the switches are on', async () => {
    const written = "Here it is:\n```json\n{'date': '2026-03-04', 'total': '12.50'}\n```";
    const realization = { repair: true, coerce: true };
    const { ending, trace } = await play(json, [written], { settings: { realization } });
    expect(ending?.value).toEqual(right);
    expect(of(trace.steps, 'rewrite').map(({ by, what }) => [by, what])).toEqual([
      ['realization:repair', 'answer'],
      ['realization:coerce', 'answer.total'],
    ]);
    const off = await play(json, [written, written]);
    expect(off.ending?.value).toBeUndefined();
    expect(off.requests[1]?.messages.at(-1)?.content).toContain('The answer is no JSON.');
  });
  it('is refused at load when its schema cannot be checked', () => {
    const broken = { type: 'object', properties: { date: { type: 'sometimes' } } };
    expect(() => environmentOf({ kind: 'json', schema: broken })).toThrow(/answer\.schema: expected a JSON Schema/);
  });
});

describe('monitors', () => {
  const monitor = (kind: string) => ({ monitors: [{ id: 'watch', kind, message: 'Write the note.', threshold: 1 }] });
  it('premature_finish refuses an answer before anything was changed, where something can be', async () => {
    const note = { name: 'note', arguments: {} };
    const { trace, ending } = await play(
      { kind: 'text' },
      ['Done.', note, 'Noted.'],
      monitor('premature_finish'),
      true,
    );
    expect(of(trace.steps, 'monitor')).toHaveLength(1);
    expect(ending?.summary).toBe('Noted.');
    const bare = await play({ kind: 'text' }, ['Done.'], monitor('premature_finish'));
    expect(of(bare.trace.steps, 'monitor')).toEqual([]);
  });
  it('text_only is silent where a text is the answer', async () => {
    expect((await play({ kind: 'text' }, ['Hm.'], monitor('text_only'), true)).ending?.summary).toBe('Hm.');
  });
});
