/** Lines for a person: coloured by this program alone, and inert where a page shows them. */

import { Writable } from 'node:stream';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { printable } from '../harness/text-checks.ts';
import { inert, terminal, unescaped } from './terminal.ts';

it('colours its own lines, and data can neither colour, erase nor begin one', () => {
  let shown = '';
  const screen = Object.assign(
    new Writable({
      write: (text, _, done) => {
        shown += text;
        done();
      },
    }),
    { isTTY: true, columns: 80, hasColors: () => true, getColorDepth: () => 24 },
  );
  const emit = terminal({ err: screen as never, now: () => 0 });
  emit({ type: 'warning', message: 'a\u001b[2J\nkept #1' });
  expect(shown).toBe('\u001b[33mwarning: a[2J kept #1\u001b[39m\n');
});

/** Renderers look for addresses after they have read character references. */
it.each([
  ['https://a.b', 'https\\[:\\]//a.b'],
  ['WWW.a.b', 'WWW\\[.\\]a.b'],
  ['a@b.c', 'a\\[@\\]b.c'],
  ['- a', '\\- a'],
  ['12. a', '12\\. a'],
  ['===', '\\==='],
  ['$x$', '\\$x\\$'],
  ['سلام 👍 再见 3.5 kg, well-known', 'سلام 👍 再见 3.5 kg, well-known'],
])('%s on a page is %s', (text, shown) => {
  expect(inert(text)).toBe(shown);
});

it.each([
  'می\u200cخواهم',
  'PDF\u200cها',
  '👨\u200d👩\u200d👧',
  '🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}',
  'क्\u200dष',
])('%s is printed as it is', (text) => {
  expect(printable(text)).toBe(text);
});

it.each(['a\u200cb', 'a\u200db', 'x\u202ey', 'x\u001b[2Jy', 'x\u{e0061}y', 'x\u2066y'])(
  '%j loses what does not show',
  (text) => {
    expect(printable(text)).toMatch(/^[\w[]+$/);
  },
);

it('on a screen a text reads as it was written, addresses apart', () => {
  const pieces = fc.constantFrom(
    '\\',
    '\\*',
    '`',
    '_',
    'modify_order',
    '$0.00',
    '&amp;',
    '&',
    '<b>',
    '1. ',
    '- ',
    '#W1',
    '|',
    ' ',
    '\n',
    'é',
  );
  fc.assert(
    fc.property(fc.array(pieces), (parts) => {
      const text = parts.join('');
      expect(unescaped(inert(text))).toBe(text);
    }),
  );
});
