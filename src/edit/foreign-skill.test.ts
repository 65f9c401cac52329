/** Skills as others write them: loaded as they are, edited with every unread byte kept. */
import { describe, expect, it } from 'vitest';
import { parseHarness } from '../harness/parse.ts';
import { editBody } from './skill-body.ts';

const STEPS = '1. Read the form.\n2. Fill the fields.\n';
const head = (more: string): string => `---\nname: forms\ndescription: Fill in forms.\n${more}---\n${STEPS}`;

const SKILLS: readonly (readonly [what: string, text: string])[] = [
  ['only what the format demands', head('')],
  ['a licence', head('license: Apache-2.0. See LICENSE.txt beside it\n')],
  ['what it needs', head('compatibility: Needs Python 3.12 and a network\n')],
  ['tools in one text', head('allowed-tools: Bash(python3:*) Read\n')],
  ['tools as a list', head('allowed-tools: [Read, Write]\n')],
  ['nested metadata', head('metadata:\n  author: {name: Kim, team: [desk, night]}\n  version: 1.5\n  beta: true\n')],
  ['keys of one product', head('model: inherit\nuser-invocable: false\nhooks:\n  stop: [{run: x}]\n')],
  ['a comment behind a key that is not read', head('license: MIT #see below\n')],
  ['a byte order mark', `\ufeff${head('')}`],
  ['line ends of Windows', head('license: MIT\n').replaceAll('\n', '\r\n')],
  ['blanks behind both fences', head('').replaceAll('---', '---  \t')],
  ['empty lines around the front matter', `\n\n---\n\nname: forms\n\ndescription: Fill in forms.\n\n---\n\n\n${STEPS}`],
  ['a folded description', `---\nname: forms\ndescription: >-\n  Fill in\n  forms.\n---\n${STEPS}`],
  ['a quoted description', `---\nname: "forms"\ndescription: 'Fill in forms.' # short\n---\n${STEPS}`],
  ['a rule and a table in the body', `${head('')}\n---\n\n| a | b |\n| - | - |\n`],
];

const path = 'skills/forms/SKILL.md';
const parse = (text: string) => parseHarness('desk', new Map([[path, text]]));

describe('a skill as others write it', () => {
  it.each(SKILLS)('with %s', (_, text) => {
    const [skill] = parse(text).skills;
    expect(skill).toMatchObject({ name: 'forms', description: 'Fill in forms.' });
    expect(skill?.body).toMatch(/^1\. Read the form\.\n2\. Fill the fields\./);
    const edited = editBody(new Map([[path, text]]), 'forms', (body) =>
      body.map((line) => line.replace('Fill the fields', 'Fill every field')),
    );
    expect(edited.get(path)).toBe(text.replace('Fill the fields', 'Fill every field'));
  });

  it.each([
    ['description: Order #W1 is late', '#W1 is late'],
    ['description: Order no. # 12 is late', '# 12 is late'],
    ['description: #12', '#12'],
  ])('is refused where YAML would cut "%s"', (line, cut) => {
    const text = `---\nname: forms\n${line}\n---\n${STEPS}`;
    expect(() => parse(text)).toThrow(
      `harness/desk/${path}:3:14: expected the whole text, found a comment that cuts it: ${cut}; put the text in quotes`,
    );
  });

  it('and so is a rule that YAML would cut', () => {
    const clause = (say: string) =>
      parseHarness('desk', new Map([['contract.yaml', `clauses:\n  - id: a\n    tools: [x]\n    say: ${say}\n`]]));
    expect(() => clause('Give ids as #W1.')).toThrow(/contract\.yaml:4:10: .*cuts it: #W1\.; put the text in quotes/);
    expect(clause('Give ids. # as told').contract.clauses[0]?.say).toBe('Give ids.');
    expect(clause('"Give ids as #W1."').contract.clauses[0]?.say).toBe('Give ids as #W1.');
  });
});
