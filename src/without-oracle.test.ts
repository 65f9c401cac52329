/** A shop without oracle and snapshots: a night runs, says what it lacks, and learns. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { z } from 'zod';
import { defineEnvironment, tool } from './environments/define.ts';
import type { Event } from './report/events.ts';
import { runNight } from './run-night.ts';
import { scriptedAgent } from './runtime/scripted-agent.fixture.ts';

const root = mkdtempSync(join(tmpdir(), 'without-oracle-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const git = (...args: string[]) => execFileSync('git', args, { cwd: root });

/** Parcels behind a handle: no oracle, and nothing that could be copied. */
class Desk {
  sent = new Map<string, string>();
}
const environment = defineEnvironment<Desk>({
  name: 'desk',
  tasks: Array.from({ length: 120 }, (_, i) => ({ id: `t${i}`, input: `Send parcel #${100 + i} to Elm Cross.` })),
  replayable: false,
  reset: async () => new Desk(),
  tools: {
    send_parcel: tool('Send a parcel.', z.object({ parcel_id: z.string() }), async (desk, { parcel_id: id }) => {
      if (!/^#\d{3}$/.test(id)) throw new Error(`There is no parcel ${id}`);
      desk.sent.set(id, 'Elm Cross');
    }),
  },
  score: async ({ input }, { sent }) => ({ reward: sent.has(/#\d+/.exec(input)?.[0] ?? '') ? 1 : 0, checks: [] }),
});

it('learns from traces alone, and says what it could not do', async () => {
  mkdirSync(join(root, 'harness/desk'), { recursive: true });
  writeFileSync(join(root, 'harness/desk/policy.md'), 'Do what the request asks.\n');
  writeFileSync(join(root, 'harness/desk/harness.yaml'), 'version: 1\n');
  git('init', '-q', '-b', 'main');
  git('add', '-A');
  git('-c', 'user.name=t', '-c', 'user.email=t@localhost', 'commit', '-q', '-m', 'start');
  // It writes its call as text, then stops.
  const agent = scriptedAgent(({ messages }) => {
    const id = /#\d+/.exec(messages.map(({ content }) => content).join(' '))?.[0] ?? '';
    return messages.some(({ role }) => role === 'tool')
      ? { name: 'done', arguments: { summary: 'Sent.' } }
      : JSON.stringify({ name: 'send_parcel', arguments: { parcel_id: id } });
  });
  const events: Event[] = [];
  const summary = await runNight({
    root,
    environment,
    agent: { ...agent, unpriced: true },
    budget: 3,
    emit: (event) => void events.push(event),
  });
  const notes = events.flatMap((event) => (event.type === 'learned' ? event.notes : [])).join('\n');
  expect(notes).toContain('No oracle: ');
  expect(notes).toContain('(replayable: false): nothing is probed');
  expect(notes).toContain('No changes: ');
  expect(summary.kept).toBeGreaterThan(0);
});
