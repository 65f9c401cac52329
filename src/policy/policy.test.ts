/** A person's demands on a release: read from a file, with its faults named by line. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { assertCheckable, NO_POLICY, readPolicy } from './policy.ts';

const root = mkdtempSync(join(tmpdir(), 'policy-'));
afterAll(() => rmSync(root, { recursive: true }));
function read(text: string) {
  mkdirSync(join(root, 'evals/shop'), { recursive: true });
  writeFileSync(join(root, 'evals/shop/policy.yaml'), text);
  return readPolicy(root, 'shop');
}

describe('policy.yaml', () => {
  it('demands nothing when there is none, or when it says nothing', () => {
    expect(readPolicy(root, 'elsewhere')).toEqual(NO_POLICY);
    expect(read('version: 1\n')).toEqual(NO_POLICY);
  });

  it('is read as it is written', () => {
    const text =
      'version: 1\nfdr: 0.1\nprotected_tags: [refuse]\nmax_increase: {tokens: 0.2}\npanel: {size: 60, audit_share: 0.2}\n';
    expect(read(text)).toEqual({
      ...NO_POLICY,
      fdr: 0.1,
      protected_tags: ['refuse'],
      max_increase: { tokens: 0.2 },
      panel: { size: 60, audit_share: 0.2 },
    });
  });

  it.each([
    ['fdr: 2', /policy\.yaml:2:/],
    ['max_increase: {dollars: 0.2}', /policy\.yaml:2:.*dollars/],
    ['panel: {size: 10}', /policy\.yaml:2:/],
    ['sizes: 3', /policy\.yaml:2:.*sizes/],
  ])('names the line of %s', (line, message) => {
    expect(() => read(`version: 1\n${line}\n`)).toThrow(message);
  });

  it('refuses what cannot be checked', () => {
    const where = { env: 'shop', tags: new Set(['refuse']), unmeasured: { seconds: 'no clock' } };
    const demand = (part: object) => () => assertCheckable({ ...NO_POLICY, ...part }, where);
    expect(demand({ protected_tags: ['refuse'], max_increase: { tokens: 0 } })).not.toThrow();
    expect(demand({ protected_tags: ['rufuse'] })).toThrow(/no sealed task has the tag "rufuse"; known tags: refuse/);
    expect(demand({ max_increase: { seconds: 1 } })).toThrow(/max_increase\.seconds cannot be checked: no clock/);
  });
});
