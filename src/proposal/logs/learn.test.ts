/** Learning from records of a shop that nobody can play: no oracle, no environment, no tools. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { parseHarness } from '../../harness/parse.ts';
import { guessedFlags } from '../../traces/formats/flags.ts';
import { FORMATS } from '../../traces/formats/index.ts';
import { recordsOf } from '../../traces/records.ts';
import type { StoredTrace } from '../../traces/store.ts';
import type { Json } from '../../types.ts';
import { learnFromTraces } from './learn.ts';

const harness = parseHarness('shop', new Map());
const learn = (traces: readonly StoredTrace[]) => learnFromTraces({ env: 'shop', traces, harness });

let number = 0;
const call = (name: string, given: object) => {
  number += 1;
  const tool = { id: `c${number}`, type: 'function', function: { name, arguments: JSON.stringify(given) } };
  return { role: 'assistant', content: '', tool_calls: [tool] };
};
const result = (value: unknown) => ({
  role: 'tool',
  tool_call_id: `c${number}`,
  content: typeof value === 'string' ? value : JSON.stringify(value),
});

interface Given {
  readonly n: number;
  readonly reward: number;
  readonly task?: string;
  readonly state?: string;
  readonly sale?: 'yes' | 'no';
  readonly act?: 'refund' | 'nothing' | 'refused';
  readonly says?: string;
}
const names = ['Ada Moss', 'Ben Oak', 'Cy Fern', 'Dot Reed', 'Eve Ash'];

function conversation({ n, reward, task = `t${n}`, state = 'paid', sale = 'no', act = 'refund', says }: Given): Json {
  const order = `R${1000 + n}`;
  const person = names[n % names.length] as string;
  const record = {
    order,
    state,
    sale,
    owner: { name: person, email: `p${n}@mail.example` },
    voucher: `voucher_${n + 500}`,
  };
  const done =
    act === 'nothing'
      ? []
      : [
          call('refund', { order, to: act === 'refused' ? `voucher_${n + 500}` : `card_${n + 700}` }),
          result(act === 'refused' ? 'Error: a voucher cannot be refunded to' : { ok: true }),
        ];
  return {
    id: `x${n}`,
    reward,
    metadata: { task },
    messages: [
      { role: 'user', content: `I am ${person}. Refund ${order} please.` },
      call('get_order', { order }),
      result(record),
      ...done,
      { role: 'assistant', content: says ?? (act === 'refund' ? 'Your refund has been issued.' : 'I cannot do that.') },
    ],
  } as unknown as Json;
}
const stored = (...given: readonly Given[]): readonly StoredTrace[] =>
  FORMATS.openai.read(
    given.map((one, at) => ({ line: at + 1, value: conversation(one) })),
    guessedFlags('shop'),
  ).traces;
const many = (count: number, from: number, more: Omit<Given, 'n' | 'reward'>, reward: number): Given[] =>
  Array.from({ length: count }, (_, at) => ({ n: from + at, reward, ...more }));

describe('rules', () => {
  const traces = stored(
    ...many(30, 0, { sale: 'no' }, 1),
    ...many(12, 100, { sale: 'yes' }, 0),
    ...many(8, 200, { act: 'nothing' }, 0),
    ...many(10, 300, { act: 'refused', sale: 'no' }, 0),
  );

  test('what failing traces do and passing ones do not becomes a clause, with its support', async () => {
    const { rules, labelled, failed } = await learn(traces);
    expect({ labelled, failed }).toEqual({ labelled: 60, failed: 30 });
    const clauses = rules.flatMap(({ edit, failed: bad, passed, support, lift }) =>
      edit.ops.flatMap((op) =>
        op.op === 'clause.add' ? [{ require: op.clause.require, bad, passed, support, lift }] : [],
      ),
    );
    expect(clauses).toContainEqual({ require: '!(order.sale == "yes")', bad: 12, passed: 0, support: 12, lift: 2 });
    expect(clauses).toContainEqual({
      require: '!(args.to.startsWith("voucher"))',
      bad: 10,
      passed: 0,
      support: 10,
      lift: 2,
    });
  });

  test('no text holds a value of a person or a record', async () => {
    const { rules, notes } = await learn(traces);
    const texts = JSON.stringify([rules.map(({ edit }) => ({ ...edit, addresses: [], ops: edit.ops })), notes]).replace(
      /"evidence":\[[^\]]*\]/g,
      '',
    );
    expect(texts).not.toMatch(/Ada|Moss|Ben|Oak|Fern|Reed|mail\.example|R1\d\d\d|voucher_|card_/);
  });

  test('a rule that acts on more than 2 % of the passing traces is dropped, and what it did is told', async () => {
    const { rules } = await learn(
      stored(
        ...many(30, 0, { sale: 'no' }, 1),
        ...many(2, 50, { sale: 'yes' }, 1),
        ...many(30, 100, { sale: 'yes' }, 0),
      ),
    );
    expect(JSON.stringify(rules)).not.toContain('order.sale');
    for (const { passed } of rules) expect(passed).toBeLessThanOrEqual(0.02 * 32);
  });

  test('where nothing separates them nothing is proposed', async () => {
    const { rules } = await learn(stored(...many(20, 0, {}, 1), ...many(20, 100, {}, 0)));
    expect(rules).toEqual([]);
  });

  test('equal traces give equal rules', async () => {
    expect(await learn(traces)).toEqual(await learn(traces));
  });
});

describe('diagnoses', () => {
  const one = async (given: Given, ...others: readonly Given[]) => {
    const { diagnoses } = await learn(stored(given, ...others));
    return diagnoses.find(({ trace }) => trace === `x${given.n}`);
  };

  test('an effect that is claimed and that no call had', async () => {
    expect(await one({ n: 1, reward: 0, act: 'nothing', says: 'Your refund has been issued.' })).toMatchObject({
      pattern: 'claim',
      completionWithoutEffect: true,
    });
    expect(await one({ n: 1, reward: 0, act: 'nothing', says: 'Once it has been issued I tell you.' })).toMatchObject({
      pattern: 'gave_up',
      completionWithoutEffect: false,
    });
  });

  test('a passing run of the same task shows what should not have been done', async () => {
    const same = { task: 'same' };
    expect(await one({ n: 1, reward: 0, ...same }, { n: 2, reward: 1, act: 'nothing', ...same })).toMatchObject({
      pattern: 'unasked_write',
      tool: 'refund',
      step: 4,
      completionWithoutEffect: false,
    });
  });

  test('an error that was never resolved, a passed trace, and one without an outcome', async () => {
    expect(await one({ n: 1, reward: 0, act: 'refused' })).toMatchObject({ tool: 'refund', step: 4 });
    expect(await one({ n: 1, reward: 1 })).toBeUndefined();
  });
});

const recorded = join(import.meta.dirname, '../../../../shared/data/tau-bench-traces/gpt-4o-airline.jsonl.gz');
test.skipIf(!existsSync(recorded))(
  '100 recorded conversations: all failures named, no rule acts on passing ones',
  async () => {
    const { records } = recordsOf(gunzipSync(readFileSync(recorded)).toString('utf8'));
    const { traces } = FORMATS.tau.read(records, guessedFlags('airline'));
    const { diagnoses, rules, failed, labelled } = await learnFromTraces({ env: 'airline', traces, harness });
    expect({ failed, labelled, diagnosed: diagnoses.length }).toEqual({ failed: 57, labelled: 100, diagnosed: 57 });
    for (const { passed, failed: bad, support } of rules) {
      expect(passed).toBe(0);
      expect(bad).toBe(support);
    }
  },
);
