/** Usage objects of vendors, and what each bills for them. */
import { describe, expect, it } from 'vitest';
import { costOf } from './prices.ts';
import { billedTokens } from './usage.ts';

const PRICE = { input: 2, output: 10, cached: 0.5 };

/** What was billed: input with cached, output with thoughts, cached; by the vendor's words. */
const FORMS: readonly (readonly [vendor: string, reply: object, input: number, output: number, cached: number])[] = [
  [
    'OpenAI chat completions (platform.openai.com/docs/guides/reasoning)',
    {
      usage: {
        prompt_tokens: 1000,
        completion_tokens: 350,
        total_tokens: 1350,
        prompt_tokens_details: { cached_tokens: 640 },
        completion_tokens_details: { reasoning_tokens: 300 },
      },
    },
    1000,
    350,
    640,
  ],
  [
    'xAI: reasoning beside completion (docs.x.ai/docs/guides/reasoning)',
    {
      usage: {
        prompt_tokens: 1000,
        completion_tokens: 50,
        total_tokens: 4050,
        completion_tokens_details: { reasoning_tokens: 3000 },
      },
    },
    1000,
    3050,
    0,
  ],
  [
    'Gemini by its OpenAI interface: thoughts in the total alone (ai.google.dev/gemini-api/docs/openai)',
    { usage: { prompt_tokens: 800, completion_tokens: 40, total_tokens: 1340 } },
    800,
    540,
    0,
  ],
  [
    'Gemini itself (ai.google.dev/api/generate-content#UsageMetadata)',
    {
      usageMetadata: {
        promptTokenCount: 800,
        candidatesTokenCount: 40,
        thoughtsTokenCount: 500,
        cachedContentTokenCount: 300,
        totalTokenCount: 1340,
      },
    },
    800,
    540,
    300,
  ],
  [
    'Anthropic messages: cache beside input (docs.anthropic.com/en/docs/build-with-claude/prompt-caching)',
    { usage: { input_tokens: 50, cache_read_input_tokens: 900, cache_creation_input_tokens: 100, output_tokens: 70 } },
    1050,
    70,
    900,
  ],
  [
    'a proxy of Anthropic that counts the cache into prompt_tokens (docs.litellm.ai)',
    {
      usage: {
        prompt_tokens: 1050,
        completion_tokens: 70,
        total_tokens: 1120,
        cache_read_input_tokens: 900,
        cache_creation_input_tokens: 100,
        prompt_tokens_details: { cached_tokens: 900 },
      },
    },
    1050,
    70,
    900,
  ],
  [
    'DeepSeek (api-docs.deepseek.com/guides/kv_cache)',
    {
      usage: {
        prompt_tokens: 1000,
        prompt_cache_hit_tokens: 768,
        prompt_cache_miss_tokens: 232,
        completion_tokens: 90,
        total_tokens: 1090,
        completion_tokens_details: { reasoning_tokens: 60 },
      },
    },
    1000,
    90,
    768,
  ],
  [
    'OpenAI responses (platform.openai.com/docs/api-reference/responses)',
    {
      usage: {
        input_tokens: 1000,
        input_tokens_details: { cached_tokens: 200 },
        output_tokens: 120,
        output_tokens_details: { reasoning_tokens: 64 },
        total_tokens: 1120,
      },
    },
    1000,
    120,
    200,
  ],
  [
    'Bedrock converse (docs.aws.amazon.com/bedrock: TokenUsage)',
    { usage: { inputTokens: 100, outputTokens: 20, cacheReadInputTokens: 400, totalTokens: 520 } },
    500,
    20,
    400,
  ],
  [
    'Cohere (docs.cohere.com/reference/chat)',
    {
      usage: { billed_units: { input_tokens: 30, output_tokens: 12 }, tokens: { input_tokens: 95, output_tokens: 12 } },
    },
    30,
    12,
    0,
  ],
  ['Ollama (docs.ollama.com/api)', { prompt_eval_count: 26, eval_count: 290, done: true }, 26, 290, 0],
  [
    "llama.cpp's server without usage (its README: timings)",
    { timings: { prompt_n: 12, cache_n: 200, predicted_n: 30, predicted_ms: 900 } },
    212,
    30,
    200,
  ],
  [
    'cached tokens beside prompt tokens',
    {
      usage: {
        prompt_tokens: 200,
        completion_tokens: 50,
        total_tokens: 1050,
        prompt_tokens_details: { cached_tokens: 800 },
      },
    },
    1000,
    50,
    800,
  ],
  [
    'cached and thoughts both beside',
    {
      usage: {
        prompt_tokens: 200,
        completion_tokens: 50,
        total_tokens: 1450,
        prompt_tokens_details: { cached_tokens: 800 },
        completion_tokens_details: { reasoning_tokens: 400 },
      },
    },
    1000,
    450,
    800,
  ],
  [
    'more thoughts than output, no total',
    { usage: { prompt_tokens: 10, completion_tokens: 5, reasoning_tokens: 90 } },
    10,
    95,
    0,
  ],
  ['a total below its parts', { usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 5 } }, 10, 5, 0],
  ['counts as text', { usage: { prompt_tokens: '10', completion_tokens: '5' } }, 10, 5, 0],
];

describe('tokens and money as billed', () => {
  it.each(FORMS)('%s', (_, reply, inputTokens, outputTokens, cachedTokens) => {
    const found = billedTokens(reply);
    expect(found).toEqual({ inputTokens, outputTokens, cachedTokens });
    const usd = ((inputTokens - cachedTokens) * 2 + cachedTokens * 0.5 + outputTokens * 10) / 1e6;
    expect(costOf(PRICE, found as NonNullable<typeof found>)).toBeCloseTo(usd, 12);
  });

  it.each([
    null,
    {},
    { usage: null },
    { usage: { total_tokens: 9 } },
    { usage: { prompt_tokens: -1, completion_tokens: 3 } },
    { usage: { prompt_tokens: 1.5, completion_tokens: 3 } },
    { usage: { prompt_tokens: Number.NaN, completion_tokens: 3 } },
    { usage: 'none' },
  ])('%j tells nothing', (reply) => {
    expect(billedTokens(reply)).toBeNull();
  });
});
