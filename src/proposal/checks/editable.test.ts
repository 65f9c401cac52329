/** What `editable` lets an edit change, what lint says of it, and what loosens it. */
import { describe, expect, test } from 'vitest';
import { applyEdit } from '../../edit/edits.ts';
import type { Edit, Op } from '../../edit/schema.ts';
import { lintHarness } from '../../harness/lint/lint.ts';
import { harnessLoosenings } from '../../harness/loosened.ts';
import { parseHarness } from '../../harness/parse.ts';
import type { HarnessFiles } from '../../types.ts';
import { policyRefusal } from './policy.ts';

const skill = '---\nname: refunds\ndescription: Refunds\n---\n# Steps\n1. Read the order.\n# Style\nBe brief.\n';
const filesOf = (settings: string, more: Record<string, string> = {}): HarnessFiles =>
  new Map(
    Object.entries({
      'harness.yaml': `version: 1\n${settings}`,
      'policy.md': '# Duty\nServe.\n# Style\nBe kind.\n## Tone\nCalm.\n# End\nStop.\n',
      'skills/refunds/SKILL.md': skill,
      ...more,
    }),
  );
const editOf = (...ops: Op[]): Edit => ({
  ops,
  hypothesis: '',
  addresses: [],
  predicts: { fixes: 0, risks: '' },
  proposer: 'mine',
});
/** The refusal of a step between two sets of files. */
const step = (before: HarnessFiles, after: HarnessFiles) =>
  policyRefusal({ parent: parseHarness('shop', before), child: parseHarness('shop', after), edits: [] });
const tryEdit = (settings: string, ...ops: Op[]) => {
  const before = filesOf(settings);
  return step(before, applyEdit(before, editOf(...ops)));
};
const steps: Op = { op: 'skill.replace', id: 'refunds', anchor: '1. Read the order.', lines: ['1. Read it twice.'] };
const style: Op = { op: 'skill.replace', id: 'refunds', anchor: 'Be brief.', lines: ['Be very brief.'] };
const rescue: Op = { op: 'switch.set', key: 'rescue', value: true };

describe('an edit', () => {
  test('may change all but the policy by default', () => {
    expect(tryEdit('', steps, rescue)).toBeNull();
    expect(step(filesOf(''), filesOf('', { 'policy.md': 'Serve all.' }))).toMatch(/^policy\.md changes outside/);
  });
  test('outside of `editable` is refused with a sentence', () => {
    expect(tryEdit('editable: [skills/*]\n', steps)).toBeNull();
    expect(tryEdit('editable: [skills/*]\n', steps, rescue)).toBe(
      'harness.yaml changes outside of what harness.yaml lets edits change: skills/*',
    );
    expect(tryEdit('editable: [contract.yaml]\n', steps)).toMatch(/^skills\/refunds\/SKILL\.md changes outside/);
    expect(tryEdit('editable: []\n', steps)).toMatch(/change: nothing$/);
  });
  test('stays within the section that is named', () => {
    expect(tryEdit('editable: [skills/refunds#Style]\n', style)).toBeNull();
    expect(tryEdit('editable: [skills/refunds#Style]\n', steps)).not.toBeNull();
    const heading: Op = { op: 'skill.replace', id: 'refunds', anchor: 'Be brief.', lines: ['# More', 'Be brief.'] };
    expect(tryEdit('editable: [skills/refunds#Style]\n', heading)).not.toBeNull();
  });
  test('may change a section of the policy, with what stands below it, and nothing around it', () => {
    const before = filesOf('editable: ["policy.md#Style"]\n');
    const policy = (text: string) => new Map(before).set('policy.md', text);
    expect(step(before, policy('# Duty\nServe.\n# Style\nBe short.\n## Tone\nDry.\n# End\nStop.\n'))).toBeNull();
    expect(step(before, policy('# Duty\nServe us.\n# Style\nBe kind.\n## Tone\nCalm.\n# End\nStop.\n'))).not.toBeNull();
    expect(step(before, policy('# Duty\nServe.\n# Style\n```\n# End\nStop.\n'))).not.toBeNull();
  });
  test('never changes what may be edited', () => {
    const before = filesOf('');
    expect(step(before, filesOf('editable: ["*"]\n'))).toBe('permissions, protected, editable and caps may not change');
  });
});

test('lint: an entry stands for a file or for one section of it', () => {
  const lint = (entry: string) =>
    lintHarness(parseHarness('shop', filesOf(`editable: ["${entry}"]\n`)), [], new Map()).map((issue) => issue.message);
  for (const entry of ['skills/*', 'skills/refunds', 'skills/refunds#Steps', 'policy.md#Style', 'contract.yaml'])
    expect(lint(entry)).toEqual([]);
  expect(lint('polcy.md')).toEqual(['there is no polcy.md; did you mean policy.md?']);
  expect(lint('policy.md#Tune')).toEqual(['expected one heading "Tune" in policy.md, found 0']);
});

test('to let edits change more is a loosening; the editable part of the policy is none', () => {
  const loosened = (before: string, after: string, more?: Record<string, string>) =>
    harnessLoosenings('shop', filesOf(before), filesOf(after, more));
  expect(loosened('', 'editable: [skills/refunds]\n')).toEqual([]);
  expect(loosened('editable: [skills/*]\n', '')).toEqual([
    'edits may change contract.yaml',
    'edits may change harness.yaml',
    'edits may change regulation.yaml',
  ]);
  expect(loosened('', 'editable: ["policy.md#Style"]\n')).toEqual(['edits may change policy.md#Style']);
  const policy = { 'policy.md': '# Duty\nServe.\n# Style\nBe short.\n# End\nStop.\n' };
  expect(loosened('editable: ["policy.md#Style"]\n', 'editable: ["policy.md#Style"]\n', policy)).toEqual([]);
  expect(loosened('', '', policy)).toEqual(['policy.md is another text']);
});
