/** What the morning page tells a person to do next. */
import { expect, test } from 'vitest';
import { parseHarness } from '../harness/parse.ts';
import type { NightSummary } from './events.ts';
import { morningPage } from './page.ts';

const score = { score: 0.5, low: 0.4, high: 0.6, tasks: 40 };
const summary: NightSummary = {
  type: 'summary',
  env: 'desk',
  agent: 'model',
  simulated: false,
  seed: 1,
  baseline: score,
  released: null,
  candidates: 0,
  kept: 0,
  rejected: {},
  rollouts: 80,
  voids: 0,
  lost: [],
  notes: [],
  usd: 0,
  seconds: 1,
  run: 'desk-0001',
  night: 1,
  repeated: 0,
  usage: { calls: 80, inputTokens: 1, outputTokens: 1, cachedTokens: 0, costUsd: 0 },
  proposerCalls: 0,
  notice: null,
  unproven: null,
  outcome: 'the branch equals the first harness, so there is nothing to test',
  command: 'npx optimize --env desk',
  signer: null,
  exitCode: 3,
};

test('after a night in which mine found nothing, a model is suggested in place of the same again', () => {
  const pageOf = (minedNothing: boolean) =>
    morningPage({
      summary,
      decisions: [],
      head: parseHarness('desk', new Map()),
      audit: null,
      approvals: 0,
      minedNothing,
      baselineSplit: 'dev',
    }).split('## Next')[1];
  expect(pageOf(true)).toContain('mine found nothing to edit here; a model may: --proposer reflect');
  expect(pageOf(true)).not.toContain('goes on from here');
  expect(pageOf(false)).toContain('npx optimize --env desk      # the next night goes on from here');
});

test('what a model said is inert outside of tables too', () => {
  const said = '![x](//e.x) <b> @team www.e.x\n# approved';
  const page = morningPage({
    summary: { ...summary, agent: `openai:${said}`, notice: `all of them say ${said}`, outcome: said, notes: [said] },
    decisions: [],
    head: parseHarness('desk', new Map()),
    audit: null,
    approvals: 0,
    minedNothing: false,
    baselineSplit: 'dev',
  });
  expect(page).not.toMatch(/!\[x\]\(|<b>|@team|www\.|^# approved/m);
  expect(page.match(/approved/g)).toHaveLength(4);
});
