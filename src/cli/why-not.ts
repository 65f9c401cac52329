/** `optimize why-not EDIT`: was it tried, why was it rejected, and may it be tried again? */

import { z } from 'zod';
import { touchedIds } from '../edit/key.ts';
import type { Edit } from '../edit/schema.ts';
import { editTitle } from '../edit/title.ts';
import { UsageError } from '../errors.ts';
import { EXIT } from '../exit-codes.ts';
import { parseHarness } from '../harness/parse.ts';
import { bundleKey, mayTry, type Permission } from '../ledger/branch/rejected.ts';
import type { CandidateDecision } from '../ledger/kinds/candidate.ts';
import type { Decision } from '../ledger/kinds/index.ts';
import { verdictText } from '../report/terminal.ts';
import { command } from './command.ts';
import { ledgerOf } from './open-ledger.ts';
import { answering } from './options.ts';
import { say, sayJson } from './output.ts';

/** Fewest hex digits that are read as the key of an edit. */
const KEY_DIGITS = 8;

interface Tried {
  readonly decision: CandidateDecision;
  /** Null when the record holds only the key. */
  readonly edit: Edit | null;
  readonly key: string;
  /** True if it was tried alone. */
  readonly alone: boolean;
}

const MAY: Readonly<Record<Permission['reason'], string>> = {
  new: 'it may be tried',
  changed: 'it may be tried again: a part that it touches, or the harness around it, has changed since',
  refused: 'it will not be tried again: what refused it is final',
  unchanged: 'it will not be tried again until a part that it touches changes',
  tried_out: 'it will not be tried again: it has had all its tries',
};

export const whyNot = command({
  name: 'why-not',
  summary: 'was it tried, when, why was it refused: an id of a part, a key, or words of an edit',
  arguments: { '<edit>': 'id of a clause, skill, monitor or switch, a key or its first digits, or words of the edit' },
  options: z.object(answering),
  example: 'why-not confirm-before-write --env retail',
  async run(flags, words = '') {
    const wanted = words.trim().toLowerCase();
    if (wanted === '') throw new UsageError('why-not: expected the id of a part, a key, or words of an edit');
    const { env, ledger } = await ledgerOf(flags);
    const decisions = ledger.decisions();
    const tried = decisions.flatMap((decision) => triedIn(decision, wanted));
    if (tried.length === 0) {
      if (flags.json) sayJson({ type: 'why_not', env, words, tried: [], verdict: 'never tried' });
      else
        say(
          `no edit with "${words}" was ever tried on ${ledger.branch}; what was: npx optimize log --all --env ${env}`,
        );
      return EXIT.ok;
    }
    const head = parseHarness(env, ledger.head().files);
    for (const key of new Set(tried.map((one) => one.key))) {
      const own = tried.filter((one) => one.key === key);
      const last = own.at(-1) as Tried;
      const may = mayTry(key, decisions, head, last.decision.who.agent ?? '');
      const kept = own.some(({ decision }) => decision.verdict.decision === 'accepted');
      if (flags.json)
        sayJson({
          type: 'why_not',
          env,
          words,
          key,
          edit: last.edit,
          tried: own.map(({ decision: { seq, run, time, verdict }, alone }) => ({ seq, run, time, alone, verdict })),
          kept,
          mayTry: may,
        });
      else {
        const title = last.edit === null ? 'an edit whose text is not kept' : editTitle(last.edit);
        say(
          [
            `${title} (key ${key.slice(0, 12)})`,
            ...own.map(lineOf),
            `  ${kept ? 'it was kept' : MAY[may.reason]}`,
          ].join('\n'),
        );
      }
    }
    return EXIT.ok;
  },
});

/** Edits of a decision that `wanted` names; prunes are left out, since they only take away. */
function triedIn(decision: Decision, wanted: string): Tried[] {
  if (decision.kind !== 'candidate' || decision.form === 'prune') return [];
  const { keys, edits } = decision;
  const isKey = new RegExp(`^[0-9a-f]{${KEY_DIGITS},64}$`).test(wanted);
  return keys.flatMap((key, index) => {
    const edit = edits[index] ?? null;
    const texts = edit === null ? [] : [...touchedIds(edit), editTitle(edit), JSON.stringify(edit.ops)];
    const meant = (isKey && key.startsWith(wanted)) || texts.some((text) => text.toLowerCase().includes(wanted));
    return meant ? [{ decision, edit, key: bundleKey([key]), alone: keys.length === 1 }] : [];
  });
}

function lineOf({ decision: { seq, run, time, verdict, keys, who }, alone }: Tried): string {
  const beside = alone ? '' : ` with ${keys.length - 1} others`;
  const outcome = `: ${verdict.decision}, ${verdictText(verdict)}`;
  return `  #${seq}  ${time.slice(0, 16)}  ${run}${who.simulated ? '  SIMULATED' : ''}  tried${beside}${outcome}`;
}
