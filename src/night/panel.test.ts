/** What the given sealed tasks are used for, look after look. */
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import type { Decision } from '../ledger/kinds/index.ts';
import { NO_POLICY, Policy } from '../policy/policy.ts';
import { scriptedAgent } from '../runtime/scripted-agent.fixture.ts';
import type { Environment, Task } from '../types.ts';
import { done, lamp, nightOf } from './lamp.fixture.ts';
import { choosePanel, useSealed } from './panel.ts';

const sealedTasks = (count: number): Task<'sealed'>[] =>
  Array.from({ length: count }, (_, i) => ({
    id: `s${i}`,
    split: 'sealed',
    tags: [],
    request: `Lamp ${i}`,
    target: null,
  }));
const policyOf = (panel: object): Policy => Policy.parse({ version: 1, panel });
const looked = (tasks: readonly Task[], decision: 'accepted' | 'inconclusive', seed: number | null = null): Decision =>
  ({
    kind: 'release',
    gate: { stage: 'release', pairs: tasks.map(({ id }) => ({ task: id })) },
    data: { panel: 'p', ...(seed === null ? {} : { panelSeed: seed }) },
    verdict: { decision },
  }) as unknown as Decision;
const given = { ...lamp, generate: undefined } as unknown as Environment;

function choose(sealed: readonly Task<'sealed'>[], decisions: readonly Decision[], policy = NO_POLICY) {
  const night = nightOf(
    scriptedAgent(() => done),
    { environment: given, sealed, decisions },
  );
  return choosePanel({ ...night, options: { ...night.options, policy } }, night.release);
}
const panelOf = (...given: Parameters<typeof choose>) => {
  const panel = choose(...given);
  if (typeof panel === 'string') throw new Error(panel);
  return { ids: panel.tasks.map(({ id }) => id).sort(), tasks: panel.tasks, used: panel.used };
};

describe('given sealed tasks', () => {
  const sealed = sealedTasks(200);
  const policy = policyOf({ size: 60, audit_share: 0.25 });

  it('are parted: no task is both looked at and audited, and adding tasks moves none', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 60, max: 199 }),
        fc.double({ min: 0.05, max: 0.5, noNaN: true }),
        (count, share) => {
          const panel = { audit_share: share };
          const few = useSealed(given, sealed.slice(0, count), panel, []);
          const all = useSealed(given, sealed, panel, []);
          const audit = new Set(all.audit);
          expect(few.audit.every((task) => audit.has(task))).toBe(true);
          expect(few.next.some((task) => audit.has(task))).toBe(false);
          expect(all.next.length + all.audit.length).toBe(200);
          expect(Math.abs(all.audit.length - 200 * share)).toBeLessThan(35);
        },
      ),
      { seed: 3, numRuns: 50 },
    );
  });

  it('stay the panel until something is released on them; then the reserve takes their place', () => {
    const first = panelOf(sealed, [], policy);
    expect(first.tasks).toHaveLength(60);
    const again = panelOf(sealed, [looked(first.tasks, 'inconclusive')], policy);
    expect(again).toEqual(first);
    const second = panelOf(sealed, [looked(first.tasks, 'accepted')], policy);
    expect(second).toMatchObject({ used: false });
    expect(second.ids.filter((id) => first.ids.includes(id))).toEqual([]);
    expect(useSealed(given, sealed, policy.panel, [looked(first.tasks, 'accepted')]).audit).toHaveLength(
      useSealed(given, sealed, policy.panel, []).audit.length,
    );
  });

  it('answer at most 12 looks, and are said to be used when there is no reserve', () => {
    const few = sealedTasks(40);
    const used = panelOf(few, [looked(few, 'accepted')]);
    expect(used).toMatchObject({ used: true, ids: few.map(({ id }) => id).sort() });
    const looks = Array.from({ length: 12 }, () => looked(few, 'inconclusive'));
    expect(panelOf(few, looks.slice(1)).used).toBe(false);
    expect(choose(few, looks)).toMatch(/answered 12 looks, the maximum; add 30 sealed tasks or more/);
    // New tasks are a new panel, without those that are used up.
    const more = sealedTasks(75);
    expect(panelOf(more, looks).ids).toEqual(
      more
        .slice(40)
        .map(({ id }) => id)
        .sort(),
    );
  });

  it('were either looked at or audited, whatever the policy said before', () => {
    const looks = [looked(sealed, 'accepted')];
    // Every task was looked at before the policy kept some for audits: none is left that decided
    // nothing.
    expect(useSealed(given, sealed, policy.panel, looks).audit).toEqual([]);
    const { audit } = useSealed(given, sealed, policy.panel, []);
    const audits = [
      {
        ...looked(audit, 'accepted', null),
        kind: 'audit',
        gate: { stage: 'audit', pairs: audit.map(({ id }) => ({ task: id })) },
      },
    ];
    const later = useSealed(given, sealed, NO_POLICY.panel, audits as unknown as Decision[]);
    const published = new Set(audit.map(({ id }) => id));
    expect(later.next.filter(({ id }) => published.has(id))).toEqual([]);
    expect(later.next).toHaveLength(200 - audit.length);
  });

  it('looks at generated panels use up no given task', () => {
    const few = sealedTasks(40);
    expect(panelOf(few, [looked(few, 'accepted', 7)])).toMatchObject({ used: false });
  });
});

test('a fresh panel has the kinds of task that the night selects, as many as were given', () => {
  const tagged = (seed: number, count: number): Task<'sealed'>[] =>
    Array.from({ length: count }, (_, i) => ({
      ...(sealedTasks(1)[0] as Task<'sealed'>),
      id: `f${seed}-${i}`,
      request: `${seed} ${i}`,
      tags: [i % 4 === 0 ? 'T1' : 'T2'],
    }));
  const base = { ...lamp, tasks: tagged(0, 160) };
  const generate = ({ seed, tasks }: { seed: number; tasks: number }) => ({ ...base, tasks: tagged(seed, tasks) });
  const environment = { ...base, generate } as unknown as Environment;
  const selected = environment.tasks.filter(({ tags }) => tags.includes('T1')) as Task<'sealed'>[];
  const night = nightOf(
    scriptedAgent(() => done),
    { environment, sealed: selected, decisions: [looked(selected, 'inconclusive')] },
  );
  const panel = choosePanel({ ...night, options: { ...night.options, tags: ['T1'] } }, night.release);
  if (typeof panel === 'string') throw new Error(panel);
  expect(panel.seed).not.toBe(null);
  expect(panel.tasks).toHaveLength(40);
  expect(panel.tasks.every(({ tags }) => tags.includes('T1'))).toBe(true);
});
