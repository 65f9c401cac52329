/**
 * What a key holder may not record, however consistent it is: each rule that let a decision through
 * is applied again by `verify`.
 */
import { afterAll, describe, expect, it } from 'vitest';
import { sha256 } from '../../digest.ts';
import { invertEdit } from '../../edit/edits.ts';
import type { Edit } from '../../edit/schema.ts';
import { recompute } from '../../gate/record.ts';
import { harnessId } from '../../harness/parse.ts';
import { NO_POLICY } from '../../policy/policy.ts';
import { setFrozen } from '../acts/freeze.ts';
import { rollback } from '../acts/rollback.ts';
import { recordSettings } from '../acts/settings.ts';
import { startNight } from '../acts/start.ts';
import { recordAct } from '../acts/step.ts';
import { type Ledger, openLedger } from '../branch/ledger.ts';
import { wordsOn } from '../kinds/approve.ts';
import type { DecisionDraft, OwnFields } from '../kinds/index.ts';
import {
  addClause,
  type CandidateDraft,
  candidate,
  copies,
  gate,
  keep,
  measured,
  nextTime,
  put,
  release,
  removeFolders,
  type Shop,
  stepWith,
  userGit,
  who,
  workTreeOf,
} from '../shop.fixture.ts';
import { verifyRepository } from './verify.ts';

afterAll(removeFolders);

/** `first` is protected; one clause was kept and released as v1. */
const told = copies(async ({ dir, repository }) => {
  put(dir, 'harness/shop/harness.yaml', 'version: 1\nprotected: [first]\n');
  userGit(dir, 'commit', '-qam', 'protect');
  const ledger = await openLedger(repository, 'shop');
  await keep(ledger, 'second');
  await release(ledger, 'v1');
});

type Forgery = (ledger: Ledger, shop: Shop) => Promise<unknown>;

const accept = (
  ledger: Ledger,
  edits: Edit[],
  change: (draft: CandidateDraft) => CandidateDraft = (draft) => draft,
) => {
  const { draft, files } = candidate(ledger, edits, true);
  return ledger.record({ decisions: [change(draft)], files, message: { subject: 'keep' } });
};
const edit = (op: Edit['ops'][number], proposer: Edit['proposer'] = 'mine'): Edit => ({
  ...addClause('x'),
  ops: [op],
  proposer,
});
/** A record that changes nothing. */
const say = (ledger: Ledger, fields: OwnFields, child?: DecisionDraft['child']) =>
  recordAct(
    ledger,
    fields,
    { who, time: nextTime(), run: `x-${ledger.nextSeq}` },
    { message: { subject: fields.kind }, ...(child === undefined ? {} : { child }) },
  );
const pruned = (draft: CandidateDraft, form = 'prune'): CandidateDraft => {
  // One task better, all others the same.
  const pairs = gate('keep', false).pairs.map((pair, index) => (index === 0 ? { ...pair, after: [1] } : pair));
  const record = { stage: 'prune' as const, pairs, options: { rollouts: 40 } };
  return { ...draft, form, gate: record, verdict: recompute(record) };
};
const apply = (version: string): OwnFields => ({
  kind: 'apply',
  version,
  target: { branch: 'main', commit: 'a'.repeat(40) },
  source: { harness: 'a'.repeat(64), commit: null },
});
const settings = { policy: NO_POLICY, environment: sha256('environment'), tasks: [] };

async function found(forgery: Forgery): Promise<string> {
  const shop = await told();
  await forgery(await openLedger(shop.repository, 'shop'), shop);
  const { issues } = await verifyRepository(shop.repository);
  return issues.map((issue) => `${issue.level} ${issue.field}: ${issue.expected} / ${issue.found}`).join('\n');
}

describe('verify finds', () => {
  it.each<[string, RegExp, Forgery]>([
    [
      'an edit of what is protected',
      /V1 edits: nothing that is protected \/ first is protected/,
      (ledger) => accept(ledger, [edit({ op: 'clause.remove', id: 'first' })]),
    ],
    [
      'an edit by a model that a person has to answer for',
      /what the policy lets a night change \/ R2, for a person to decide/,
      (ledger) => accept(ledger, [edit({ op: 'clause.remove', id: 'second' }, 'reflect')]),
    ],
    [
      'an edit outside of the envelope',
      /clause\.add is outside of what the policy lets a night change/,
      async (ledger) => {
        const envelope = { ...NO_POLICY.envelope, ops: ['skill.add' as const] };
        await recordSettings(ledger, { ...settings, policy: { ...NO_POLICY, envelope } }, { who, time: nextTime() });
        await accept(ledger, [addClause('third')]);
      },
    ],
    [
      'an addition that was judged as if something were left out',
      /V1 form: prune \/ single/,
      (ledger) => accept(ledger, [addClause('useless')], (draft) => pruned(draft, 'single')),
    ],
    [
      'an addition that is called pruning',
      /nothing but what was there before this night kept more \/ useless/,
      (ledger) => accept(ledger, [addClause('useless')], pruned),
    ],
    [
      'a record that hides what it changed',
      /V1 touched/,
      (ledger) => accept(ledger, [addClause('third')], (draft) => ({ ...draft, touched: [] })),
    ],
    [
      'a candidate while the environment is frozen',
      /V1 kind: nothing of a night: it is frozen since decision 4 \/ candidate/,
      async (_, { repository }) => {
        await setFrozen(repository, 'shop', 'freeze', { ...stepWith(), why: 'incident' });
        await accept(await openLedger(repository, 'shop'), [addClause('third')]);
      },
    ],
    [
      'a version in force that is not what it released',
      /V1 child\.harness: [0-9a-f]{64} \/ [0-9a-f]{64}/,
      async (ledger) => {
        await keep(ledger, 'third');
        await say(ledger, apply('v1'));
      },
    ],
    [
      'a version in force that was never released',
      /V1 child\.harness: that of a release v7/,
      (ledger) => say(ledger, apply('v7')),
    ],
    [
      'an audit of no release',
      /V1 child\.harness: that of a release v5/,
      (ledger) => {
        const { pairs } = gate('keep', true);
        const record = { stage: 'audit' as const, pairs, options: { version: 'v5', against: 'start' } };
        const judged = { gate: record, verdict: recompute(record), version: 'v5' };
        const data = { environment: 'e', panel: 'p', panelSeed: 3 };
        return say(ledger, { kind: 'audit', data, ...judged, played: { seed: 1, agent: sha256('agent') } });
      },
    ],
    [
      'a note about another harness than that of the branch',
      /V1 child\.harness/,
      async (ledger) => {
        const { files } = candidate(ledger, [addClause('tried')], false);
        const note: OwnFields = { kind: 'note', data: measured, artifacts: [], limits: [] };
        await say(ledger, note, { harness: harnessId(files), files });
      },
    ],
    [
      'a look on another environment',
      /V1 data\.environment: [0-9a-f]{64} \/ e/,
      async (ledger) => {
        await recordSettings(ledger, settings, { who, time: nextTime() });
        const record = gate('release', true);
        const data = { ...measured, panel: 'p', look: 1 };
        await say(ledger, { kind: 'release', data, gate: record, verdict: recompute(record), limits: [] });
      },
    ],
    [
      'a generated panel that is looked at twice',
      /V1 data\.panelSeed: a seed that no look had before \/ 7/,
      async (ledger) => {
        const { rollouts: _, ...terms } = gate('release', true, { alpha: 0.02 }).options;
        const plan = { tasks: ['a'], trials: 1, terms };
        for (const look of [1, 2])
          await say(ledger, {
            kind: 'look',
            data: { ...measured, panel: 'p', panelSeed: 7, look },
            plan,
            limits: [],
          });
      },
    ],
    [
      'an edit by hand that gives up what was protected',
      /V1 loosens: policy\.md is another text/,
      async (ledger) => {
        const { harness, commit, files: old } = ledger.head();
        const files = new Map(old).set('policy.md', 'Anything goes.\n');
        const [before, after] = [old.get('policy.md'), files.get('policy.md')].map((text) =>
          sha256(JSON.stringify([text])),
        ) as [string, string];
        const fields = { touched: [{ id: 'policy', before, after }], loosens: [], source: { harness, commit } };
        await recordAct(
          ledger,
          { kind: 'external', ...fields },
          { who, time: nextTime(), run: 'x-4' },
          { child: { harness: harnessId(files), files }, files, message: { subject: 'by hand' } },
        );
      },
    ],
  ])('%s', async (_, message, forgery) => {
    expect(await found(forgery)).toMatch(message);
  });

  it('nothing in a rollback that says what it gives up', async () => {
    const said = await found(async (ledger, { dir, repository }) => {
      put(dir, 'harness/shop/policy.md', 'Be kind. Never close what is not yours.\n');
      await startNight(ledger, { workTree: workTreeOf(dir), run: 'adopt-5', who, time: nextTime(), adopt: true });
      const back = await rollback(repository, 'shop', 'v1', { who, time: nextTime() });
      expect(back.loosened).toEqual(['policy.md is another text']);
      expect((await openLedger(repository, 'shop')).decisions().at(-1)).toMatchObject({ loosens: back.loosened });
    });
    expect(said).toBe('');
  });

  it('nothing in what a night leaves out again', async () => {
    const honest = await found(async (ledger) => {
      const added = addClause('third');
      await accept(ledger, [added]);
      const inverse = invertEdit(ledger.head().files, added) as Edit;
      await accept(ledger, [inverse], pruned);
    });
    expect(honest).toBe('');
  });
});

it('the word of a key that was taken back from that place on does not count', () => {
  const word = (seq: number, signer: string, principal: string) =>
    ({ seq, kind: 'approve', signer, approval: { entry: 'e', policy: null, principal } }) as never;
  const revoke = (seq: number, keyid: string, from: number) =>
    ({ seq, kind: 'keys', signer: 'c', keys: { action: 'revoke', keyid, from } }) as never;
  const said = [word(8, 'a', 'kim'), word(9, 'b', 'lee')];
  expect([...wordsOn(said, 'e').keys()]).toEqual(['kim', 'lee']);
  expect([...wordsOn([...said, revoke(10, 'a', 8)], 'e').keys()]).toEqual(['lee']);
  expect([...wordsOn([...said, revoke(10, 'a', 9)], 'e').keys()]).toEqual(['kim', 'lee']);
});
