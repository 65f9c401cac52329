/** What of a harness text can say, and what it cannot. */
import { describe, expect, it } from 'vitest';
import { harnessAsText, TEXT_FORMATS } from './as-text.ts';
import { parseHarness } from './parse.ts';
import { parseSkill } from './skill-file.ts';

const harness = parseHarness(
  'shop_2',
  new Map([
    ['policy.md', 'Be kind.\n'],
    [
      'contract.yaml',
      `clauses:
  - {id: waits, tools: [send, done], say: Only when it waits., prepare: [{read: {as: p, call: get}}], require: p.ok, enforce: block}
  - {id: silent, tools: [send], tell: off, say: Not told., require: args.town == "a", enforce: hard}
aliases: {send: {parcel: parcel_id}}
formats: [{argument: parcel_id, pattern: "^#"}]
`,
    ],
    ['regulation.yaml', 'monitors: [{id: talks, kind: text_only, message: Call a tool.}]\n'],
    ['harness.yaml', 'version: 1\nrealization: {rescue: true}\npermissions: {tools: [send, get]}\n'],
    ['skills/renew/SKILL.md', '---\nname: renew\ndescription: Loans.\nmetadata: {since: 2}\n---\n\n1. Read it.\n'],
  ]),
);
const mark = `Harness shop_2 v3, ${harness.id.slice(0, 12)}.`;

describe('harnessAsText', () => {
  it.each(['prompt', 'agents-md'] as const)(
    'writes policy, told rules and skills for %s, the version last',
    (format) => {
      const [text = ''] = harnessAsText(harness, format, 'v3').files.values();
      for (const part of [
        'Be kind.',
        '- `send`, before you finish: Only when it waits.',
        '## Skill: renew',
        '1. Read it.',
      ])
        expect(text).toContain(part);
      expect(text).not.toContain('Not told');
      expect(text.trimEnd().split('\n').at(-1)).toBe(mark);
    },
  );

  it('writes skills as agentskills.io has them, each with the version last', () => {
    const { files } = harnessAsText(harness, 'skills', 'v3');
    expect([...files.keys()]).toEqual(['shop-2-rules/SKILL.md', 'renew/SKILL.md']);
    for (const [path, text] of files) {
      const { metadata, body } = parseSkill(text, path.split('/')[0] as string, path);
      expect(Object.values(metadata).every((value) => typeof value === 'string')).toBe(true);
      expect(body.split('\n').at(-1)).toBe(mark);
    }
  });

  it('gives all documents as JSON, the version last', () => {
    const [text = ''] = harnessAsText(harness, 'json', null).files.values();
    const { contract, regulation, settings } = harness;
    expect(JSON.parse(text)).toMatchObject({ contract, regulation, settings, harness: harness.id, version: null });
    expect(text.trimEnd().split('\n').at(-2)).toBe(' "version": null');
  });

  it.each(TEXT_FORMATS)('lists what %s cannot do', (format) => {
    const lost = harnessAsText(harness, format, 'v3').lost.join('\n');
    for (const part of [
      'waits (send, done): the check "p.ok"',
      'waits (send, done): the reads',
      'silent (send)',
      'no sentence tells it',
    ])
      expect(lost).toContain(part);
    for (const part of [
      'alias send.parcel',
      'format of parcel_id',
      'monitor talks',
      'rescue',
      'permissions.tools',
      'at most 2',
    ])
      expect(lost).toContain(part);
  });
});
