/** `optimize diff A B`: what changed between two harness versions. */
import { z } from 'zod';
import { previewEdit } from '../edit/edits.ts';
import { EXIT } from '../exit-codes.ts';
import { resolveHarness } from '../ledger/branch/history.ts';
import { command } from './command.ts';
import { ledgerOf } from './open-ledger.ts';
import { answering } from './options.ts';
import { say, sayJson } from './output.ts';

const VERSION_HELP = 'commit, branch, tag, vN or the start of a harness id';

export const diff = command({
  name: 'diff',
  summary: 'what changed between two harness versions',
  arguments: { '<a>': VERSION_HELP, '<b>': VERSION_HELP },
  options: z.object(answering),
  example: 'diff v1 v2 --env retail',
  async run(flags, a = '', b = '') {
    const { ledger } = await ledgerOf(flags);
    const [before, after] = [await resolveHarness(ledger, a), await resolveHarness(ledger, b)];
    const changes = previewEdit(before.files, after.files);
    if (flags.json) sayJson({ type: 'diff', from: before.harness, to: after.harness, diff: changes });
    else say(changes === '' ? 'no difference' : changes);
    return EXIT.ok;
  },
});
