/** More tokens than allowed: thoughts need a setting, anything else is absurd. */
import { expect, test } from 'vitest';
import { NO_USAGE } from '../chat.ts';
import { InfrastructureError, UsageError } from '../errors.ts';
import type { ChatReply, JsonObject } from '../types.ts';
import { excessOf, isThoughtBeside } from './excess.ts';

const excess = (reported: object, kept?: JsonObject, inputTokens = 1000) => {
  const reply: ChatReply = {
    content: '',
    toolCalls: [],
    usage: { ...NO_USAGE, inputTokens, outputTokens: 9000 },
    model: 'm',
    finish: 'stop',
    ...(kept ? { kept } : {}),
  };
  return excessOf(reply, { reported, sentBytes: 5000, maxTokens: 768 });
};

test.each<[string, object, JsonObject | undefined, RegExp]>([
  ['in details', { completion_tokens_details: { reasoning_tokens: 8900 } }, undefined, /8900 of them reasoning/],
  ['beside the others', { reasoning_tokens: 8900 }, undefined, /8900 of them reasoning/],
  ['in the message alone', {}, { reasoning_content: 'Let me' }, /does not count reasoning tokens/],
])('thoughts %s ask for a setting and freeze nothing', (_, reported, kept, says) => {
  const error = excess(reported, kept);
  expect(error).toBeInstanceOf(UsageError);
  expect(error.message).toMatch(says);
  expect(error.message).toMatch(/9000 tokens.*768 are allowed.*--max-tokens.*thinking off/);
});

test.each([
  ['no thoughts', excess({ completion_tokens_details: { reasoning_tokens: 0 } })],
  ['thoughts beside more input than was sent', excess({ reasoning_tokens: 8900 }, undefined, 9e9)],
])('%s: a person has to look', (_, error) => {
  expect(error).toBeInstanceOf(InfrastructureError);
  expect(error).toMatchObject({ fatal: true, freezes: true });
});

test.each<[string, object, number, boolean]>([
  ['beside an answer', { completion_tokens: 50, completion_tokens_details: { reasoning_tokens: 3000 } }, 3050, true],
  ['beside, in other words', { output_tokens: 50, output_tokens_details: { reasoning_tokens: 3000 } }, 3050, true],
  ['among an answer beyond the limit', { completion_tokens: 9000, reasoning_tokens: 8900 }, 9000, false],
  ['fewer than what is beside', { completion_tokens: 50, reasoning_tokens: 100 }, 3050, false],
  ['more than any model has', { completion_tokens: 50, reasoning_tokens: 9e9 }, 9e9, false],
  ['none at all', { completion_tokens: 50 }, 3050, false],
])('thoughts %s', (_, reported, outputTokens, expected) => {
  const usage = { ...NO_USAGE, inputTokens: 1000, outputTokens };
  const reply: ChatReply = { content: '', toolCalls: [], usage, model: 'm', finish: 'stop' };
  expect(isThoughtBeside(reported, reply, 768)).toBe(expected);
});
