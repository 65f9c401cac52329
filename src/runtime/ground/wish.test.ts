/** What a call leaves open is read from the request or asked, never guessed. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Json, JsonObject } from '../../types.ts';
import { completeVocabulary } from '../../vocabulary.ts';
import { groundArgument } from './ground.ts';

const lamp = (item_id: string, color: string, height: string, shade: string): JsonObject => ({
  item_id,
  options: { color, height, shade },
});
const lamps = [
  lamp('11', 'red', '30 cm', 'paper'),
  lamp('12', 'red', '50 cm', 'paper'),
  lamp('13', 'blue', '30 cm', 'paper'),
  lamp('14', 'blue', '50 cm', 'linen'),
  lamp('15', 'red', '30 cm', 'linen'),
];
const vocabulary = completeVocabulary({ plainWords: ['exchange', 'return', 'order'] });
const named = (name: string, variant: JsonObject): JsonObject => ({ name, ...variant });
const oldLamp = named('Lamp', lamps[0] as JsonObject);
const rug: JsonObject = { name: 'Rug', item_id: '21', options: { color: 'blue', weave: 'flat' } };

function ground(request: string, value: Json, kept: readonly JsonObject[] = [oldLamp]) {
  return groundArgument({
    argument: 'new_item_ids',
    key: 'item_id',
    value,
    from: () => lamps,
    keep: (i) => kept[i],
    fallback: request,
    context: [{ items: [oldLamp, rug, ...kept] }],
    vocabulary,
  });
}
const wished = (request: string) => ground(request, ['Lamp']).value;

describe('the request decides what the call leaves open', () => {
  test.each<[string, string, string]>([
    [
      'old and new options side by side',
      "exchange Lamp {'color': 'red', 'height': '30 cm'} to {'height': '50 cm'}.",
      '12',
    ],
    ['in words, what is not named stays', 'Please swap the lamp for the one with the linen shade.', '15'],
    ['words before the next name belong to that', 'Change the lamp to 50 cm, and bring the blue rug.', '12'],
    ['a negation in another sentence', 'Change the lamp to blue. Do it without asking back.', '13'],
  ])('%s', (_, request, key) => {
    expect(wished(request)).toEqual([key]);
    expect(ground(request, 'Lamp').value).toBe(key);
  });

  test('names in another order than the things they stand for say as little as no names', () => {
    const bulb = { name: 'Bulb', item_id: '31', options: { color: 'red', height: '30 cm', shade: 'paper' } };
    const request = 'Change the lamp to blue and the bulb to linen.';
    expect(ground(request, ['Bulb', 'Lamp'], [oldLamp, bulb]).value).toEqual(['13', '15']);
    expect(ground(request, ['Rug', 'Lamp'], [oldLamp, bulb]).message).toContain('"Rug" fits no new item');
  });

  test('an invented key says as little as a bare name', () => {
    expect(ground('Change the lamp to blue.', ['1008292230']).value).toEqual(['13']);
  });
});

describe('it asks', () => {
  test.each<[string, string]>([
    ['when nothing new is named', 'Change the lamp (red, 30 cm) please.'],
    ['when the thing is not named', 'Make it blue.'],
    [
      'when two values of one property are named',
      'Change the lamp to blue or green, no: to blue. Make the lamp 50 cm or 40 cm.',
    ],
    ['when no record has it all', 'Change the lamp to blue with a linen shade.'],
    ['when it hangs on a condition', 'If there is one, change the lamp to blue.'],
    ['when the change is denied', 'Do not change the lamp to blue.'],
    ['when a contraction denies it', "Don't change the lamp to blue."],
    ['when another value is preferred', 'Change the lamp to linen rather than blue.'],
    ['when one value stands instead of another', 'Change the lamp to linen instead of blue.'],
    ['when there is a choice', 'Change the lamp to 50 cm or linen.'],
    ['when a condition follows', 'Change the lamp to blue. But only if it costs less.'],
    ['when it is taken back', 'Change the lamp to blue. Actually, forget that.'],
    ['when the thing is named twice', 'For order #W1 change the lamp to blue. For order #W2 change the lamp to linen.'],
    ['when another thing may be meant', 'Leave the lamp alone. Change the chair to blue.'],
    ['when the wish is a comparison', 'Change the lamp to the cheapest other one in blue.'],
    ['when a word is unknown', 'Change the lamp so that it matches my blue sofa.'],
    ['when a value is denied', 'Change the lamp, but not to blue.'],
  ])('%s', (_, request) => {
    const asked = ground(request, ['Lamp']);
    expect(asked.value).toEqual(['Lamp']);
    expect(asked.message).toContain('does not say which new item');
  });

  test('when two things of one name are changed', () => {
    const both = [oldLamp, named('Lamp', lamps[2] as JsonObject)];
    expect(ground('Change one lamp to 50 cm and the other to linen.', ['Lamp', 'Lamp'], both).message).toBeDefined();
  });
});

describe('where nothing is kept, the names in the request decide, if they are as many as the call has entries', () => {
  const shelf: JsonObject = { name: 'Shelf', item_id: '41', options: { color: 'red' } };
  const lines = [oldLamp, rug, shelf];
  const inOrder = (request: string, value: Json, items: readonly JsonObject[] = lines) =>
    groundArgument({
      argument: 'item_ids',
      key: 'item_id',
      value,
      from: () => items,
      fallback: request,
      context: [{ items }, { name: 'Lamp Shade' }],
      vocabulary,
    });

  test('an order number or an invented id in their place', () => {
    expect(inOrder('Return #W4143549: Rug;', ['#W4143549']).value).toEqual(['21']);
    expect(inOrder('Send the shelf and the lamp back.', ['1008292230', '1008292231']).value).toEqual(['41', '11']);
  });

  test.each<[string, string, Json, readonly JsonObject[]]>([
    ['another number of things', 'Return the rug and the lamp.', ['#W4143549'], lines],
    ['no thing of the order', 'Return it.', ['#W4143549'], lines],
    ['two things of one name', 'Return the lamp.', ['#W4143549'], [oldLamp, named('Lamp', lamps[2] as JsonObject)]],
    ['a longer name of another thing', 'Return the lamp shade.', ['#W4143549'], lines],
    ['an exception', 'Return everything except the lamp.', ['#W4143549'], lines],
    ['what must not be returned', 'Do not return the rug.', ['#W4143549'], lines],
    ['what stays', 'Return two things but keep the shelf.', ['#W4143549'], lines],
    ['a remark about a thing', 'I love my rug. Please return the order.', ['#W4143549'], lines],
    ['some entries that say something', 'Return the rug and the lamp.', ['Shelf', '#W4143549'], lines],
  ])('%s is asked', (_, request, value, items) => {
    expect(inOrder(request, value, items)).toMatchObject({ value, message: expect.stringContaining('which item') });
  });
});

describe('a call that says part of the wish', () => {
  test.each<[string, string, Json, string]>([
    ['is completed from the request', 'Change the lamp to blue with 50 cm and linen.', 'blue Lamp', '14'],
    ['in any part', 'Change the lamp to 50 cm and red.', 'Lamp of 50 cm', '12'],
    ['is no less than all of it', 'Change the lamp to blue.', { name: 'Lamp', options: { color: 'blue' } }, '13'],
  ])('%s', (_, request, value, key) => {
    expect(ground(request, [value]).value).toEqual([key]);
  });

  test.each<[string, string]>([
    ['how to answer', 'Tell me the price of the lamp (one amount without a sign).'],
    ['what the thing is replaced by', 'Instead of the lamp I want the version in blue.'],
    ['how to go about it', 'It is for the lamp. Just do it without asking again.'],
  ])('is no less sure when the request says %s', (_, request) => {
    expect(ground(request, ['blue Lamp, 30 cm, paper']).value).toEqual(['13']);
  });

  test.each<[string, string, Json]>([
    ['another property than the request', 'Change the lamp to blue.', 'Lamp, 50 cm'],
    ['another value than the request', 'Change the lamp to blue.', 'red Lamp, 50 cm'],
    ['half of a wish that cannot be read for sure', 'Change the lamp to 50 cm, but not to blue.', 'red Lamp, linen'],
    [
      'what a sentence without a name denies',
      'Change the lamp to 50 cm. I do not want the red one.',
      'red Lamp, 50 cm',
    ],
    ['half of what two sentences say', 'Change the lamp to 50 cm. It must have a linen shade.', 'Lamp, 50 cm'],
    ['what stays as it is', 'Keep the lamp. I want nothing but paper.', 'Lamp, 50 cm'],
    ['another value than a sentence without a name', 'Look at my lamp. Make it blue, please.', 'Lamp, 50 cm'],
  ])('is asked about where it says %s', (_, request, value) => {
    expect(ground(request, [value])).toMatchObject({ value: [value], message: expect.any(String) });
  });
});

describe('a word of negation that is a value', () => {
  const boots = (item_id: string, size: string, waterproof: string, lining: string): JsonObject => ({
    item_id,
    options: { size, 'water proof': waterproof, lining },
  });
  const shop = [boots('1', '8', 'yes', 'none'), boots('2', '9', 'yes', 'none'), boots('3', '9', 'no', 'none')];
  const old = named('Boots', shop[0] as JsonObject);
  const wishOf = (request: string, value: Json = 'Boots') =>
    groundArgument({
      argument: 'new_id',
      key: 'item_id',
      value,
      from: () => shop,
      keep: () => old,
      fallback: request,
      context: [{ items: [old, { name: 'Radio', options: { 'hand held': 'not yet' } }] }],
      vocabulary,
    });
  test.each([
    ["Exchange Boots {'size': '8', 'water proof': 'yes'} to {'size': '9', 'water proof': 'no'}.", '3'],
    ['Exchange the boots to size 9, water proof no.', '3'],
    ["Exchange Boots to {'size': '9'} and Radio {'hand held': 'not yet'} to {}.", '2'],
  ])('negates nothing: %s', (request, key) => {
    expect(wishOf(request).value).toBe(key);
    expect(wishOf(request, 'Boots, size 9').value).toBe(key);
  });
  test.each(['Exchange the boots to size 9, no water proof.', 'Exchange the boots to 9, and no radio.'])(
    'is one elsewhere: %s',
    (request) => {
      expect(wishOf(request).message).toBeDefined();
    },
  );
});

describe('two things of one name are told apart by their old options', () => {
  const [small, large] = [oldLamp, named('Lamp', lamps[3] as JsonObject)];
  const request =
    "Exchange Lamp {'color': 'red', 'height': '30 cm', 'shade': 'paper'} to {'height': '50 cm'}; Lamp {'color': 'blue', 'height': '50 cm', 'shade': 'linen'} to {'color': 'red', 'height': '30 cm'}.";
  test('for what is wanted', () => {
    expect(ground(request, ['Lamp', 'Lamp'], [small, large]).value).toEqual(['12', '15']);
    expect(ground(request, ['Lamp', 'Lamp'], [large, small]).value).toEqual(['15', '12']);
  });
  test('for what is there', () => {
    const inOrder = (text: string, value: Json) =>
      groundArgument({
        argument: 'item_ids',
        key: 'item_id',
        value,
        from: () => [small, large, rug],
        fallback: text,
        context: [{ items: [small, large, rug] }],
        vocabulary,
      });
    expect(inOrder('Return the Lamp (blue, 50 cm, linen).', ['Lamp']).value).toEqual(['14']);
    expect(inOrder('Return the Lamp (red, 30 cm, paper) and the rug.', ['Lamp', 'Rug']).value).toEqual(['11', '21']);
    expect(inOrder('Return the Lamp (blue).', ['Lamp']).message).toBeDefined();
  });
});

test('a key in the call is never overruled', () => {
  expect(ground('Change the lamp to blue.', ['15']).value).toEqual(['15']);
  expect(ground('Change the lamp to blue.', ['Lamp, green']).value).toEqual(['Lamp, green']);
});

test('whatever the request says, the answer is a record that differs in what it names, or a question', () => {
  const words = fc.constantFrom(
    'lamp',
    'Lamp',
    'rug',
    'red',
    'blue',
    '30 cm',
    '50 cm',
    'paper',
    'linen',
    'and',
    'not',
    ',',
    '.',
    'to',
  );
  fc.assert(
    fc.property(fc.array(words, { maxLength: 14 }), (text) => {
      const request = text.join(' ');
      const { value, message } = ground(request, ['Lamp']);
      const [key] = value as string[];
      if (message !== undefined) {
        expect(key).toBe('Lamp');
        return;
      }
      const options = lamps.find(({ item_id }) => item_id === key)?.options as JsonObject;
      for (const [property, is] of Object.entries(options))
        if (is !== (oldLamp.options as JsonObject)[property]) expect(request).toContain(String(is));
      expect(key).not.toBe('11');
    }),
    { seed: 11, numRuns: 500 },
  );
});
