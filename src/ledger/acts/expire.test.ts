/**
 * Raw traces go when their time is over, by a decision: `verify` tells what was let go from what
 * was lost, and from what went too early.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { sha256 } from '../../digest.ts';
import { NO_POLICY } from '../../policy/policy.ts';
import { type Ledger, openLedger } from '../branch/ledger.ts';
import type { Expired } from '../kinds/expire.ts';
import { copies, endNight, nextTime, put, removeFolders, userGit, who } from '../shop.fixture.ts';
import { verifyRepository } from '../verify/verify.ts';
import { expireTraces } from './expire.ts';
import { recordSettings } from './settings.ts';
import { recordAct } from './step.ts';

afterAll(removeFolders);

const RAW = 'runs/night-1/replies.jsonl';
const daysLater = (days: number): string => new Date(Date.parse(nextTime()) + days * 86_400_000).toISOString();
const settings = (days?: number) => ({
  policy: { ...NO_POLICY, ...(days === undefined ? {} : { retention: { traces_days: days } }) },
  environment: sha256('environment'),
  tasks: [],
});

/** A night that left one file, under a policy that keeps it for 30 days. */
const told = copies(async ({ dir, repository }) => {
  put(dir, RAW, 'what they said\n');
  put(dir, '.git/info/exclude', 'runs/*/*.jsonl\n');
  const ledger = await openLedger(repository, 'shop');
  await recordSettings(ledger, settings(30), { who, time: nextTime() });
  await night(ledger);
});

async function night(ledger: Ledger): Promise<void> {
  await endNight(ledger, 'night-1', [{ name: 'replies.jsonl', sha256: sha256('what they said\n') }]);
}

describe('traces', () => {
  it('go when their time is over, and not before', async () => {
    const { dir, repository } = await told();
    const early = await expireTraces(repository, 'shop', { who, time: daysLater(29), dry: false });
    expect([early, existsSync(join(dir, RAW))]).toEqual([{ days: 30, files: [], seq: null }, true]);
    const dry = await expireTraces(repository, 'shop', { who, time: daysLater(31), dry: true });
    expect([dry, existsSync(join(dir, RAW))]).toEqual([{ days: 30, files: [RAW], seq: 3 }, true]);
    const done = await expireTraces(repository, 'shop', { who, time: daysLater(31), dry: false });
    expect([done, existsSync(join(dir, RAW))]).toEqual([{ days: 30, files: [RAW], seq: 3 }, false]);
    const report = await verifyRepository(repository);
    expect([report.issues, report.unchecked]).toEqual([[], []]);
    expect(report.notCovered).toContain(`${RAW}: deleted, as decision 3 says`);
  });

  it('go on another machine by the same decision, and nothing is recorded twice', async () => {
    const { dir, repository } = await told();
    await expireTraces(repository, 'shop', { who, time: daysLater(31), dry: false });
    put(dir, RAW, 'what they said\n');
    const again = await expireTraces(repository, 'shop', { who, time: daysLater(32), dry: false });
    expect([again, existsSync(join(dir, RAW))]).toEqual([{ days: 30, files: [RAW], seq: null }, false]);
  });

  it('stay when they are not what was recorded', async () => {
    const { dir, repository } = await told();
    writeFileSync(join(dir, RAW), "somebody's own file\n");
    const { files } = await expireTraces(repository, 'shop', { who, time: daysLater(31), dry: false });
    expect([files, existsSync(join(dir, RAW))]).toEqual([[], true]);
  });

  it('stay for ever when the policy does not say how long', async () => {
    const { repository } = await told();
    const ledger = await openLedger(repository, 'shop');
    await recordSettings(ledger, settings(), { who, time: nextTime() });
    await expect(expireTraces(repository, 'shop', { who, time: daysLater(99), dry: false })).rejects.toThrow(
      /for ever.*retention: \{traces_days/,
    );
  });

  it('are kept shorter only when a person says so', async () => {
    const { repository } = await told();
    const ledger = await openLedger(repository, 'shop');
    await expect(recordSettings(ledger, settings(7), { who, time: nextTime() })).rejects.toThrow(
      /retention\.traces_days was 30 and is 7.*optimize adopt/,
    );
    await recordSettings(ledger, settings(60), { who, time: nextTime() });
  });
});

describe('a record that lets files go', () => {
  const file = { run: 'night-1', name: 'replies.jsonl', sha256: sha256('what they said\n') };
  const cases: readonly (readonly [what: string, days: number, files: Expired[], message: RegExp])[] = [
    ['too early', 3, [file], /older than 30 days/],
    ['that nobody recorded', 40, [{ ...file, name: 'other.jsonl' }], /a file that is recorded/],
    ['with other bytes', 40, [{ ...file, sha256: sha256('other') }], new RegExp(sha256('what they said\n'))],
    ['twice', 40, [file, file], /a file that is recorded/],
  ];
  it.each(cases)('%s is found', async (_, days, expired, message) => {
    const { dir, repository } = await told();
    const ledger = await openLedger(repository, 'shop');
    const step = { who, time: daysLater(days) };
    await recordAct(ledger, { kind: 'expire', expired }, step, { message: { subject: 'gone' } });
    expect(userGit(dir, 'log', '-1', '--format=%s', 'optimize/shop').trim()).toBe('gone');
    const { issues } = await verifyRepository(repository);
    expect(issues.length).toBeGreaterThan(0);
    expect(issues.map(({ level, field, expected }) => `${level} ${field} ${expected}`).join('\n')).toMatch(message);
  });
});
