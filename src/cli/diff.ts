/** `optimize diff A B`: what changed between two harness versions. */

import { previewEdit } from '../edit/edits.ts';
import { EXIT } from '../exit-codes.ts';
import { resolveHarness } from '../ledger/branch/history.ts';
import { printable } from '../report/terminal.ts';
import { type LedgerFlags, ledgerOf, say, sayJson } from './open-ledger.ts';

export async function diffCommand(given: Record<string, unknown>, a = '', b = ''): Promise<number> {
  const flags = given as unknown as LedgerFlags;
  const { ledger } = await ledgerOf(flags);
  const [before, after] = [await resolveHarness(ledger, a), await resolveHarness(ledger, b)];
  const diff = previewEdit(before.files, after.files);
  if (flags.json) sayJson({ type: 'diff', from: before.harness, to: after.harness, diff });
  else say(diff === '' ? 'no difference' : printable(diff));
  return EXIT.ok;
}
