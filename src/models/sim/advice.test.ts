/** Advice is understood by content: paraphrases count, and contrary advice counts the other way. */
import { describe, expect, it } from 'vitest';
import { analyse } from './advice.ts';
import type { FaultKind } from './profiles.ts';
import { concerns, type Topic } from './prompt.ts';
import { indexTools } from './sentence.ts';
import { shopTools, shopVocabulary } from './shop.fixture.ts';

const index = indexTools(shopTools, shopVocabulary);

/**
 * Sum of what the text says on the topic: positive = cures, negative = harms, 0 = silent or
 * undecided.
 */
function says(fault: FaultKind, text: string, topic: Topic = {}, own?: string): number {
  const advice = analyse(text, index, own).filter(
    (item) => item.fault === fault && concerns(item, topic, index.lexicon),
  );
  return Math.sign(advice.reduce((sum, item) => sum + item.polarity, 0));
}

const exchange = { tool: 'exchange_delivered_order_items' };
const cancel = { tool: 'cancel_pending_order' };
const items = { ...exchange, argument: 'item_ids' };

interface Row {
  readonly fault: FaultKind;
  readonly topic?: Topic;
  readonly own?: string;
  readonly cures: readonly string[];
  readonly harms: readonly string[];
}

const TABLE: readonly Row[] = [
  {
    fault: 'missing_prefix',
    topic: { tool: 'get_order_details', argument: 'order_id' },
    cures: [
      "Order numbers begin with '#'.",
      'Every order_id carries a hash sign in front of the W.',
      'Without its leading hash an order id is not found.',
      'Never drop the # of an order number.',
      'Order ids look like #W0000000.',
      'Keep the pound sign when you write an order id.',
    ],
    harms: [
      "Order ids are written without the '#'.",
      'Strip the hash from each order number.',
      'An order id has no prefix.',
    ],
  },
  {
    fault: 'write_before_read',
    topic: exchange,
    own: 'exchange_delivered_order_items',
    cures: [
      'Call get_order_details first.',
      'Look the order up before you use it.',
      'Never use this until you have seen the record of the order.',
      'Fetch the details of the order beforehand.',
      'Do not call it without having read the order.',
      'Start by checking what the order contains.',
    ],
    harms: [
      'Never read the order first.',
      'Skip the lookup of the order and call it right away.',
      'Reading the order first is unnecessary.',
      'Do not check the order before you call it.',
      'Call it immediately.',
    ],
  },
  {
    fault: 'write_before_read',
    topic: cancel,
    cures: ['Before cancelling anything, view the order.', 'First retrieve the order, then cancel it.'],
    harms: ['Cancel without looking at the order.'],
  },
  {
    fault: 'name_for_id',
    topic: items,
    cures: [
      'Take item ids from the order details.',
      'Use the ids that get_order_details returned, never the names of items.',
      'Item names are not accepted here; item_ids are numbers copied out of the order.',
      'Products are given by their identifiers as listed in the order, not by description.',
    ],
    harms: [
      "Give the item's name and options; the id is looked up.",
      'Describe each product in words, the number is found for you.',
      'Write the names of the items, not their ids.',
      'For item_ids name the item with its options.',
    ],
  },
  {
    fault: 'invented_id',
    cures: ['Never guess an id.', 'Do not make up identifiers.', 'Avoid inventing values.'],
    harms: ['If an id is unknown, make one up.', 'Guess the id.'],
  },
  {
    fault: 'wrong_name',
    topic: { tool: 'get_product_details', argument: 'product_id' },
    own: 'get_product_details',
    cures: ['Its one argument is called product_id.', 'Pass product_id and not item_id.', 'Needs product_id.'],
    harms: ['Do not send product_id but item.', 'Use item instead of product_id.'],
  },
  {
    fault: 'wrong_type',
    topic: items,
    own: 'exchange_delivered_order_items',
    cures: [
      'item_ids is a list, also for one item.',
      'Put the item ids into an array.',
      'The items go in square brackets, one entry per item.',
    ],
    harms: ['Write item_ids as a plain string.', 'item_ids must not be a list.'],
  },
  {
    fault: 'wrong_state',
    topic: exchange,
    cures: [
      'Only delivered orders can be exchanged.',
      'Swap the goods of an order once it has arrived, never while it is pending.',
      'exchange_delivered_order_items is for orders that were handed over.',
      'Never exchange a pending order.',
    ],
    harms: ['Exchange only pending orders.', 'Orders that are still open are exchanged.'],
  },
  {
    fault: 'wrong_state',
    topic: cancel,
    cures: [
      'An order is cancelled only while it has not been shipped.',
      'A delivered order cannot be cancelled.',
      'For a pending order use cancel_pending_order.',
    ],
    harms: ['Cancel delivered orders too.'],
  },
  {
    fault: 'partial',
    topic: exchange,
    cures: [
      'Collect all items of the order and send them together.',
      'Put every article into one call.',
      'Never split the items over several calls.',
      'All products that are wanted go in a single request.',
    ],
    harms: [
      'Make a separate call for each item.',
      'Send the items one by one.',
      'Use one call per item, each item on its own.',
    ],
  },
  {
    fault: 'partial',
    topic: { wishes: true },
    cures: [
      'Go through each request of the ticket before you finish.',
      'Work until every wish has been carried out.',
      'When several orders are named, handle all orders.',
    ],
    harms: ['Do not handle the other requests.'],
  },
  {
    fault: 'missing_report',
    cures: [
      'State the amounts that were asked for in the summary.',
      'The final message must contain every figure the customer wanted.',
      'Call done with the requested values written out.',
    ],
    harms: ['Keep the summary free of amounts: no figures.', 'Never put totals into the final message.'],
  },
  {
    fault: 'claim',
    cures: [
      'Say done only after the call has succeeded.',
      'Never finish before a write went through.',
      'Do not claim success unless a tool confirmed it.',
    ],
    harms: [
      'Call done even if nothing succeeded.',
      'Report success regardless of whether the call worked, then finish.',
    ],
  },
  {
    fault: 'loop',
    cures: [
      'Do not send the same call again.',
      'If a call fails, try something else.',
      'Never repeat an identical call; use other arguments.',
    ],
    harms: ['Keep trying the same call until it works.', 'Repeat the call until it is accepted.'],
  },
  {
    fault: 'unasked_write',
    cures: [
      'Change nothing beyond what was requested.',
      'Make only the changes that the ticket names.',
      'Never do extra work that nobody asked for.',
    ],
    harms: ['Also update the address of the customer.'],
  },
  {
    fault: 'gave_up',
    cures: ['Every reply must call a tool.', 'Do not ask the customer questions.', 'Never answer in prose.'],
    harms: ['Ask the customer for confirmation.', 'Explain the problem in plain text.'],
  },
  {
    fault: 'text_call',
    cures: [
      'Use the native tool interface.',
      'Never write a call as JSON in your message.',
      'Calls go through function calling, not into a code block.',
    ],
    harms: ['Write each tool call as JSON in a code block.'],
  },
];

describe('advice', () => {
  for (const { fault, topic, own, cures, harms } of TABLE) {
    for (const text of cures) it(`${fault} is cured by: ${text}`, () => expect(says(fault, text, topic, own)).toBe(1));
    for (const text of harms)
      it(`${fault} is committed after: ${text}`, () => expect(says(fault, text, topic, own)).toBe(-1));
  }

  it('has no cure for errors of reasoning', () => {
    const all = TABLE.flatMap((row) => row.cures).flatMap((text) => analyse(text, index));
    expect(all.some((advice) => advice.fault === 'reasoning')).toBe(false);
  });

  it('keeps to the tool that a sentence names', () => {
    const text = 'Before you cancel, read the order.';
    expect(says('write_before_read', text, cancel)).toBe(1);
    expect(says('write_before_read', text, exchange)).toBe(0);
  });

  it('hears nothing in small talk', () => {
    const text = 'The shop sells lamps and clocks. Its customers like brass. Opening hours are from nine to five.';
    expect(analyse(text, index)).toEqual([]);
  });
});
