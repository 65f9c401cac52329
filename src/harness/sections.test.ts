/** Sections of a skill: found by their heading, gone when they are hidden, and never changed by an edit when they are protected. */
import { describe, expect, it, test } from 'vitest';
import { sectionsOf } from './sections.ts';

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
