import { describe, expect, test } from 'vitest';
import { randomOf } from '../../../digest.ts';
import { retailScorer } from '../tasks.ts';
import { draftTicket, type Slot, type TicketDraft, taskOf } from './draft.ts';
import {
  drawsAgain,
  goldSucceeds,
  mutantsFail,
  nothingScores,
  oracleScores,
  orderIsFree,
  type Trial,
  verifyTask,
  wishIsClear,
  wordsFit,
} from './verify.ts';
import { generateWorld } from './world.ts';

const world = generateWorld(5);
const score = retailScorer(world, 'fixed');
let count = 0;

const trialOf = (draft: TicketDraft): Trial => {
  count += 1;
  return { world, score, task: taskOf(draft, `t-${count}`), target: draft.target, draft };
};

/** A draft that passes and meets the condition. */
function sound(slot: Slot, wanted: (draft: TicketDraft) => boolean): TicketDraft {
  for (let attempt = 0; attempt < 20_000; attempt++) {
    const draft = draftTicket(world, slot, randomOf('verify-test', attempt));
    if (draft && wanted(draft) && verifyTask(trialOf(draft), () => draft) === undefined) return draft;
  }
  throw new Error('no such draft');
}

const plain: Slot = { tier: 'T1', refusal: false, kind: 0.5 };
const change = sound(plain, ({ tags }) => tags.includes('modify_pending_order_items') && tags.length === 2);

const withTarget = (draft: TicketDraft, target: Partial<TicketDraft['target']>): TicketDraft => ({
  ...draft,
  target: { ...draft.target, ...target },
});

describe('each point refuses what it is there for', () => {
  test('0: words that are not in the request, and a report that can be read off it', () => {
    expect(wordsFit(trialOf(change))).toBeUndefined();
    expect(wordsFit(trialOf(withTarget(change, { mentions: { '1': 'a unicorn' } })))).toMatch('unicorn');
    const known = change.request.slice(3, 9).replaceAll(',', '');
    expect(wordsFit(trialOf(withTarget(change, { reports: [known] })))).toMatch('guessed');
  });

  test('1 and 2: gold that the tools refuse', () => {
    const [gold] = change.target.writes;
    const refused = { name: gold?.name ?? '', arguments: { ...gold?.arguments, payment_method_id: 'paypal_0000000' } };
    const broken = trialOf(withTarget(change, { writes: [refused] }));
    expect(goldSucceeds(broken)).toMatch('fail');
    expect(oracleScores(broken)).toMatch('fail');
  });

  test('3: a task that is solved by doing nothing', () => {
    expect(nothingScores(trialOf(withTarget(change, { writes: [] })))).toMatch('scores 1');
  });

  test('4: a mutant that scores, here a write made twice over', () => {
    const address = sound(plain, ({ tags }) => tags.includes('modify_user_address'));
    expect(mutantsFail(trialOf(address))).toBeUndefined();
    const twice = withTarget(address, { writes: [...address.target.writes, ...address.target.writes] });
    expect(mutantsFail(trialOf(twice))).toMatch('mutant');
  });

  test('5: a result that depends on which of two independent calls comes first', () => {
    const two = sound({ tier: 'T3', refusal: false, kind: 0.1 }, ({ target }) => target.writes.length === 2);
    expect(orderIsFree(trialOf(two))).toBeUndefined();
    const [first] = two.target.writes;
    const away = { name: 'cancel_pending_order', arguments: { order_id: '#W0', reason: 'no longer needed' } };
    const trial = trialOf(two);
    // A score that only knows the written order stands for a tool whose effect depends on it.
    expect(orderIsFree({ ...trial, score: () => ({ reward: 0, checks: [] }) })).toMatch('order');
    expect(goldSucceeds(trialOf(withTarget(two, { writes: first ? [first, away] : [] })))).toMatch('fail');
  });

  test('6: a wish that several writes meet, none meets, or that means another write', () => {
    expect(wishIsClear(trialOf(change))).toBeUndefined();
    const [part] = change.parts;
    const [wish] = part?.wishes ?? [];
    if (!part || wish?.tool !== 'modify_pending_order_items') throw new Error('expected an item change');
    const loose = wish.changes.map(({ item }) => ({ item, to: { kind: 'other', axis: '' } as const }));
    const vague = { ...part, wishes: [{ ...wish, changes: loose }] };
    expect(wishIsClear(trialOf({ ...change, parts: [vague] }))).toMatch('another write');
    const dearest = wish.changes.map(({ item }) => ({ item, to: { kind: 'changed', options: {} } as const }));
    expect(wishIsClear(trialOf({ ...change, parts: [{ ...part, wishes: [{ ...wish, changes: dearest }] }] }))).toMatch(
      'another',
    );
    expect(wishIsClear(trialOf({ ...change, parts: [{ ...part, gold: null }] }))).toMatch('another write');
  });

  test('6: a payment method that fits two of the profile is unclear', () => {
    const cards = sound(plain, ({ user, parts: [part] }) => {
      const [wish] = part?.wishes ?? [];
      const sources = Object.values(user.payment_methods).filter(({ source }) => source === 'credit_card');
      return sources.length === 2 && wish?.tool === 'exchange_delivered_order_items' && 'lastFour' in wish.method;
    });
    const [part] = cards.parts;
    const [wish] = part?.wishes ?? [];
    if (!part || wish?.tool !== 'exchange_delivered_order_items') throw new Error('expected an exchange');
    const unclear = { ...part, wishes: [{ ...wish, method: { source: 'credit_card' } as const }] };
    expect(wishIsClear(trialOf({ ...cards, parts: [unclear] }))).toBe('2 writes meet one wish');
  });

  test('7: a draw that comes out differently', () => {
    expect(drawsAgain(trialOf(change), () => change)).toBeUndefined();
    expect(drawsAgain(trialOf(change), () => ({ ...change, request: 'other' }))).toMatch('differs');
  });
});
