/** More tokens than allowed: thoughts need a setting, anything else is absurd. */
import { expect, test } from 'vitest';
import { NO_USAGE } from '../chat.ts';
import { InfrastructureError, UsageError } from '../errors.ts';
import type { ChatReply, JsonObject } from '../types.ts';
import { excessOf } from './excess.ts';

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
