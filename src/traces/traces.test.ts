import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Trace } from '../types.ts';
import { findTrace, isTraceId } from './find.ts';
import { renderTrace } from './view.ts';

const usage = { calls: 1, inputTokens: 10, outputTokens: 5, cachedTokens: 0, costUsd: 0 };
const call = { name: 'close_ticket', arguments: { ticket_no: 'T1' } };
const trace: Trace<'train'> = {
  id: 't-1',
  harness: 'a'.repeat(64),
  env: 'workshop',
  agent: 'test',
  model: 'm',
  task: 'w-1',
  split: 'train',
  trial: 0,
  seed: 1,
  prompt: { system: '', user: 'Close it.', tools: [] },
  steps: [
    {
      kind: 'model',
      content: '',
      toolCalls: [{ id: 'c', name: 'close_ticket', arguments: '{"ticket_no":"T1"}' }],
      usage,
    },
    { kind: 'rewrite', by: 'format:ticket_no', callId: 'c', what: 'ticket_no', before: 'T1', after: '%T1' },
    { kind: 'block', by: 'status-close', callId: 'c', call, message: 'It is closed.' },
    { kind: 'result', callId: 'c', content: 'bad\u001b[2J text', error: true },
    { kind: 'end', ending: { reason: 'done', summary: 'Closed.' } },
  ],
  score: { reward: 0, checks: [{ name: 'state', passed: false }] },
  usage,
};

describe('find', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'traces-'));
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));
  const record = (run: string, traces: readonly Trace[], rest = '') => {
    mkdirSync(join(root, 'runs', run), { recursive: true });
    const lines = traces.map((each) => `${JSON.stringify({ key: each.id, trace: each })}\n`);
    writeFileSync(join(root, 'runs', run, 'rollouts.jsonl'), lines.join('') + rest);
  };
  const id = 'aaaabbbbccccdddd';

  test('the newest run that has it wins; what was cut off and what is not there is not found', () => {
    expect(findTrace(root, id)).toBeUndefined();
    record('shop-0001', [trace, { ...trace, id, trial: 1 }]);
    record(
      'shop-0002',
      [{ ...trace, id, trial: 2 }],
      JSON.stringify({ trace: { ...trace, id: 'f'.repeat(16) } }).slice(0, -3),
    );
    expect(findTrace(root, id)?.trial).toBe(2);
    expect(findTrace(root, 'f'.repeat(16))).toBeUndefined();
    expect([isTraceId(id), isTraceId('7'), isTraceId('v1')]).toEqual([true, false, false]);
  });
});

describe('view', () => {
  test('interventions are marked with their id, in order', () => {
    const text = renderTrace(trace);
    expect(text.indexOf('[format:ticket_no]')).toBeGreaterThan(0);
    expect(text.indexOf('[status-close] blocks close_ticket')).toBeGreaterThan(text.indexOf('[format:ticket_no]'));
    expect(text).toContain('check failed: state');
    expect(text).toContain('summary: "Closed."');
  });

  test('nothing in a trace can write on the terminal', () => {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
    expect(renderTrace(trace)).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
  });

  test('a void trace says why', () => {
    expect(renderTrace({ ...trace, score: null, error: 'no reply' })).toContain('void: no reply');
  });
});
