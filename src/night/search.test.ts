/** What is tried, in which order, and what becomes of an edit whose place was taken. */
import { expect, test } from 'vitest';
import type { Edit } from '../edit/schema.ts';
import { scriptedAgent } from '../runtime/scripted-agent.fixture.ts';
import { done, harness, nightOf, press, silent, verdict as verdictOf } from './lamp.fixture.ts';
import { type Branch, openProgress } from './night.ts';
import { playBaseline } from './race.ts';
import { search } from './search.ts';

const skill = (proposer: Edit['proposer'], id: string, fixes: number): Edit => ({
  ops: [{ op: 'skill.add', id, description: 'Always.', lines: ['Press the switch.'] }],
  hypothesis: '',
  addresses: [],
  predicts: { fixes, risks: '' },
  proposer,
});
const agent = scriptedAgent((request, index) =>
  index === 0 && JSON.stringify(request.messages).includes('Press the switch') ? press : done,
);

/** The candidates that were raced, as the ids of their skills, and what each was decided. */
async function tried(edits: readonly Edit[], verdict: (ids: readonly string[]) => 'accepted' | 'rejected') {
  const candidates: string[][] = [];
  const night = nightOf(agent, {
    recorder: {
      ...silent,
      async candidate(given) {
        const ids = given.edits.flatMap(({ ops }) => ops.map((op) => ('id' in op ? String(op.id) : '')));
        candidates.push(ids);
        return verdictOf(verdict(ids));
      },
    },
  });
  const head = harness('Serve.');
  const { baseline, deterministic } = await playBaseline(night, head);
  const branch: Branch = { head, baseline, releaseBaseline: baseline, kept: [], deterministic };
  const { kept } = await search(night, openProgress(), branch, { edits, diagnoses: new Map() });
  return { candidates, kept: kept.length };
}

test('a bundle that fails is halved, better half first', async () => {
  const edits = [skill('mine', 'a', 3), skill('mine', 'b', 2), skill('mine', 'c', 1), skill('reflect', 'd', 1)];
  const { candidates } = await tried(edits, (ids) => (ids.includes('c') ? 'rejected' : 'accepted'));
  expect(candidates).toEqual([['a', 'b', 'c'], ['a', 'b'], ['c'], ['d']]);
});

test('an edit whose name was taken by one that was kept is left out, and what stood beside it is tried', async () => {
  const edits = [skill('reflect', 'a', 9), skill('mine', 'a', 2), skill('mine', 'b', 1)];
  const { candidates, kept } = await tried(edits, () => 'accepted');
  expect([candidates, kept]).toEqual([[['a'], ['b']], 2]);
});
