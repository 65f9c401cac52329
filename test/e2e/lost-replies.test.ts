/** A night with a model whose replies are all cut: said first, ended early, and played again. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { optimize, read, shopRepository, summaryOf } from './cli.ts';

const CUT = {
  model: 'thinker',
  choices: [{ finish_reason: 'length', message: { role: 'assistant', content: null, reasoning_content: 'Let me' } }],
  usage: { prompt_tokens: 1000, completion_tokens: 768, total_tokens: 1768 },
};

it('tells it first, ends after a handful of calls, and replays', async () => {
  let calls = 0;
  const server = createServer((request, response) => {
    if (request.method === 'POST') calls += 1;
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(request.method === 'POST' ? CUT : { data: [{ id: 'thinker' }] }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  try {
    const dir = await shopRepository();
    const model = `--model openai:thinker --base-url ${url}`;
    const night = await optimize(dir, `--env my-shop --tasks 120 --budget 1 ${model} --json`);
    expect(night.code).toBe(2);
    expect(calls).toBeLessThanOrEqual(10);
    expect(summaryOf(night)).toMatchObject({ exitCode: 2, candidates: 0, rollouts: 4 });
    expect(summaryOf(night).notice).toMatch(/^8 of 8 replies were cut at 768 tokens.*raise --max-tokens/);
    expect(night.stderr).toMatch(/warning: 8 of 8 replies were cut/);
    expect(read(dir, 'runs/my-shop-0001/report.md').split('\n')[2]).toMatch(/^\*\*8 of 8 replies were cut/);
    expect((await optimize(dir, 'replay my-shop-0001')).code).toBe(0);

    const run = await optimize(dir, `run --env my-shop --tasks 3 --failures ${model}`);
    expect(run.stderr).toMatch(/6 of 6 replies were cut/);
    expect(run.stdout).toMatch(/3 x cut \(reply_limit 3\)/);
  } finally {
    server.close();
  }
});
