import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Trace } from '../types.ts';
import { readTraces, traceFile, writeTraces } from './store.ts';
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

describe('store', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'traces-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  test('appends by split and reads back what was written', () => {
    const dev: Trace<'dev'> = { ...trace, split: 'dev' };
    writeTraces(folder, [trace, dev]);
    writeTraces(folder, [{ ...trace, id: 't-2' }]);
    expect(readTraces(folder, 'train').map((t) => t.id)).toEqual(['t-1', 't-2']);
    expect(readTraces(folder, 'dev')).toEqual([dev]);
    expect(readTraces(folder, 'sealed')).toEqual([]);
  });

  test('a line cut off by a crash is left out, a broken line in the middle is an error with its number', () => {
    writeTraces(folder, [trace]);
    appendFileSync(traceFile(folder, 'train'), '{"id":"t-');
    expect(readTraces(folder, 'train')).toHaveLength(1);
    appendFileSync(traceFile(folder, 'train'), '\n{}\n');
    expect(() => readTraces(folder, 'train')).toThrow(/train\.jsonl:2/);
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
