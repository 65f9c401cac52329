import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { guessedFlags } from './formats/flags.ts';
import { FORMATS } from './formats/index.ts';
import { call, lines, refund, type StoreFixture, storeFixture } from './store.fixture.ts';
import { toTrace } from './stored.ts';

let at: StoreFixture;
beforeEach(() => {
  at = storeFixture();
});
afterEach(() => at.close());

describe('import', () => {
  test('each call is paired with its result, and outcome, model and flags are kept', () => {
    at.load(lines(refund('a', { reward: 0, model: 'm-1', metadata: { task: 't7', agent: 'desk' } })));
    const [trace] = [...at.store().read()];
    expect(trace).toMatchObject({
      id: 'a',
      task: 't7',
      agent: 'desk',
      model: 'm-1',
      outcome: { reward: 0, by: 'source' },
    });
    expect(trace?.steps.map(({ kind }) => kind)).toEqual([
      'model',
      'call',
      'result',
      'model',
      'call',
      'result',
      'model',
      'end',
    ]);
    expect(trace?.steps[1]).toMatchObject({ call: { name: 'get_order', arguments: { order: 'R7' } }, readOnly: true });
    expect(trace?.steps[5]).toMatchObject({ callId: 'c2', error: true });
    expect(trace?.usage.inputTokens).toBeNull();
    expect(toTrace(trace as never)).toMatchObject({ score: { reward: 0 }, harness: 'unknown', split: 'train' });
  });

  test.each<[string, string | Buffer]>([
    ['lines', lines(refund('a'), refund('b'))],
    ['lines without a last line feed, with empty ones', `\n${lines(refund('a'), refund('b')).trim()}`],
    ['one list', JSON.stringify([refund('a'), refund('b')], null, 2)],
    ['gzip', gzipSync(lines(refund('a'), refund('b')))],
    ['a byte order mark', `\uFEFF${lines(refund('a'), refund('b'))}`],
    ['Windows line ends', lines(refund('a'), refund('b')).replaceAll('\n', '\r\n')],
  ])('a file of %s', (_, content) => {
    expect(at.load(content)).toMatchObject({ imported: 2, refused: [] });
  });

  test('a bare list of messages is a conversation, as a line and as a whole file', () => {
    const { messages } = refund('');
    expect(at.load(lines(messages, messages.slice(0, 3)))).toMatchObject({ imported: 2 });
    expect(at.load(JSON.stringify(messages, null, 1))).toMatchObject({ imported: 1, known: 1 });
  });

  test('a bad record is refused alone, with its line and the reason', () => {
    const { imported, refused } = at.load(
      [
        JSON.stringify(refund('a')),
        '{"messages": [{"role": "us',
        '{"messages": "hello"}',
        '7',
        JSON.stringify({ messages: [{ role: 'wizard', content: 'x' }] }),
        JSON.stringify(refund('b', { reward: 7 })),
        JSON.stringify({ prompt: 'x' }),
        JSON.stringify(refund('c')),
      ].join('\n'),
    );
    expect(imported).toBe(2);
    expect(refused.map(({ line }) => line)).toEqual([2, 3, 4, 5, 6, 7]);
    expect(refused.map(({ reason }) => reason).join('\n')).toMatch(
      /JSON[\s\S]*list of messages[\s\S]*conversation[\s\S]*wizard[\s\S]*reward from 0 to 1[\s\S]*found prompt/,
    );
  });

  test('calls without results, results without calls and cut arguments are marked, and are no calls', () => {
    at.load(
      lines([
        { role: 'user', content: 'x' },
        { role: 'assistant', content: '', tool_calls: [call('1', 'refund', '{"order": "R'), call('2', 'close', {})] },
        { role: 'tool', tool_call_id: '1', content: 'Error: bad arguments' },
        { role: 'tool', tool_call_id: '9', content: 'from nowhere' },
        { role: 'assistant', content: 'Done.' },
      ]),
    );
    const [trace] = [...at.store().read()];
    const notes = trace?.steps.flatMap((step) => (step.kind === 'note' ? [step.text] : []));
    expect(notes).toEqual([
      expect.stringContaining('arguments of this call of refund are cut'),
      expect.stringContaining('result whose call the record does not have'),
      expect.stringContaining('no result of this call of close'),
    ]);
    expect(at.store().summaries()[0]?.calls).toEqual([]);
  });

  test('requests with replies are joined where one goes on with the other', () => {
    const { messages } = refund('');
    const pair = (n: number, at: number) => ({
      request: { model: 'asked', messages: messages.slice(0, at) },
      response: {
        id: `r${n}`,
        model: 'served',
        choices: [{ message: { refusal: null, ...messages[at] }, finish_reason: 'stop' }],
        usage: { prompt_tokens: 10, completion_tokens: 2 },
      },
    });
    expect(at.load(lines(pair(1, 2), pair(2, 4), pair(3, 6), { request: { messages: [] } }))).toMatchObject({
      imported: 1,
      refused: [{ line: 4 }],
    });
    const [trace] = [...at.store().read()];
    expect(trace).toMatchObject({ id: 'r1', model: 'served', usage: { calls: 3, inputTokens: 30, outputTokens: 6 } });
    expect(trace?.steps).toHaveLength(8);
  });

  test('labels by id, by task and trial, as lines and as CSV; a later one changes a stored outcome', () => {
    const tau = (trial: number) => ({ task_id: 3, trial, traj: refund('').messages.concat([]), info: {} });
    at.load(lines(tau(0), tau(1)), 'tau', { labels: 'task,trial,reward\n3,0,1\n3,1,0.5\n3,2,9\n' });
    expect([...at.store().read()].map(({ outcome }) => outcome)).toEqual([
      { reward: 1, by: 'file' },
      { reward: 0.5, by: 'file' },
    ]);
    expect(at.load(lines(refund('a')))).toMatchObject({ labelled: 0 });
    const again = at.load(lines(refund('a')), 'openai', { labels: lines({ id: 'a', label: 'resolved' }, { id: 'z' }) });
    expect(again).toMatchObject({ known: 1, refusedLabels: [{ line: 2 }] });
    expect([...at.store().read(new Set(['a']))][0]?.outcome).toEqual({ reward: 1, label: 'resolved', by: 'file' });
  });
});

const recorded = join(import.meta.dirname, '../../../shared/data/tau-bench-traces/gpt-4o-airline.jsonl.gz');
describe.skipIf(!existsSync(recorded))('100 recorded conversations of tau-bench', () => {
  test('all come in, each call with its result, each with its outcome', () => {
    expect(at.load(readFileSync(recorded), 'tau')).toMatchObject({ imported: 100, labelled: 100, refused: [] });
    const traces = [...at.store().read()];
    const steps = traces.flatMap((trace) => trace.steps);
    expect(steps.filter(({ kind }) => kind === 'call')).toHaveLength(572);
    expect(steps.filter(({ kind }) => kind === 'note')).toEqual([]);
    expect(traces.filter(({ outcome }) => outcome.reward === 1)).toHaveLength(43);
    const again = FORMATS.tau.write(traces).map((value, n) => ({ line: n + 1, value }));
    expect(FORMATS.tau.read(again, guessedFlags('shop')).traces).toEqual(traces);
  });
});
