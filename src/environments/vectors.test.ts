import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { main } from './vectors.ts';

const data = join(import.meta.dirname, '../../../shared/data/tau2/retail');
const present = existsSync(join(data, 'vectors.jsonl'));
const note = present ? '' : ` (skipped: no ${data})`;

async function run(...argv: string[]): Promise<{ code: number; out: string[]; errors: string[] }> {
  const out: string[] = [];
  const errors: string[] = [];
  const code = await main(
    argv,
    (line) => out.push(line),
    (line) => errors.push(line),
  );
  return { code, out, errors };
}

describe('vectors', () => {
  it.skipIf(!present)(`agrees with upstream on flags, messages and hashes of all sequences${note}`, async () => {
    expect(await run('retail', join(data, 'vectors.jsonl'))).toEqual({ code: 0, out: ['734/734'], errors: [] });
  });

  it('exits 1 and names the call that differs', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'vectors-'));
    writeFileSync(join(folder, 'db.json'), '{"products": {}, "users": {}, "orders": {}}');
    const call = { name: 'get_order_details', arguments: { order_id: '#W1' }, error: true, result: 'Error: gone' };
    writeFileSync(join(folder, 'v.jsonl'), JSON.stringify({ source: 's', id: '7', actions: [call], hash: '' }));
    const { code, out, errors } = await run('retail', join(folder, 'v.jsonl'));
    expect([code, out]).toEqual([1, ['0/1']]);
    expect(errors[0]).toContain(
      's 7, call 1 (get_order_details): expected "Error: gone", got "Error: Order not found"',
    );
  });

  it.each([[['retail']], [['airline', 'x']], [['retail', 'absent.jsonl']], [['retail', 'x', '--what']]])(
    'exits 2 on %j',
    async (argv) => {
      const { code, errors } = await run(...argv);
      expect(code).toBe(2);
      expect(errors[0]).toBeTruthy();
    },
  );
});
