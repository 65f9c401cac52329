/** `init --kind document`: text to JSON with no tool, up to a released change of a skill. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { decisionsOf, git, type Outcome, optimize, read, repositoryOf, summaryOf } from './cli.ts';
import { type DocumentEndpoint, openDocumentEndpoint } from './document-endpoint.ts';

let endpoint: DocumentEndpoint;
let dir: string;
let night: Outcome;
beforeAll(async () => {
  endpoint = await openDocumentEndpoint();
  dir = repositoryOf({ 'README.md': 'Our invoices.\n' });
  expect((await optimize(dir, 'init extract --kind document')).code).toBe(0);
  git(dir, 'add', '-A');
  git(dir, 'commit', '-q', '-m', 'add extract');
  night = await optimize(
    dir,
    `--env extract --budget 5 --proposer reflect --model openai:fake --price-in 1 --price-out 2 --base-url ${endpoint.url} --json`,
    { env: { OPENAI_API_KEY: 'none' } },
  );
});
afterAll(() => endpoint.close());

it('is 60 rows, split 10/20/30, with one skill and no tool, and sound', async () => {
  const checked = await optimize(dir, 'env check extract --json');
  expect(JSON.parse(checked.stdout)).toMatchObject({
    tools: 0,
    splits: { train: 10, dev: 20, sealed: 30 },
    oracle: 1,
    idle: 0,
    problems: [],
  });
});

it('gets a night that releases a change of the skill', () => {
  expect(summaryOf(night)).toMatchObject({ agent: 'openai:fake', voids: 0, released: { version: 'v1' } });
  const skill = git(dir, 'show', 'optimize/extract:harness/extract/skills/fields/SKILL.md');
  expect(skill).toContain('Give the vendor by its name without its legal form.');
  expect(git(dir, 'diff', '--name-only', 'main', 'optimize/extract', '--', 'harness').split('\n')).toEqual([
    'harness/extract/skills/fields/SKILL.md',
  ]);
  const release = decisionsOf(dir, 'extract').find(({ kind }) => kind === 'release');
  expect(release?.verdict).toMatchObject({ decision: 'accepted', tasks: 30 });
});

it('sends the documents with the schema of the answer, and nothing that the author did not write', () => {
  const playing = endpoint.asked.filter(({ messages }) => !messages[0]?.content.startsWith('You improve'));
  expect(playing.length).toBeGreaterThan(60);
  for (const { tools, messages, response_format } of playing) {
    expect(tools).toBeUndefined();
    expect(response_format?.json_schema.schema.required).toEqual(['vendor', 'number', 'date', 'total']);
    expect(messages[0]?.content.startsWith(read(dir, 'harness/extract/policy.md').trim())).toBe(true);
    expect(messages[0]?.content).toContain('1. Read the whole invoice before you answer.');
    expect(messages[0]?.content).not.toMatch(/Work on the request|call done/);
  }
});

it('verifies', async () => {
  expect((await optimize(dir, 'verify')).code).toBe(0);
});
