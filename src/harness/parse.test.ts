import { describe, expect, test } from 'vitest';
import { UsageError } from '../errors.ts';
import { harnessId, parseHarness } from './parse.ts';

const parse = (files: Record<string, string>) => parseHarness('shop', new Map(Object.entries(files)));
const skill = (name: string) => `---\nname: ${name}\ndescription: Cancel an order\n---\n\n1. Read the order.\n`;

describe('a harness', () => {
  test('may have no files at all', () => {
    const harness = parse({});
    expect(harness).toMatchObject({ env: 'shop', policy: '', skills: [], contract: { clauses: [] } });
    expect(harness.settings).toMatchObject({ version: 1, realization: { protocol: 'native', rescue: false } });
  });

  test('has its documents, skills in order of name', () => {
    const harness = parse({
      'policy.md': 'Be kind.\n',
      'harness.yaml': 'version: 1\nrealization: {protocol: text}\n',
      'contract.yaml': 'clauses:\n  - {id: rule, tools: [x], require: order.status == "open"}\n',
      'regulation.yaml': 'monitors:\n  - {id: m, kind: text_only, message: Call a tool.}\n',
      'skills/b/SKILL.md': skill('b'),
      'skills/a/SKILL.md': `${skill('a').replaceAll('\n', '\r\n')}\r\n`,
      'skills/a/notes.md': 'a note',
      'README.md': 'a note',
    });
    expect(harness.policy).toBe('Be kind.\n');
    expect(harness.settings.realization.protocol).toBe('text');
    expect(harness.contract.clauses[0]).toMatchObject({ id: 'rule', tell: 'description', max_blocks: 2 });
    expect(harness.skills.map(({ name }) => name)).toEqual(['a', 'b']);
    expect(harness.skills[0]?.body).toBe('1. Read the order.');
  });

  test('shares what did not change with the harness before, frozen', () => {
    const before = parse({ 'contract.yaml': 'formats: []\n' });
    const after = parse({ 'contract.yaml': 'formats: []\n', 'policy.md': 'x' });
    expect(after.contract).toBe(before.contract);
    expect(Object.isFrozen(after.contract.clauses)).toBe(true);
  });

  test('has an id that depends on paths and bytes, not on the order of files', () => {
    const id = (...files: [string, string][]) => harnessId(new Map(files));
    expect(id(['a.md', '1'], ['b.md', '2'])).toBe(id(['b.md', '2'], ['a.md', '1']));
    expect(id(['a.md', '1'])).not.toBe(id(['a.md', '1\n']));
    expect(id(['a.md', '1'])).not.toBe(id(['b.md', '1']));
    expect(parse({ 'policy.md': 'x' }).id).toMatch(/^[0-9a-f]{64}$/);
  });
});

const clause = (...more: string[]) =>
  `clauses:\n  - id: a\n    tools: [x]\n${more.map((line) => `    ${line}\n`).join('')}`;

describe('a fault says where, what was expected and found, and what to do', () => {
  test.each<[string, Record<string, string>, RegExp]>([
    [
      'YAML syntax',
      { 'contract.yaml': 'clauses:\n  - id: [a\n' },
      /^harness\/shop\/contract\.yaml:\d+:\d+: expected valid YAML.*correct/,
    ],
    ['a tab', { 'contract.yaml': 'clauses:\n\t- id: a\n' }, /contract\.yaml:2:1: .*Tabs/],
    ['a duplicate key', { 'harness.yaml': 'version: 1\nversion: 1\n' }, /harness\.yaml:2:1: .*unique/],
    [
      'a wrong value',
      { 'contract.yaml': clause('tell: loud') },
      /contract\.yaml:4:5: clauses\[0\]\.tell: expected one of .*"system".* found "loud"; correct/,
    ],
    [
      'a wrong type',
      { 'contract.yaml': clause('max_blocks: many') },
      /contract\.yaml:4:5: clauses\[0\]\.max_blocks: expected number, found "many"/,
    ],
    [
      'a missing key',
      { 'contract.yaml': 'clauses:\n  - id: a\n' },
      /contract\.yaml:2:5: clauses\[0\]\.tools: expected array, found nothing; add it/,
    ],
    [
      'an unknown key',
      { 'contract.yaml': clause('tels: system') },
      /contract\.yaml:4:5: clauses\[0\]: .*found "tels"; correct its name/,
    ],
    [
      'an unknown key in a step',
      { 'contract.yaml': clause('prepare:', '  - read: {as: o, cal: y}') },
      /contract\.yaml:5:9|contract\.yaml:5:\d+: clauses\[0\]\.prepare\[0\]\.read/,
    ],
    [
      'a bad id',
      { 'contract.yaml': 'clauses:\n  - id: My Rule\n    tools: [x]\n' },
      /contract\.yaml:2:5: clauses\[0\]\.id: expected lower-case words.*"My Rule"/,
    ],
    ['several faults', { 'contract.yaml': clause('tell: loud', 'max_blocks: many') }, /\(and 1 more\)$/],
    [
      'a duplicate id',
      { 'contract.yaml': `${clause()}  - id: a\n    tools: [x]\n` },
      /contract\.yaml:4:5: expected ids that differ, found "a" twice; rename/,
    ],
    [
      'a shared id',
      { 'contract.yaml': clause(), 'skills/a/SKILL.md': skill('a') },
      /skills\/a\/SKILL\.md: .*"a" for a clause and a skill/,
    ],
    [
      'CEL',
      { 'contract.yaml': clause('require: order.status ==') },
      /contract\.yaml:4:5: clause a: expected a CEL expression.*line 1, column 16/,
    ],
    [
      'CEL in a read',
      { 'contract.yaml': clause('prepare:', '  - read: {as: o, call: y, with: {id: args.}}') },
      /contract\.yaml:5:\d+: clause a: expected a CEL/,
    ],
    [
      'CEL in a hole',
      { 'contract.yaml': clause('otherwise: "{{order.}}"') },
      /contract\.yaml:4:5: clause a: expected a CEL/,
    ],
    ['matches', { 'contract.yaml': clause(`require: args.x.matches("a")`) }, /`matches` is not allowed/],
    [
      'a pattern',
      { 'contract.yaml': 'formats:\n  - argument: x\n    pattern: "(?=a)"\n' },
      /contract\.yaml:3:5: expected a linear-time \(RE2\) pattern/,
    ],
    [
      'no version',
      { 'harness.yaml': 'layers: {skills: false}\n' },
      /harness\.yaml:1:1: version: expected 1, found nothing; add it/,
    ],
    ['a list for a map', { 'contract.yaml': '- a\n' }, /contract\.yaml:1:1: the document: expected object/],
    ['an alias', { 'contract.yaml': 'formats: &f []\nclauses: *f\n' }, /contract\.yaml:1:\d+: .*anchor or alias/],
    ['a tag', { 'contract.yaml': 'clauses: !!seq []\n' }, /contract\.yaml:1:\d+: .*tag/],
    ['a merge key', { 'contract.yaml': '<<: {a: 1}\n' }, /contract\.yaml:1:1: .*"<<"/],
    [
      'a key of the language',
      { 'contract.yaml': 'aliases:\n  __proto__: {a: b}\n' },
      /contract\.yaml:2:3: .*__proto__/,
    ],
    ['two documents', { 'contract.yaml': 'clauses: []\n---\nclauses: []\n' }, /contract\.yaml:2:\d+: /],
    ['deep nesting', { 'contract.yaml': '['.repeat(30_000) }, /contract\.yaml:\d+:\d+: expected valid YAML/],
    [
      'a large file',
      { 'policy.md': 'x'.repeat(65_537) },
      /policy\.md: expected at most 65536 bytes, found 65537; shorten/,
    ],
    ['an invisible character', { 'policy.md': 'Be kind.\nIgno\u200bre\n' }, /policy\.md:2:5: .*U\+200B; delete it/],
    ['a misspelt file', { 'contracts.yaml': '' }, /contracts\.yaml: expected harness\.yaml.*rename or remove/],
    ['another letter case', { 'skills/a/skill.md': skill('a') }, /skills\/a\/skill\.md: expected/],
    [
      'a skill without front matter',
      { 'skills/a/SKILL.md': 'Steps.' },
      /skills\/a\/SKILL\.md:1:1: expected front matter/,
    ],
    [
      'a skill of another name',
      { 'skills/a/SKILL.md': skill('b') },
      /skills\/a\/SKILL\.md:2:1: expected the folder's name "a", found "b"/,
    ],
    [
      'a skill without steps',
      { 'skills/a/SKILL.md': '---\nname: a\ndescription: b\n---\n\n' },
      /skills\/a\/SKILL\.md:5:1: expected steps/,
    ],
  ])('%s', (_, files, message) => {
    expect(() => parse(files)).toThrow(UsageError);
    expect(() => parse(files)).toThrow(message);
  });
});
