import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { scratchPrefix } from '../git/git.ts';
import { newShop, put, removeFolders, type Shop, userGit } from '../shop.fixture.ts';
import { acquireLock, type LockOwner, lockPath, type Machine, thisMachine } from './lock.ts';

let shop: Shop;
beforeAll(async () => {
  shop = await newShop();
});
afterAll(removeFolders);

const time = '2026-01-01T02:00:00Z';
const later = '2026-01-01T02:20:00Z';

/** A machine with the given processes: pid -> start time. */
const machine = (pid: number, processes: Record<number, string>, host = 'here'): Machine => ({
  host,
  pid,
  alive: (other) => other in processes,
  started: async (other) => processes[other] ?? null,
});
const running = { 1: 'a', 2: 'b', 3: 'c' };

const leftOver = (owner: Partial<LockOwner>) => {
  const full = { host: 'here', pid: 9, started: 'z', nonce: 'dead', time, ...owner };
  put(dirname(lockPath(shop.repository, 'shop')), 'shop.lock', `${JSON.stringify(full)}\n`);
};
const files = () => readdirSync(dirname(lockPath(shop.repository, 'shop')));

describe('acquireLock', () => {
  it('lets one in, tells the next who it is and since when, and leaves nothing behind', async () => {
    const lock = await acquireLock(shop.repository, 'shop', time, machine(1, running));
    expect(files()).toEqual(['shop.lock']);
    const second = acquireLock(shop.repository, 'shop', later, machine(2, running));
    await expect(second).rejects.toThrow('shop is being worked on by process 1 on this machine, since 20 min');
    await expect(second).rejects.toThrow(/kill 1/);
    await (await acquireLock(shop.repository, 'other', time, machine(2, running))).release();
    await lock.release();
    await lock.release();
    expect(files()).toEqual([]);
    expect(userGit(shop.dir, 'status', '--porcelain', '--ignored')).toBe('');
  });

  it.each<[string, Partial<LockOwner>]>([
    ['its process is gone', { pid: 9 }],
    ['its pid belongs to a later process', { pid: 2, started: 'before the restart' }],
  ])('takes over when %s', async (_, owner) => {
    leftOver(owner);
    put(shop.dir, '.git/refs/heads/optimize/shop.lock', '');
    const lock = await acquireLock(shop.repository, 'shop', later, machine(1, running));
    expect(files()).toEqual(['shop.lock']);
    expect(readdirSync(`${shop.dir}/.git/refs/heads/optimize`)).toEqual([]);
    await lock.release();
  });

  it.each<[string, Partial<LockOwner>, RegExp]>([
    ['another machine', { host: 'there' }, /process 9 on there.*if that machine is gone for good, remove/],
    ['a start time nobody knows', { pid: 2, started: null }, /process 2 on this machine/],
  ])('does not guess with %s', async (_, owner, message) => {
    leftOver(owner);
    await expect(acquireLock(shop.repository, 'shop', later, machine(1, running))).rejects.toThrow(message);
    leftOver({});
    await (await acquireLock(shop.repository, 'shop', later, machine(1, running))).release();
  });

  it('does not touch a file that is no lock', async () => {
    put(dirname(lockPath(shop.repository, 'shop')), 'shop.lock', 'half a li');
    await expect(acquireLock(shop.repository, 'shop', later, machine(1, running))).rejects.toThrow(/remove it: rm/);
    leftOver({});
    await (await acquireLock(shop.repository, 'shop', later, machine(1, running))).release();
  });

  it.each([2, 8, 32])('has one winner among %i that find a dead owner at once', async (count) => {
    leftOver({ nonce: `dead${count}` });
    const starts = Array.from({ length: count }, (_, index) =>
      acquireLock(shop.repository, 'shop', later, machine(100 + index, { ...running, [100 + index]: 'x', ...all })),
    );
    const settled = await Promise.allSettled(starts);
    const winners = settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    expect(winners).toHaveLength(1);
    expect(files()).toEqual(['shop.lock']);
    await winners[0]?.release();
  });

  it('goes on behind a process that died while it took over', async () => {
    leftOver({ nonce: 'dead1' });
    put(dirname(lockPath(shop.repository, 'shop')), `${scratchPrefix(8)}x/blob-0`, 'left by a killed process');
    const claim = { host: 'here', pid: 8, started: 'y', nonce: 'dead2', time };
    put(dirname(lockPath(shop.repository, 'shop')), 'shop.lock.after-dead1', `${JSON.stringify(claim)}\n`);
    const lock = await acquireLock(shop.repository, 'shop', later, machine(1, running));
    expect(files()).toEqual(['shop.lock']);
    await lock.release();
  });

  it('knows its own process and one that is gone', async () => {
    expect(thisMachine.alive(process.pid)).toBe(true);
    const started = await thisMachine.started(process.pid);
    expect(await thisMachine.started(process.pid)).toBe(started);
    if (process.platform === 'linux') expect(started).toMatch(/^[0-9a-f-]{36}:\d+$/);
  });
});

describe.skipIf(process.platform !== 'linux')('a killed process that nobody has asked for', () => {
  it('is listed but holds nothing', async () => {
    // The inner shell says its number and ends; the outer one has become a program that never asks
    // for it.
    const parent = spawn('sh', ['-c', 'sh -c "echo \\$\\$" & exec sleep 30'], { stdio: ['ignore', 'pipe', 'ignore'] });
    try {
      const pid = Number(String((await once(parent.stdout, 'data'))[0]));
      const state = () => readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.[0];
      while (state() !== 'Z') await new Promise((resolve) => setImmediate(resolve));
      expect(thisMachine.alive(pid)).toBe(false);
    } finally {
      parent.kill();
    }
  });
});

const all = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [100 + index, 'x']));
