/** Joiners are judged by their neighbours. */
import { describe, expect, it } from 'vitest';
import { hiddenCharacter } from './text-checks.ts';

describe('what is text', () => {
  it.each([
    ['Persian', 'این میز بسته‌ها را می‌فرستد'],
    ['a Persian plural of a Latin word', 'PDF\u200cها و «کتاب»\u200cها'],
    ['Persian with a joiner before a space', 'می\u200c خواهم'],
    ['a keycap, and a form of a Han character', '1\ufe0f\u20e3 葛\u{e0100}城'],
    ['Hindi', 'क्‍ष और र्‍य'],
    ['Malayalam, at the end of a word', 'അവന്‍ വന്നു'],
    ['Sinhala', 'ශ්‍රී ලංකා'],
    ['Bengali', 'র‍্যাব'],
    ['a family', '👨‍👩‍👧 kindly'],
    ['skin tones and a heart', '👩🏽‍❤️‍👨🏿'],
    ['a flag of a rainbow', '🏳️‍🌈'],
    ['a flag of tags', '🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}'],
  ])('%s', (_, text) => {
    expect(hiddenCharacter(text)).toBeUndefined();
  });
});

describe('what hides', () => {
  it.each([
    ['between Latin letters', 'ap\u200dprove', 'U+200D', 2],
    ['alone', 'a \u200c b', 'U+200C', 2],
    ['in a run', 'می\u200c\u200cفرستد', 'U+200C', 2],
    ['behind a legitimate one', 'بسته\u200cها \u202e', 'U+202E', 8],
    ['beside one emoji', '👍\u200d ok', 'U+200D', 2],
    ['a message in selectors', 'ok\u{e0138}\u{e0139}', 'U+E0138', 2],
    ['selectors behind an emoji', '👍\ufe0f\ufe01', 'U+FE01', 3],
    ['a filler', 'a\u3164b', 'U+3164', 1],
    ['a joiner of graphemes', 'sk\u034fip', 'U+034F', 2],
    ['a blank of Braille', 'a\u2800b', 'U+2800', 1],
    ['a message in tags', 'ok\u{e0068}\u{e0069}', 'U+E0068', 2],
    ['tags behind a flag without an end', '🏴\u{e0067}\u{e0062}', 'U+E0067', 2],
  ])('%s', (_, text, name, at) => {
    expect(hiddenCharacter(text)).toEqual({ name, at });
  });
});
