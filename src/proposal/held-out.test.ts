import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fileReplies } from '../models/replies.ts';
import { promptText } from '../prompts.ts';
import type { ChatReply, ChatRequest } from '../types.ts';
import { heldOutOf, quotedTasks } from './held-out.ts';

const request = (n: number) =>
  `I am customer ${n} and I want to swap the lamp number ${n * 7} for the smaller one in my second order, please.`;
const tasks = [
  { id: 'train-1', split: 'train' as const, request: request(1) },
  { id: 'dev-1', split: 'dev' as const, request: request(2) },
  { id: 'sealed-1', split: 'sealed' as const, request: request(3) },
];

test('a text that quotes a held-out request is told, whatever its case and punctuation, and wherever it stands', () => {
  const heldOut = heldOutOf(tasks);
  expect(heldOut(`What follows is data: {"request": "${request(3).toUpperCase()}"}`)).toBe('sealed-1');
  expect(heldOut(request(2).replaceAll(' ', ',\n'))).toBe('dev-1');
  expect(heldOut(request(1))).toBe(null);
});

test('words that a train task has as well, and single facts, tell nothing', () => {
  const heldOut = heldOutOf(tasks);
  expect(heldOut('for the smaller one in my second order, please.')).toBe(null);
  expect(heldOut('customer 3, lamp number 21')).toBe(null);
});

test('case 44: it is found in what a run recorded, in questions to the proposer and in no others', () => {
  const folder = mkdtempSync(join(tmpdir(), 'held-out-'));
  const path = join(folder, 'replies.jsonl');
  const put = (key: string, system: string, user: string) =>
    fileReplies(path).put(key, {
      request: {
        messages: [
          { role: 'system', content: system },
          { role: 'user', content: user },
        ],
      } as unknown as ChatRequest,
      reply: { content: 'fine' } as unknown as ChatReply,
    });
  // The agent is asked every task, of whatever split.
  put('a', 'Serve the customer.', request(3));
  put('b', promptText('reflect/system'), `Runs that failed: ${request(1)}`);
  expect(quotedTasks(path, tasks)).toEqual([]);
  put('c', promptText('reflect/system'), `Runs that failed: ${request(3)}`);
  expect(quotedTasks(path, tasks)).toEqual(['sealed-1']);
  rmSync(folder, { recursive: true });
});
