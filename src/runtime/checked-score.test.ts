/** A score is checked where it comes in: no promise, no text, nothing outside of 0 to 1. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { defineEnvironment } from '../environments/define.ts';
import { UsageError } from '../errors.ts';
import { fileJournal } from '../evaluation/journal.ts';
import type { Task, Trace } from '../types.ts';
import { playEpisode } from './play.ts';
import { scriptedAgent } from './scripted-agent.fixture.ts';

const itself: Record<string, unknown> = {};
itself.itself = itself;

function play(score: unknown): Promise<Trace> {
  const tasks = [{ id: 't1', input: 'Add one.', split: 'train' as const }];
  const environment = defineEnvironment({
    name: 'counter',
    tasks,
    tools: {},
    reset: () => ({}),
    score: score as never,
  });
  const agent = scriptedAgent([{ name: 'done', arguments: { summary: 'Added.' } }]);
  return playEpisode({ harness: null, environment, agent, task: environment.tasks[0] as Task, trial: 0, seed: 1 });
}

describe('what is no score ends the run, with task and scorer named', () => {
  const promise = async () => 1;
  test.each<[string, unknown, RegExp]>([
    ['nothing', undefined, /scorer on task t1 returned undefined; expected \{reward: 0 to 1/],
    ['a bare number', 1, /returned 1; expected \{reward/],
    ['NaN', { reward: 0 / 0, checks: [] }, /a reward of NaN; expected a number from 0 to 1/],
    ['infinity', { reward: 1 / 0 }, /a reward of Infinity/],
    ['percent', { reward: 100 }, /a reward of 100;/],
    ['a loss', { reward: -0.5 }, /a reward of -0.5;/],
    ['a text', { reward: '1' }, /a reward of "1";/],
    ['a boolean', { reward: true }, /a reward of true;/],
    ['a bigint', { reward: 1n }, /a reward of 1n;/],
    ['null', { reward: null }, /a reward of null;/],
    ['a promise inside', { reward: promise() }, /a reward of a promise;/],
    ['checks that are no list', { reward: 1, checks: 'all' }, /"all" as checks; expected a list/],
    ['a check without a verdict', { reward: 1, checks: [{ name: 'a' }] }, /name "a", passed undefined/],
    ['a violation in words', { reward: 1, violation: 'yes' }, /"yes" as violation; expected true or false/],
  ])('%s', async (_, value, sentence) => {
    for (const score of [() => value, async () => value]) {
      const played = play(score);
      await expect(played).rejects.toThrow(UsageError);
      await expect(played).rejects.toThrow(sentence);
    }
  });

  it('names the one of several scorers', async () => {
    const good = () => ({ reward: 1, checks: [] });
    const score = [good, (() => ({ reward: false, checks: [] })) as never, good];
    await expect(play(score)).rejects.toThrow(/scorer 2 of 3 on task t1 returned a reward of false/);
  });

  it('keeps what a record can hold, and no other member', async () => {
    const score = () => ({ reward: -0, checks: [{ name: 'a', passed: true, more: 1n }], debug: itself });
    const { score: kept } = await play(score);
    expect(kept).toEqual({ reward: 0, checks: [{ name: 'a', passed: true }] });
  });
});

it('plays a rollout again whose journal was written before scores were checked', () => {
  const folder = mkdtempSync(join(tmpdir(), 'journal-'));
  const line = (key: string, score: unknown) => JSON.stringify({ key, trace: { score, prompt: {} } });
  const lines = [line('a', { reward: 1 }), line('b', { reward: null }), line('c', null), line('d', {})];
  writeFileSync(join(folder, 'rollouts.jsonl'), `${lines.join('\n')}\n`);
  const journal = fileJournal(folder, { keepSteps: true, bufferLines: 1 });
  expect(['a', 'b', 'c', 'd'].filter((key) => journal.get(key) !== undefined)).toEqual(['a', 'c']);
});
