import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withScratch } from '../git/git.ts';
import { pidSpace, startOf } from '../git/process.ts';
import { newShop, put, removeFolders, type Shop, userGit } from '../shop.fixture.ts';
import { acquireLock } from './lock.ts';

let shop: Shop;
/** A process that is gone. */
let gone: number;
beforeAll(async () => {
  shop = await newShop();
  gone = spawnSync('true').pid;
});
afterAll(removeFolders);

const time = '2026-01-01T02:00:00Z';
const later = '2026-01-01T02:20:00Z';
const acquire = (env = 'shop', at = later) => acquireLock(shop.repository, env, at);
const files = () => readdirSync(`${shop.dir}/.git/optimize`);
const ownerOf = (owner: object) =>
  `${JSON.stringify({ host: pidSpace(), pid: gone, started: 'z', nonce: 'dead', time, ...owner })}\n`;
const leave = (owner: object, name = 'shop.lock') => put(shop.dir, `.git/optimize/${name}`, ownerOf(owner));

describe('acquireLock', () => {
  it('lets one in, tells the next who it is and since when, and leaves nothing behind', async () => {
    const lock = await acquire('shop', time);
    expect(files()).toEqual(['shop.lock']);
    await expect(acquire()).rejects.toThrow(
      `shop is being worked on by process ${process.pid} on this machine, since 20 min (${time}); wait for it, or stop it: kill ${process.pid};`,
    );
    await (await acquire('other')).release();
    await lock.release();
    await lock.release();
    expect(files()).toEqual([]);
    expect(userGit(shop.dir, 'status', '--porcelain', '--ignored')).toBe('');
  });

  it.each<[string, object]>([
    ['its process is gone', {}],
    ['its process is gone and said no start', { started: null }],
    ['its pid belongs to a later process', { pid: process.pid, started: 'before the restart' }],
  ])('takes over when %s', async (_, owner) => {
    leave(owner);
    put(shop.dir, '.git/refs/heads/optimize/shop.lock', '');
    const lock = await acquire();
    expect(files()).toEqual(['shop.lock']);
    expect(existsSync(`${shop.dir}/.git/refs/heads/optimize/shop.lock`)).toBe(false);
    await lock.release();
  });

  it.each<[string, object, RegExp]>([
    ['another machine', { host: 'there' }, /container \(there\).*if that one is gone for good, remove/],
    [
      'another container of this machine, where the pid is that of somebody else or of nobody',
      { host: `${hostname()} pid:[1]` },
      /on another machine or container \(.* pid:\[1\]\)/,
    ],
    ['a lock of before, which names no container', { host: hostname() }, /on another machine or container/],
    ['a start time nobody knows', { pid: process.pid, started: null }, /process \d+ on this machine/],
  ])('does not guess with %s', async (_, owner, message) => {
    leave(owner);
    await expect(acquire()).rejects.toThrow(message);
    leave({});
    await (await acquire()).release();
  });

  it.each(['half a li', '', '{"host":1}'])('does not touch a file that is no lock: %j', async (text) => {
    put(shop.dir, '.git/optimize/shop.lock', text);
    await expect(acquire()).rejects.toThrow(/remove it: rm/);
    leave({});
    await (await acquire()).release();
  });

  it.each([2, 8, 32])('has one winner among %i that find a dead owner at once', async (count) => {
    leave({});
    const settled = await Promise.allSettled(Array.from({ length: count }, () => acquire()));
    const winners = settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    expect(winners).toHaveLength(1);
    expect(files()).toEqual(['shop.lock']);
    await winners[0]?.release();
  });

  it('goes on behind a process that died while it took over', async () => {
    leave({});
    leave({ nonce: 'dead2' }, 'shop.lock.next');
    const lock = await acquire();
    expect(files()).toEqual(['shop.lock']);
    await lock.release();
  });
});

it('removes the scratch folders of killed processes, and no other', async () => {
  const folder = (pid: number) => `scratch-${pidSpace().replace(/[^A-Za-z0-9]/g, '')}-${pid}-x`;
  for (const pid of [gone, process.pid]) put(shop.dir, `.git/optimize/${folder(pid)}/blob-0`, 'left');
  await withScratch(shop.repository, async () => expect(files()).not.toContain(folder(gone)));
  expect(files()).toEqual([folder(process.pid)]);
});

describe.skipIf(process.platform !== 'linux')('startOf', () => {
  it('tells this process, one that is gone, and one that was killed and that nobody has asked for', async () => {
    expect(startOf(process.pid)).toMatch(/^[0-9a-f-]{36}:\d+$/);
    expect(startOf(process.pid)).toBe(startOf(process.pid));
    expect(startOf(gone)).toBe(null);
    // The inner shell says its number and ends; the outer one has become a program that never asks
    // for it.
    const parent = spawn('sh', ['-c', 'sh -c "echo \\$\\$" & exec sleep 30'], { stdio: ['ignore', 'pipe', 'ignore'] });
    try {
      const pid = Number(String((await once(parent.stdout, 'data'))[0]));
      const state = () => readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.[0];
      while (state() !== 'Z') await new Promise((resolve) => setImmediate(resolve));
      expect(startOf(pid)).toBe(null);
    } finally {
      parent.kill();
    }
  });
});
