/** A line that pins the end of a chain: kept elsewhere, it shows a cut or rewritten history. */
import { UsageError } from '../../errors.ts';
import { isOid, type Oid } from '../git/plumbing.ts';
import { Name } from '../kinds/fields.ts';
import { type LedgerFinding, notesOn } from '../kinds/finding.ts';
import { type Node, storedIn } from './nodes.ts';

export interface Anchor {
  readonly env: string;
  /** Number of the last decision, and SHA-256 of its bytes. */
  readonly seq: number;
  readonly sha256: string;
  readonly commit: Oid;
}

export const anchorLine = ({ env, seq, sha256, commit }: Anchor): string => `${env} ${seq} ${sha256} ${commit}`;

/** Throws UsageError for anything but a line as `anchorLine` writes it. */
export function parseAnchor(line: string): Anchor {
  const [env = '', seq = '', sha256 = '', commit = '', ...more] = line.trim().split(/\s+/);
  const fits =
    Name.safeParse(env).success && /^[1-9]\d{0,8}$/.test(seq) && /^[0-9a-f]{64}$/.test(sha256) && isOid(commit);
  if (fits && more.length === 0) return { env, seq: Number(seq), sha256, commit };
  throw new UsageError(
    `--anchor: expected "ENVIRONMENT NUMBER SHA256 COMMIT" as verify --print-anchor writes it, found "${line.slice(0, 200)}"`,
  );
}

/** The anchor of a branch now; null while it has no decision. */
export function anchorOf(env: string, nodes: readonly Node[], tip: Oid): Anchor | null {
  const last = storedIn(nodes).at(-1);
  return last?.decision ? { env, seq: last.decision.seq, sha256: last.sha256, commit: tip } : null;
}

/** Adds to `found` where a branch does not go on from its anchor. `chain`: its first parents. */
export function verifyAnchor(
  anchor: Anchor,
  nodes: readonly Node[],
  chain: readonly Oid[],
  found: LedgerFinding[],
): void {
  const all = storedIn(nodes);
  const pinned = all.find(({ decision }) => decision?.seq === anchor.seq);
  const tip = notesOn(found, chain.at(-1) ?? '', `refs/heads/optimize/${anchor.env}`);
  const last = all.at(-1)?.decision?.seq ?? 0;
  if (pinned === undefined)
    tip('seq', `decision ${anchor.seq}, which the anchor names`, `${last} decisions: the end was cut off`);
  const same = pinned?.sha256 === anchor.sha256;
  if (pinned !== undefined && !same)
    notesOn(found, pinned.commit, pinned.path)('sha256', `${anchor.sha256} of the anchor`, pinned.sha256);
  const instead = same ? 'the same records in other commits: a rebase or squash' : 'another history';
  if (!chain.includes(anchor.commit)) tip('commit', `commit ${anchor.commit} of the anchor in its history`, instead);
}
