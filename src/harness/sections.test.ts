/** Sections of a skill: found by heading, removed when hidden, unchanged when protected. */
import { describe, expect, it, test } from 'vitest';
import { resembles, sectionsOf, structureOf } from './sections.ts';

const BODY = `Work in order.

## Identity

1. Ask for the number.

### Twice

2. Ask again.

## Orders

Read them first.`;
const IDENTITY = '## Identity\n\n1. Ask for the number.\n\n### Twice\n\n2. Ask again.';

describe('a section', () => {
  it('goes from its heading to the next of the same level or above', () => {
    expect(sectionsOf(BODY, 'Identity')).toEqual([IDENTITY]);
    expect(sectionsOf(BODY, 'Twice')).toEqual(['### Twice\n\n2. Ask again.']);
    expect(sectionsOf(BODY, 'Orders')).toEqual(['## Orders\n\nRead them first.']);
    expect(sectionsOf(BODY, 'Money')).toEqual([]);
  });

  it('is there as often as its heading is', () => {
    expect(sectionsOf(`${BODY}\n## Identity ##\n\nNone.`, 'Identity')).toEqual([IDENTITY, '## Identity ##\n\nNone.']);
  });

  test.each([
    ['a comment', `<!--\n${BODY}\n-->`],
    ['a comment that is never closed', `Read on. <!-- old:\n${BODY}`],
    ['a code fence', `\`\`\`\n${BODY}\n\`\`\``],
    ['a longer fence', `~~~~\n~~~\n${BODY}`],
    ['a fence whose end says more', `~~~\nold\n~~~ end\n${BODY}`],
  ])('is gone in %s', (_, body) => {
    expect(sectionsOf(body, 'Identity')).toEqual([]);
  });

  test.each([
    ['a comment that is closed', `<!-- old --> <!-- older\n--> now\n${BODY}`],
    ['a fence that is closed', `\`\`\`\n## Identity\n\`\`\`\n${BODY}`],
  ])('is found after %s', (_, body) => {
    expect(sectionsOf(body, 'Identity')).toEqual([IDENTITY]);
  });
});

describe('what shapes a document', () => {
  test.each([
    '# One',
    '  ## Two',
    '> # quoted',
    '- ## in a list',
    '1. ```',
    '~~~ end',
    '===',
    '---',
    '* * *',
    '<pre>',
    'see <!-- this',
    'a </details>',
    '[x]: /u "',
    'one\u2028two',
  ])('%s does', (line) => {
    expect(structureOf(`Text.\n${line}\nText.`)).toEqual([line]);
  });

  test.each([
    '1. Ask first.',
    '- Then act.',
    'a < b',
    '#1 of the list',
    'use `x`',
    'a -- b',
    '[x](y)',
    '**Never**',
    '',
  ])('%s does not', (line) => {
    expect(structureOf(line)).toEqual([]);
  });

  test.each(['## Identity', '# IDENTITY #', '### *Identity*', '## Identit&#121;', 'Identity\n===', '> ## Identity'])(
    '%j reads like the heading Identity',
    (text) => {
      expect(resembles(`Text.\n\n${text}\n\nText.`, 'Identity')).toBe(true);
    },
  );

  it('is not what only speaks of it', () => {
    expect(resembles('## Orders\n\nCheck the identity.\n\n## Identity of orders', 'Identity')).toBe(false);
  });
});
