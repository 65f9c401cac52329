/** A program as a proposer: what it sees, what is taken from it, and what is left of it. */
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { parseHarness } from '../harness/parse.ts';
import { startOf } from '../ledger/git/process.ts';
import { commandProposer } from './command.ts';
import type { ProposerContext } from './proposer.ts';

const out = mkdtempSync(join(tmpdir(), 'optimize-command-test-'));
const harness = parseHarness('shop', new Map([['harness.yaml', 'version: 1\n']]));
/** A program that leaves the group of the one that starts it, and says who it is. */
const DETACHED = `"${process.execPath}" -e "
const left = require('child_process').spawn('sleep', ['600'], {detached: true, stdio: 'ignore'});
left.unref();
require('fs').writeFileSync('${out}/detached', String(left.pid))"`;
const contextOf = (signal = new AbortController().signal): ProposerContext =>
  ({
    harness,
    environment: { name: 'shop', tools: [] },
    tasks: [{ id: 't1', request: 'Send it.' }],
    traces: [],
    diagnoses: [{ trace: 'x', task: 't1' }],
    tried: ['a rule\nthat was refused'],
    found: [],
    round: 2,
    seed: 1,
    budget: { candidates: 3, left: 3 },
    signal,
  }) as never;
const run = async (line: string, signal?: AbortSignal) => commandProposer(line).propose(contextOf(signal));
const written = (name: string) => readFileSync(join(out, name), 'utf8');

/** False also for a process that has ended and that nobody has asked about yet. */
const isRunning = (pid: number): boolean => startOf(pid) !== null && !/\) Z /.test(statOf(pid));
const statOf = (pid: number): string => {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return '';
  }
};

describe('commandProposer', () => {
  it('gives a folder with harness, failures and refusals, and no secret', async () => {
    vi.stubEnv('SHOP_API_KEY', 'hush');
    const keep = ['harness/harness.yaml', 'failures.jsonl', 'refused.txt', 'task.json'].join(' ');
    expect(await run(`cp ${keep} ${out} && env > ${out}/env && test "$PWD" = "$OPTIMIZE_PROPOSAL"`)).toEqual({
      edits: [],
      notes: [],
    });
    expect(written('harness.yaml')).toBe('version: 1\n');
    expect(JSON.parse(written('failures.jsonl'))).toEqual({ trace: 'x', task: 't1', request: 'Send it.' });
    expect(written('refused.txt')).toBe('a rule that was refused\n');
    expect(written('env')).toContain('OPTIMIZE_ROUND=2');
    expect(written('env')).not.toContain('hush');
    const folder = /^OPTIMIZE_PROPOSAL=(.*)$/m.exec(written('env'))?.[1] ?? '/';
    expect(existsSync(folder)).toBe(false);
  });

  it('reads edited files as one edit, and each patch as one', async () => {
    const edited = await run("printf 'version: 1\\nrealization: {rescue: true}\\n' > harness/harness.yaml");
    expect(edited.edits).toEqual([{ ops: [{ op: 'switch.set', key: 'rescue', value: true }] }]);
    const patch = (key: string) =>
      `--- a/harness.yaml\\n+++ b/harness.yaml\\n@@ -1 +1,2 @@\\n version: 1\\n+realization: {${key}: true}\\n`;
    const both = await run(
      `mkdir patches; printf -- '${patch('repair')}' > patches/a.diff; printf -- '${patch('coerce')}' > patches/b.diff; echo no > patches/c.diff; ln -s /etc/hosts patches/d.diff`,
    );
    expect(both.edits.map(({ ops }) => ops)).toMatchObject([[{ key: 'repair' }], [{ key: 'coerce' }]]);
    expect(both.notes).toMatchObject([
      expect.stringContaining('patches/c.diff'),
      expect.stringContaining('plain file'),
    ]);
  });

  it('leaves out what is larger than an edit, and says so', async () => {
    const rows = Array.from({ length: 5 }, (_, at) => `  - {id: r${at}, tools: [send], say: Wait.}\\n`).join('');
    const { edits, notes } = await run(`printf 'clauses:\\n${rows}' > harness/contract.yaml`);
    expect([edits, notes]).toEqual([[], [expect.stringContaining('expected at most 4 operations, found 5')]]);
  });

  it('fails with the last words of the program', async () => {
    await expect(run('echo first >&2; echo no model >&2; exit 3')).rejects.toThrow('exit 3: no model');
  });

  it('ends with all that it has started', async () => {
    await run(`sleep 600 & echo $! > ${out}/child`);
    expect(isRunning(Number(written('child')))).toBe(false);
    // Also what has left its group.
    await run(DETACHED);
    expect(isRunning(Number(written('detached')))).toBe(false);
    const limit = new AbortController();
    const asked = run(`echo $$ > ${out}/own; sleep 600`, limit.signal);
    await vi.waitFor(() => expect(written('own')).toMatch(/\d/));
    limit.abort(new Error('time is over'));
    await expect(asked).rejects.toThrow('time is over');
    expect(isRunning(Number(written('own')))).toBe(false);
  });
});
