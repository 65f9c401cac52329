/** Words in several scripts. */
import { describe, expect, it } from 'vitest';
import { namesIn, wordsIn } from './words.ts';

describe('words', () => {
  it.each([
    ['Bring order #W12, please', ['bring', 'order', 'w12', 'please']],
    ['Ich möchte das Café ändern', ['ich', 'mochte', 'das', 'cafe', 'andern']],
    ['Где моя посылка?', ['где', 'моя', 'посылка']],
    ['Πού είναι το δέμα', ['που', 'ειναι', 'το', 'δεμα']],
    ['包裹、寄送', ['包', '裹', '寄', '送']],
    ['サーバー起動', ['サ', 'ー', 'バ', 'ー', '起', '動']],
    ['मेरा पार्सल', ['मेरा', 'पार्सल']],
    ['می‌خواهم بسته', ['میخواهم', 'بسته']],
    ['Ｏｒｄｅｒ １２', ['order', '12']],
    ['订单A12 ready', ['订', '单', 'a12', 'ready']],
    ['👍 — !', []],
  ])('%s', (text, words) => {
    expect(wordsIn(text)).toEqual(words);
  });
  it('keeps the name of a tool whole', () => {
    expect(namesIn('call get_order now')).toEqual(['call', 'get_order', 'now']);
    expect(namesIn('ruf get_order für')).toEqual(['ruf', 'get_order', 'fur']);
  });
});
