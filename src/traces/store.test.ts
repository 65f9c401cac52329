import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { holds } from './erase.ts';
import { type Door, personalFields } from './redact.ts';
import { lines, refund, type StoreFixture, storeFixture } from './store.fixture.ts';
import { openStore } from './store.ts';
import { where } from './where.ts';

let at: StoreFixture;
beforeEach(() => {
  at = storeFixture();
});
afterEach(() => at.close());

describe('the store', () => {
  test('an id is stored once; days are files; git sees nothing', () => {
    const two = lines(refund('a', { created: 1_767_225_600 }), refund('b'));
    expect(at.load(two)).toMatchObject({ added: 2, known: 0 });
    expect(at.load(two)).toMatchObject({ added: 0, known: 2 });
    at.load(lines(refund('c', { created: 1_767_229_200 })));
    expect(readdirSync(join(at.root, 'traces/shop')).filter((name) => name.endsWith('.gz'))).toEqual([
      '2026-01-01.jsonl.gz',
      '2026-03-05.jsonl.gz',
    ]);
    const text = gunzipSync(readFileSync(join(at.root, 'traces/shop/2026-01-01.jsonl.gz'))).toString();
    expect(
      text
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).id),
    ).toEqual(['a', 'c']);
    execFileSync('git', ['init', '-q'], { cwd: at.root });
    const seen = execFileSync('git', ['status', '--porcelain', '-uall'], { cwd: at.root, encoding: 'utf8' });
    expect(seen).not.toContain('traces');
  });

  test('outcomes are set, and what a killed writer left is in nobody’s way', () => {
    at.load(lines(refund('a'), refund('b')));
    const folder = join(at.root, 'traces/shop');
    writeFileSync(join(folder, '.lock'), '999999999');
    writeFileSync(join(folder, '2026-03-05.jsonl.gz.1.new'), 'half');
    writeFileSync(join(folder, '2026-03-05.index.json'), '{"half');
    expect(at.store().setOutcome('b', { reward: 0, by: 'client' })).toBe(true);
    expect(at.store().setOutcome('z', { reward: 0, by: 'client' })).toBe(false);
    expect(
      at
        .store()
        .summaries()
        .map(({ reward }) => reward),
    ).toEqual([null, 0]);
    expect(readdirSync(folder).sort()).toEqual(['2026-03-05.index.json', '2026-03-05.jsonl.gz']);
  });

  test('a name that is no folder name is refused', () => {
    expect(() => openStore(at.root, '../x')).toThrow(/expected a name/);
  });
});

describe('filters', () => {
  test.each<[string, string[]]>([
    ['reward < 1', ['a']],
    ['reward == null', ['c']],
    ['"refund" in calls && errors > 0 && steps >= 8', ['a', 'b', 'c']],
    ['model == "m-2" || task == "t1"', ['a', 'b']],
    ['day >= "2026-03-01"', ['a', 'b', 'c']],
    ['calls.size() == 2 && source == "openai" && label == "odd"', ['b']],
    ['called("get_order") && !called("refund")', ['a', 'b', 'c']],
  ])('%s', (expression, ids) => {
    at.load(
      lines(
        refund('a', { reward: 0, metadata: { task: 't1' } }),
        refund('b', { reward: 1, model: 'm-2', metadata: { label: 'odd' } }),
        refund('c'),
      ),
    );
    expect(
      at
        .store()
        .summaries()
        .filter(where(expression))
        .map(({ id }) => id),
    ).toEqual(ids);
  });

  test('a name that no trace has, and what is neither true nor false, is refused', () => {
    expect(() => where('score < 1')).toThrow(/expected one of id, reward.*found "score"/);
    at.load(lines(refund('a')));
    expect(() => at.store().summaries().filter(where('steps + 1'))).toThrow(/expected true or false/);
  });
});

describe('what is removed', () => {
  test('at the door: secrets, addresses, cards, and personal fields wherever their values stand', () => {
    const door: Door = {
      secrets: (text) => text.replaceAll('hunter2-hunter2', '[secret]'),
      personal: personalFields(['holder']),
    };
    const text =
      'I am Ann Example, ann@example.org, card 4111 1111 1111 1111, key sk-proj-abcdefghijklmnopqrstuv, hunter2-hunter2.';
    const record = refund('a', {}, text);
    record.messages[3] = {
      role: 'tool',
      tool_call_id: 'c1',
      content: '{"holder":{"name":"Ann Example"},"order":"4929"}',
    };
    at.load(lines(record), 'openai', { door });
    const [trace] = [...at.store().read()];
    expect(trace?.prompt.user).toBe('I am [holder 1], [email 1], card [card 1], key [secret], [secret].');
    expect(JSON.stringify(trace)).not.toMatch(/Ann|example\.org|4111|sk-proj|hunter2/);
    expect(JSON.stringify(trace)).toContain('4929');
  });

  test('a long text without anything to remove costs no more than its length', () => {
    const text = `${'y'.repeat(200_000)} ${'1-'.repeat(50_000)} sk-${'a-'.repeat(50_000)}`;
    at.load(lines(refund('a', {}, text)));
    expect([...at.store().read()][0]?.prompt.user).toMatch(/^y{200000} [1-]+ \[secret\]$/);
  });

  test('one person: every trace that holds the value, also in JSON within a text, and nothing else', () => {
    const about = (id: string, content: string) => {
      const record = refund(id);
      record.messages[3] = { role: 'tool', tool_call_id: 'c1', content };
      return record;
    };
    at.load(
      lines(
        about('a', '{"first_name":"Zo\\u00eb","last_name":"Li"}'),
        about('b', 'written by zoe li.'),
        about('c', '{"name":"Zoe Lindt"}'),
        refund('d', {}, 'Zoë  Li wants it.'),
        refund('e'),
      ),
    );
    const store = at.store();
    const gone = [...store.read()].filter(holds('Zoë Li')).map(({ id }) => id);
    expect(gone).toEqual(['a', 'b', 'd']);
    expect(store.remove(new Set(gone))).toBe(3);
    expect([...store.read()].map(({ id }) => id)).toEqual(['c', 'e']);
    const left = readdirSync(join(at.root, 'traces/shop')).map((name) =>
      readFileSync(join(at.root, 'traces/shop', name)),
    );
    expect(left.map((bytes) => (bytes[0] === 0x1f ? gunzipSync(bytes) : bytes).toString()).join('')).not.toMatch(
      /Zo[eë] Li\b/i,
    );
    store.remove(new Set(['c', 'e']));
    expect(readdirSync(join(at.root, 'traces/shop'))).toEqual([]);
  });
});
