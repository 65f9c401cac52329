/** Traces of another program: in, filtered, out, expired, erased, and learned from. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { beforeAll, expect, it } from 'vitest';
import { git, optimize, read, repositoryOf, write } from './cli.ts';

const records = Array.from({ length: 30 }, (_, n) => ({
  id: `x${n}`,
  created: n < 10 ? 1_600_000_000 : undefined,
  metadata: { task: `t${n % 15}` },
  messages: [
    { role: 'user', content: n === 3 ? 'I am Ida Stone, refund R7.' : `Refund R${n}.` },
    {
      role: 'assistant',
      content: '',
      tool_calls: [{ id: 'c', type: 'function', function: { name: 'refund', arguments: `{"order":"R${n}"}` } }],
    },
    { role: 'tool', tool_call_id: 'c', content: n % 2 === 0 ? '{"ok":true}' : 'Error: too late' },
    { role: 'assistant', content: 'It has been refunded.' },
  ],
}));

let dir: string;
const last = async (args: string, more: readonly string[] = []): Promise<object> => {
  const { stdout } = await optimize(dir, args, { more });
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as object;
};
beforeAll(() => {
  dir = repositoryOf({ 'README.md': 'Our shop.\n' });
  writeFileSync(join(dir, 'log.jsonl.gz'), gzipSync(`${records.map((one) => JSON.stringify(one)).join('\n')}\n{"cut`));
  write(dir, { 'labels.csv': `id,reward\n${records.map(({ id }, n) => `${id},${n % 2 === 0 ? 1 : 0}`).join('\n')}\n` });
});

it('the whole way', async () => {
  expect(await last('import log.jsonl.gz --format openai --env our-shop --labels labels.csv --json')).toMatchObject({
    type: 'summary',
    env: 'our-shop',
    imported: 30,
    refused: 1,
  });
  expect(git(dir, 'status', '--porcelain', '-uall')).not.toContain('traces/');
  expect(await last('traces count --env our-shop --json')).toEqual({ type: 'summary', count: 30 });
  expect(
    await last('traces count --env our-shop --json', ['--where', 'reward < 1 && "refund" in calls && errors == 1']),
  ).toEqual({ type: 'summary', count: 15 });

  const learned = (await optimize(dir, 'learn --env our-shop --json')).stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(learned.filter(({ type }) => type === 'diagnosis')).toHaveLength(15);
  expect(learned.at(-1)).toMatchObject({
    type: 'summary',
    traces: 30,
    failed: 15,
    diagnosed: 15,
    labelled: 30,
    floor: 300,
  });
  expect(learned.filter(({ type }) => type === 'warning')).toHaveLength(1);
  expect(git(dir, 'branch', '--list', 'optimize/*')).toBe('');

  await optimize(dir, 'traces export --env our-shop --format atif --out out.jsonl');
  expect(JSON.parse(read(dir, 'out.jsonl').split('\n')[0] ?? '')).toMatchObject({ schema_version: 'ATIF-v1.7' });
  expect(await last('import out.jsonl --format atif --env again --json')).toMatchObject({ imported: 30, labelled: 30 });

  expect(await last('traces erase --env our-shop --json', ['--person', 'Ida Stone'])).toMatchObject({
    erased: 1,
    left: 29,
  });
  expect(await last('traces expire --env our-shop --older-than 90d --json')).toMatchObject({ expired: 9, left: 20 });
  const files = readdirSync(join(dir, 'traces/our-shop')).filter((name) => name.endsWith('.gz'));
  expect(files).toHaveLength(1);
  const kept = gunzipSync(readFileSync(join(dir, 'traces/our-shop', files[0] ?? ''))).toString();
  expect(kept.trim().split('\n')).toHaveLength(20);
  expect(kept).not.toContain('Ida Stone');
});

it('what cannot be read ends in a sentence; a name of this package whose data are not here is a name', async () => {
  write(dir, { 'bad.csv': 'id,reward\nx1,7\n' });
  for (const args of [
    'import missing --format tau --env x',
    'import README.md --format openai --env x --labels bad.csv',
  ])
    expect(await optimize(dir, args)).toMatchObject({ code: 2, stderr: expect.stringMatching(/^optimize: [^\n]+\n$/) });
  expect(await last('import log.jsonl.gz --format openai --env retail --json')).toMatchObject({ imported: 30 });
});
