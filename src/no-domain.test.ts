/** The core knows no domain: no word of a shop in its code, nor in what it says in a library. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { diagnose } from './diagnosis/diagnose.ts';
import { randomOf } from './digest.ts';
import { applyEdit } from './edit/apply.ts';
import { editTitle } from './edit/title.ts';
import { library } from './environments/library.fixture.ts';
import { evaluate } from './evaluation/evaluate.ts';
import { parseHarness } from './harness/parse.ts';
import { simulatedAgent } from './models/sim/agent.ts';
import { buildLeakIndex, checkEdits } from './proposal/checks.ts';
import { type MinedProposal, mine } from './proposal/mine/mine.ts';
import { renderTrace } from './traces/view.ts';
import type { Harness, HarnessFiles, Task, Trace } from './types.ts';

const SRC = import.meta.dirname;
/** Words of the only domain that this package had for long. */
const RETAIL = /customer|refund|exchange_|delivered|pending_|storefront/i;
/** The same and all else by which a shop would be known; `items` is a key of JSON Schema. */
const SHOP =
  /customer|refund|exchang|deliver|\bpending|storefront|\bshops?\b|(?<!same |blocking )\borders?\b|\bproducts?\b|\bpurchas|\bgift|credit.card|\bpayments?\b|\bpric(?:e|es|ing)\b|#W\d|\bitems?\b(?!":)/i;

const filesBelow = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => name.replaceAll('\\', '/'));

describe('the code', () => {
  it('holds no word of retail outside of its environments', () => {
    const sources = filesBelow(SRC).filter(
      (name) => name.endsWith('.ts') && !/^environments\/|\.(?:test|fixture)\.ts$/.test(name),
    );
    expect(sources.length).toBeGreaterThan(200);
    const found = sources.flatMap((name) =>
      readFileSync(join(SRC, name), 'utf8')
        .split('\n')
        .flatMap((line, at) => (RETAIL.test(line) ? [`${name}:${at + 1}: ${line.trim()}`] : [])),
    );
    expect(found).toEqual([]);
  });

  it('holds none in the prompts of proposers and judges', () => {
    const folder = join(SRC, '../prompts');
    const texts = filesBelow(folder).filter((name) => name.endsWith('.md'));
    expect(texts.length).toBeGreaterThan(4);
    expect(texts.filter((name) => SHOP.test(readFileSync(join(folder, name), 'utf8')))).toEqual([]);
  });
});

describe('a library', () => {
  const start: HarnessFiles = new Map([
    ['policy.md', '# Policy\n\nYou serve a lending library.\n'],
    ['harness.yaml', 'version: 1\n'],
  ]);
  const tasks = library.tasks.filter((task): task is Task<'train'> => task.split === 'train').slice(0, 90);
  const agent = simulatedAgent('weak');
  const played = async (harness: Harness): Promise<readonly Trace<'train'>[]> => {
    const { traces } = await evaluate({ harness, environment: library, agent, tasks });
    return traces as readonly Trace<'train'>[];
  };
  let bare: readonly Trace<'train'>[];
  let mined: MinedProposal;
  let learnt: readonly Trace<'train'>[];
  let harness: Harness;
  const details: string[] = [];

  beforeAll(async () => {
    const parent = parseHarness('library', start);
    bare = await played(parent);
    const found = await Promise.all(
      bare.map((trace) => {
        const task = tasks.find(({ id }) => id === trace.task) as Task<'train'>;
        return diagnose(trace, { task, environment: library, harness: parent });
      }),
    );
    const diagnoses = found.filter((one) => one !== null);
    const context = { environment: library, harness: parent, traces: bare, tasks, diagnoses };
    mined = await mine({ ...context, random: randomOf('library') });
    const leak = await buildLeakIndex(library, parent.policy);
    let files = start;
    for (const edit of mined.edits) {
      const results = await checkEdits({ ...context, parent, edits: [edit], leak, shapes: mined.shapes });
      details.push(...results.map(({ detail }) => detail));
      if (results.every(({ passed }) => passed)) files = applyEdit(files, edit);
    }
    harness = parseHarness('library', files);
    learnt = await played(harness);
  }, 60_000);

  const shopWordsIn = (texts: readonly string[]): string[] => {
    const lines = texts.flatMap((text) => text.split('\n')).filter((line) => SHOP.test(line));
    return [...new Set(lines)];
  };

  it('is played and learnt from', () => {
    const mean = (traces: readonly Trace[]): number =>
      traces.reduce((sum, { score }) => sum + (score?.reward ?? 0), 0) / traces.length;
    expect(mean(bare)).toBeLessThan(0.7);
    expect(mean(learnt)).toBeGreaterThan(mean(bare) + 0.1);
    expect(mined.edits.length).toBeGreaterThan(10);
    expect(harness.contract.clauses.length).toBeGreaterThan(3);
  });

  it('its prompts hold no word of a shop', () => {
    const prompts = [...bare, ...learnt].map(
      ({ prompt }) => `${prompt.system}\n${prompt.user}\n${JSON.stringify(prompt.tools, null, 1)}`,
    );
    expect(shopWordsIn(prompts)).toEqual([]);
    expect(prompts[0]).toContain('all that the reader says');
  });

  it('nor do messages, calls and results of its conversations', () => {
    expect(
      shopWordsIn([...bare, ...learnt].flatMap((trace) => [renderTrace(trace), JSON.stringify(trace.steps, null, 1)])),
    ).toEqual([]);
  });

  it('nor what was mined, what was left out, and what the checks said', () => {
    const texts = [JSON.stringify(mined.edits, null, 1), ...mined.edits.map(editTitle), ...mined.notes, ...details];
    expect(shopWordsIn([...texts, ...harness.files.values()])).toEqual([]);
  });
});
