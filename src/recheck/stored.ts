/** Compares what a replay plays with what was stored, where secrets of the night are cut. */
import { join } from 'node:path';
import { canonicalJson, jsonOf, STORED_DEPTH } from '../digest.ts';
import { UsageError, VerifyError } from '../errors.ts';
import { JOURNAL } from '../evaluation/journal.ts';
import { fileDigest, linesOf } from '../files.ts';
import type { Ledger } from '../ledger/branch/ledger.ts';
import type { LedgerEntries } from '../ledger/branch/record.ts';
import type { Decision } from '../ledger/kinds/index.ts';
import type { ReplyStore } from '../models/replies.ts';
import { asStored, holdsCut } from '../secrets.ts';
import type { Agent, ChatRequest, Json } from '../types.ts';

/** Folders of the played and of the recorded run. */
interface Folders {
  readonly folder: string;
  readonly recorded: string;
}

/** The ledger, unchanged: a new record must exist already, apart from secrets that were cut. */
export function storedLedger(ledger: Ledger, folders: Folders): Ledger {
  const last = ledger.nextSeq;
  const stored = new Map(ledger.decisions().map((decision) => [decision.seq, decision]));
  return Object.create(ledger, {
    record: {
      async value(entries: LedgerEntries): Promise<{ commit: string }> {
        const beyond = entries.decisions.find(({ seq }) => seq === undefined || seq >= last);
        if (beyond !== undefined) throw new VerifyError(`decision ${beyond.seq ?? last} is not in the ledger`);
        const drafts = entries.decisions.map(async (draft) => {
          const known = stored.get(draft.seq as number);
          return asStored(draft.kind === 'note' ? await withStoredRollouts(draft, known, folders) : draft, known);
        });
        const decisions = await Promise.all(drafts);
        try {
          return await ledger.record({ ...entries, decisions });
        } catch (error) {
          const unsure = decisions.find(({ seq }) => hasCutEdits(stored.get(seq as number)));
          if (unsure !== undefined)
            throw new UsageError(
              `the edits of decision ${unsure.seq} were stored with secrets cut, so the night cannot be played again with other variables; type the command with those of the night`,
            );
          throw new VerifyError((error as Error).message, { cause: error });
        }
      },
    },
  }) as Ledger;
}

const hasCutEdits = (decision: Decision | undefined): boolean =>
  decision !== undefined && 'edits' in decision && holdsCut(decision.edits);

type Note = Extract<LedgerEntries['decisions'][number], { kind: 'note' }>;

/**
 * With the digest of the stored rollouts, if these are the played ones with secrets cut. Where the
 * file is not at hand, `verify` says so.
 */
async function withStoredRollouts(
  note: Note,
  stored: Decision | undefined,
  { folder, recorded }: Folders,
): Promise<Note> {
  const own = note.artifacts.find(({ name }) => name === JOURNAL);
  const known = stored?.kind === 'note' ? stored.artifacts.find(({ name }) => name === JOURNAL) : undefined;
  if (own === undefined || known === undefined || own.sha256 === known.sha256) return note;
  const found = await fileDigest(recorded, JOURNAL);
  const isStored = found === known.sha256 && isSameButCut(join(folder, JOURNAL), join(recorded, JOURNAL));
  if (found !== null && !isStored) return note;
  return { ...note, artifacts: note.artifacts.map((file) => (file === own ? known : file)) };
}

function isSameButCut(played: string, stored: string): boolean {
  const lines = linesOf(played);
  for (const { text } of linesOf(stored)) {
    const next = lines.next();
    if (next.done) return false;
    if (next.value.text !== text && !isSameJson(jsonOf(next.value.text, STORED_DEPTH), jsonOf(text, STORED_DEPTH)))
      return false;
  }
  return lines.next().done === true;
}

const isSameJson = (value: object | Json, stored: object | Json): boolean =>
  canonicalJson(asStored(value, stored)) === canonicalJson(stored);

/** The same agent; a request that was stored with secrets cut is asked in that form. */
export function askedAsStored(agent: Agent, store: ReplyStore): Agent {
  let cut: readonly ChatRequest[] | null = null;
  const storedFormOf = (asked: ChatRequest): ChatRequest | undefined => {
    cut ??= [...store.calls()].map(({ request }) => request).filter(holdsCut);
    return cut.find(
      (request) => request.messages.length === asked.messages.length && isSameJson({ ...asked }, { ...request }),
    );
  };
  return {
    ...agent,
    open(episode) {
      const model = agent.open(episode);
      return { complete: (asked, signal) => model.complete(storedFormOf(asked) ?? asked, signal) };
    },
  };
}
