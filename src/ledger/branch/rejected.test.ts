import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { editKey } from '../../edit/edits.ts';
import type { Edit } from '../../edit/schema.ts';
import { refusedByCheck } from '../../gate/verdict.ts';
import { parseHarness } from '../../harness/parse.ts';
import type { Harness, Verdict } from '../../types.ts';
import type { Decision } from '../kinds/index.ts';
import { touchedBy } from '../kinds/items.ts';
import { demandsOf, lookPlace, looksAt, sameQuestion, useOfTasks } from '../kinds/panels.ts';
import { addClause, contract } from '../shop.fixture.ts';
import { bundleKey, MAX_RETRIES, mayTry, rejectedEdits } from './rejected.ts';

/** A harness whose clause `first` says something numbered. */
const harness = (version: number): Harness =>
  parseHarness(
    'shop',
    new Map([['contract.yaml', contract('first', 'other').replace('Rule first', `Rule ${version}`)]]),
  );

const first = addClause('first', 'Better.').ops[0] as Extract<Edit['ops'][number], { op: 'clause.add' }>;
const edit: Edit = { ...addClause('x'), ops: [{ op: 'clause.replace', id: 'first', clause: first.clause }] };

const verdict = (stage: Verdict['stage'], decision: Verdict['decision'], reason: string): Verdict => ({
  ...refusedByCheck(reason, ''),
  stage,
  decision,
  alpha: 0.02,
  rules: 'gate/3',
});

/** As much of a decision as these queries read. */
const decision = (parent: Harness, found: Verdict, seq: number, edits = [edit]): Decision =>
  ({
    seq,
    run: 'r',
    kind: 'candidate',
    parent: { harness: parent.id, commit: null },
    child: { harness: 'c', files: {} },
    checks: [],
    form: 'single',
    edits,
    keys: edits.map(editKey),
    touched: touchedBy('shop', parent.files, edits),
    verdict: found,
    who: { agent: 'a', served: 'm' },
  }) as unknown as Decision;

const key = editKey(edit);
const ask = (decisions: readonly Decision[], current: Harness) => mayTry(key, decisions, current, 'a');

describe('mayTry', () => {
  it('allows what was never tried, and what only a bundle was rejected for', () => {
    const other = addClause('y');
    const bundle = decision(harness(1), verdict('keep', 'rejected', 'not_better'), 1, [edit, other]);
    expect(ask([bundle], harness(1))).toEqual({ allowed: true, reason: 'new', seq: null });
    const both = bundleKey([editKey(other), key]);
    expect(mayTry(both, [bundle], harness(1), 'a')).toMatchObject({ allowed: false, reason: 'unchanged' });
    expect(bundleKey([key])).toBe(key);
  });

  it.each(['policy', 'leak', 'taint'])('never allows again what %s refused', (reason) => {
    const decisions = [decision(harness(1), verdict('check', 'rejected', reason), 1)];
    expect(ask(decisions, harness(2))).toEqual({ allowed: false, reason: 'refused', seq: 1 });
  });

  it('waits until a part that the edit touches has changed; other parts do not count', () => {
    const decisions = [decision(harness(1), verdict('keep', 'rejected', 'not_better'), 1)];
    expect(ask(decisions, harness(1))).toEqual({ allowed: false, reason: 'unchanged', seq: 1 });
    const elsewhere = parseHarness('shop', new Map([...harness(1).files, ['policy.md', 'New.\n']]));
    expect(ask(decisions, elsewhere)).toMatchObject({ allowed: false });
    expect(ask(decisions, harness(2))).toEqual({ allowed: true, reason: 'changed', seq: 1 });
  });

  it('lifts the refusal of a free check on any other harness, for what has no effect here may have one there', () => {
    const decisions = [decision(harness(1), verdict('check', 'rejected', 'inert'), 1)];
    expect(ask(decisions, harness(1))).toEqual({ allowed: false, reason: 'unchanged', seq: 1 });
    const elsewhere = parseHarness('shop', new Map([...harness(1).files, ['policy.md', 'New.\n']]));
    expect(ask(decisions, elsewhere)).toEqual({ allowed: true, reason: 'changed', seq: 1 });
  });

  it('takes nothing from another agent but what policy, leak or taint refused', () => {
    const fell = [decision(harness(1), verdict('keep', 'rejected', 'not_better'), 1)];
    expect(mayTry(key, fell, harness(1), 'b')).toMatchObject({ allowed: true, reason: 'new' });
    const leaked = [decision(harness(1), verdict('check', 'rejected', 'leak'), 1)];
    expect(mayTry(key, leaked, harness(1), 'b')).toMatchObject({ allowed: false, reason: 'refused' });
  });

  it('knows what an edit touches that does not apply', () => {
    const missing = { ...edit, ops: [{ op: 'clause.remove' as const, id: 'missing' }] };
    const decisions = [decision(harness(1), verdict('keep', 'rejected', 'not_better'), 1, [missing])];
    const now = parseHarness('shop', new Map([['contract.yaml', contract('missing')]]));
    expect(mayTry(editKey(missing), decisions, harness(2), 'a')).toMatchObject({ allowed: false });
    expect(mayTry(editKey(missing), decisions, now, 'a')).toMatchObject({ allowed: true });
  });

  it('holds for every history: never after a refusal, never unchanged, at most twice again', () => {
    const event = fc.record({
      version: fc.integer({ min: 1, max: 4 }),
      kind: fc.constantFrom('leak', 'lint', 'not_better', 'hopeless', 'incomplete', 'improved'),
    });
    const verdicts: Record<string, Verdict> = {
      leak: verdict('check', 'rejected', 'leak'),
      lint: verdict('check', 'rejected', 'lint'),
      not_better: verdict('keep', 'rejected', 'not_better'),
      hopeless: verdict('keep', 'rejected', 'hopeless'),
      incomplete: verdict('keep', 'inconclusive', 'incomplete'),
      improved: verdict('keep', 'accepted', 'improved'),
    };
    fc.assert(
      fc.property(fc.array(event, { maxLength: 8 }), fc.integer({ min: 1, max: 4 }), (events, now) => {
        const decisions = events.map(({ version, kind }, index) =>
          decision(harness(version), verdicts[kind] as Verdict, index + 1),
        );
        const rejects = events.filter(({ kind }) => kind !== 'incomplete' && kind !== 'improved');
        const byGate = rejects.filter(({ kind }) => kind === 'not_better' || kind === 'hopeless').length;
        const last = rejects.at(-1);
        const fell = rejects.findLast(({ kind }) => kind === 'not_better' || kind === 'hopeless');
        const expected =
          last === undefined ||
          (!rejects.some(({ kind }) => kind === 'leak') &&
            byGate <= MAX_RETRIES &&
            !(last.kind === 'lint' && last.version === now) &&
            fell?.version !== now);
        expect(ask(decisions, harness(now)).allowed).toBe(expected);
        expect(rejectedEdits(decisions)).toHaveLength(rejects.length);
      }),
      { seed: 7, numRuns: 100 },
    );
  });
});

describe('panels', () => {
  const look = (panel: string, branch: string, found: Verdict, seq: number, panelSeed?: number): Decision =>
    ({
      ...decision(harness(1), found, seq),
      kind: 'release',
      parent: { harness: 'release', commit: null },
      child: { harness: branch, files: {} },
      gate: { stage: 'release', options: {}, pairs: [{ task: `${panel}1` }, { task: `${panel}2` }] },
      data: { panel, panelSeed },
    }) as unknown as Decision;
  const decisions = [
    look('p', 'a', verdict('release', 'inconclusive', 'inconclusive'), 1),
    decision(harness(1), verdict('keep', 'rejected', 'not_better'), 2),
    look('p', 'b', verdict('release', 'accepted', 'improved'), 3),
    look('q', 'a', verdict('release', 'rejected', 'regression'), 4),
    look('g', 'a', verdict('release', 'rejected', 'regression'), 5, 77),
  ];

  it('counts the looks that played a given task, and whether something was released on it', () => {
    expect(Object.fromEntries(useOfTasks(decisions))).toEqual({
      p1: { looks: 2, used: true },
      p2: { looks: 2, used: true },
      q1: { looks: 1, used: false },
      q2: { looks: 1, used: false },
    });
  });

  it('tells where the next look stands, whatever panels there were', () => {
    expect(lookPlace([])).toEqual({ looks: 0, sinceRelease: 0, releases: 0 });
    expect(lookPlace(decisions.slice(0, 2))).toEqual({ looks: 1, sinceRelease: 1, releases: 0 });
    expect(lookPlace(decisions.slice(0, 3))).toEqual({ looks: 2, sinceRelease: 0, releases: 1 });
    expect(lookPlace(decisions)).toEqual({ looks: 4, sinceRelease: 2, releases: 1 });
  });

  it('counts a look that was cut off before its verdict, with every task that it may have played', () => {
    const opened = (run: string, panelSeed?: number): Decision =>
      ({
        kind: 'look',
        run,
        data: { panel: 'p', panelSeed },
        plan: { tasks: ['p1', 'p2', 'p3'], trials: 1, terms: { planned: 3 } },
      }) as unknown as Decision;
    const closed = { ...look('p', 'a', verdict('release', 'accepted', 'improved'), 9), run: 'night-2' };
    expect(lookPlace([opened('night-1')])).toEqual({ looks: 1, sinceRelease: 1, releases: 0 });
    expect(lookPlace([opened('night-1'), opened('night-2')])).toEqual({ looks: 2, sinceRelease: 2, releases: 0 });
    // Its verdict is no second look.
    expect(lookPlace([opened('night-1'), opened('night-2'), closed])).toEqual({
      looks: 2,
      sinceRelease: 0,
      releases: 1,
    });
    expect(looksAt([opened('night-1'), opened('night-2'), closed], 'p')).toBe(2);
    expect(Object.fromEntries(useOfTasks([opened('night-1'), opened('night-2'), closed]))).toEqual({
      p1: { looks: 2, used: true },
      p2: { looks: 2, used: true },
      p3: { looks: 1, used: false },
    });
    expect(useOfTasks([opened('night-1', 7)]).size).toBe(0);
  });

  it('too many voids are no answer', () => {
    const voids = [look('v', 'a', verdict('release', 'inconclusive', 'voids'), 1)];
    const question = {
      panel: 'v',
      release: 'release',
      branch: 'a',
      served: 'm',
      rules: 'gate/3',
      demands: demandsOf({}),
    };
    expect(sameQuestion(voids, question)).toBe(null);
    // The order of what is demanded makes no other question.
    expect(demandsOf({ protectedTags: ['b', 'a'] })).toBe(demandsOf({ protectedTags: ['a', 'b'] }));
  });

  it('answers the very same question from the record, and no other', () => {
    const demands = demandsOf({});
    const question = { panel: 'p', release: 'release', branch: 'a', served: 'm', rules: 'gate/3', demands };
    expect(sameQuestion(decisions, question)?.decision).toBe('inconclusive');
    for (const other of [
      { panel: 'r' },
      { release: 'x' },
      { branch: 'c' },
      { served: 'n' },
      { rules: 'gate/9' },
      { demands: demandsOf({ maxIncrease: { tokens: 5 } }) },
    ]) {
      expect(sameQuestion(decisions, { ...question, ...other })).toBe(null);
    }
  });
});
