/** Retrieval of skills. */
import { describe, expect, it } from 'vitest';
import type { Skill } from '../harness/schema.ts';
import { indexSkills, retrieveSkills } from './skills.ts';

const skill = (name: string, description: string): Skill => ({ name, description, metadata: {}, body: '1. Go.' });
const skills = [
  skill('exchange-items', 'Exchange items of a delivered order'),
  skill('cancel-order', 'Cancel a pending order'),
  skill('change-address', 'Change the shipping address of an order'),
];
const index = indexSkills(skills);
const names = (request: string, topK = 2, minScore = 0) =>
  retrieveSkills(index, request, topK, minScore).map(({ skill: { name } }) => name);

describe('retrieveSkills', () => {
  it('puts the best match first', () => {
    expect(names('I want to cancel this order.')[0]).toBe('cancel-order');
    expect(names('Please have the shelf exchanged.')).toEqual(['exchange-items']);
  });
  it('gives nothing without a common word, below the score, or for top_k 0', () => {
    expect(names('Hello there')).toEqual([]);
    expect(names('cancel', 2, 100)).toEqual([]);
    expect(names('cancel', 0)).toEqual([]);
    expect(retrieveSkills(indexSkills([]), 'cancel', 2, 0)).toEqual([]);
  });
  it('keeps top_k and the order of the harness on ties', () => {
    expect(names('order order', 2)).toHaveLength(2);
    const twins = indexSkills([skill('b', 'Same words'), skill('a', 'Same words')]);
    expect(retrieveSkills(twins, 'same words', 2, 0).map(({ skill: { name } }) => name)).toEqual(['b', 'a']);
  });
  it('computes BM25 with k1 1.5 and b 0.75', () => {
    const single = indexSkills([skill('refund', 'refund money')]);
    // idf = ln(2 / 2) + 1 = 1; tf = 2 in a document of mean length: 2 * 2.5 / (2 + 1.5)
    expect(retrieveSkills(single, 'refund', 1, 0)[0]?.score).toBeCloseTo(5 / 3.5, 12);
  });
  it('finds a single skill with the default score', () => {
    expect(retrieveSkills(indexSkills([skills[1] as Skill]), 'cancel please', 2, 0.5)).toHaveLength(1);
  });
  it.each([
    ['寄送包裹到城市', '我的包裹要寄送到柏林。', '你好'],
    ['Отправка посылки', 'Где моя посылка и отправка посылки?', 'Привет'],
    ['पार्सल भेजना', 'मेरा पार्सल भेजना है', 'नमस्ते'],
    ['إرسال الطرود', 'أريد إرسال الطُرود', 'مرحبا'],
    ['荷物を送る', 'この荷物を東京へ送る', 'こんにちは'],
    ['ส่งพัสดุ', 'ฉันต้องการส่งพัสดุ', 'สวัสดี'],
    ['Colis à renvoyer', 'Un colis A RENVOYER svp', 'Bonjour'],
  ])('finds words of any script: %s', (description, request, other) => {
    const only = indexSkills([skill('send', description)]);
    expect(retrieveSkills(only, request, 2, 0.5)).toHaveLength(1);
    expect(retrieveSkills(only, other, 2, 0.5)).toEqual([]);
  });
});
