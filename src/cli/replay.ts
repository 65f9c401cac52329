/** `optimize replay RUN`: replays a finished night and compares its decisions with the ledger. */
import { existsSync, statSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { z } from 'zod';
import { EXIT } from '../exit-codes.ts';
import { openRepository } from '../ledger/git/git.ts';
import { replayRun } from '../recheck/replay.ts';
import { command } from './command.ts';
import { interruptible } from './interruption.ts';
import { data, json, text } from './options.ts';
import { say, sayJson } from './output.ts';

export const replay = command({
  name: 'replay',
  summary: 'play a finished night again from its recorded replies; exit 6 when a decision comes out otherwise',
  arguments: { '<run>': 'a run here (retail-0001), or the path of its folder in any repository' },
  options: z.object({
    env: text('<name>', 'file of the environment, if it was given as a path').exactOptional(),
    ...data,
    ...json,
  }),
  exits: ['verify', 'interrupted'],
  example: 'replay retail-0001',
  async run(flags, given = '') {
    const { root, run } = await placeOf(given);
    const started = performance.now();
    const { signal, stop } = interruptible();
    const { agent, quoted: _, ...replayed } = await replayRun(root, run, { ...flags, signal }).finally(stop);
    const seconds = Math.round((performance.now() - started) / 100) / 10;
    if (flags.json) sayJson({ type: 'replay', ...replayed, seconds });
    else
      say(
        `${run}: ${replayed.decisions} decisions came out equal, times apart; ${replayed.rollouts} rollouts played from ` +
          `${agent}, 0 calls made, ${seconds} s`,
      );
    return EXIT.ok;
  },
});

async function placeOf(given: string): Promise<{ root: string; run: string }> {
  const path = resolve(given);
  if (existsSync(path) && statSync(path).isDirectory() && basename(dirname(path)) === 'runs')
    return { root: (await openRepository(dirname(dirname(path)))).root, run: basename(path) };
  return { root: (await openRepository(process.cwd())).root, run: given };
}
