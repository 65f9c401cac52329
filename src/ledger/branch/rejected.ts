/** The rejected buffer: what was rejected, why, and whether it may be tried again. */
import { sha256 } from '../../digest.ts';
import type { Edit } from '../../edit/schema.ts';
import type { Harness } from '../../types.ts';
import type { CandidateDecision } from '../kinds/candidate.ts';
import type { Touched } from '../kinds/fields.ts';
import type { Decision } from '../kinds/index.ts';
import { itemDigests } from '../kinds/items.ts';

/** Reasons that no later harness can fix. */
const FINAL = new Set(['policy', 'leak', 'taint']);
/** Maximum retries of an edit that the gate rejected. */
export const MAX_RETRIES = 2;

export interface RejectedEdit {
  /** `editKey` of a single edit, `bundleKey` of several. */
  readonly key: string;
  /** `single`, `bundle`, `half`, `prune`, ... */
  readonly form: string;
  readonly edits: readonly Edit[];
  readonly touched: readonly Touched[];
  /** `final`: by policy, leak or taint; `check`: by another free check; `gate`: after rollouts. */
  readonly by: 'final' | 'check' | 'gate';
  /** Reason code of the verdict. */
  readonly reason: string;
  readonly detail: string;
  /** Agent with which it was tried; null when none played. */
  readonly agent: string | null;
  readonly parent: string;
  /** Mean paired effect on dev, a fraction; null without rollouts. Never shown to a proposer. */
  readonly effect: number | null;
  readonly seq: number;
  readonly run: string;
}

/** One key for a list of edits, in any order; for a single edit its own. */
export function bundleKey(keys: readonly string[]): string {
  return keys.length === 1 ? (keys[0] as string) : sha256([...keys].sort().join('\n'));
}

function byWhom({ verdict, checks }: CandidateDecision): RejectedEdit['by'] {
  if (verdict.stage !== 'check') return 'gate';
  const failed = checks.filter(({ passed }) => !passed);
  const codes = [verdict.reason, ...failed.flatMap(({ check, reason }) => [check, reason ?? ''])];
  return codes.some((code) => FINAL.has(code)) ? 'final' : 'check';
}

/** Everything that was rejected, oldest first. Inconclusive candidates are not rejected. */
export function rejectedEdits(decisions: readonly Decision[]): RejectedEdit[] {
  return decisions.flatMap((decision) => {
    if (decision.kind !== 'candidate' || decision.verdict.decision !== 'rejected') return [];
    const { verdict, keys, form, edits, touched } = decision;
    return [
      {
        key: bundleKey(keys),
        form,
        edits,
        touched,
        by: byWhom(decision),
        reason: verdict.reason,
        detail: verdict.detail,
        agent: decision.who.agent,
        parent: decision.parent.harness,
        effect: verdict.effect,
        seq: decision.seq,
        run: decision.run,
      },
    ];
  });
}

export interface Permission {
  readonly allowed: boolean;
  readonly reason: 'new' | 'changed' | 'refused' | 'unchanged' | 'tried_out';
  /** Number of the decision that it rests on; null for `new`. */
  readonly seq: number | null;
}

/**
 * Whether an edit may be tried on `current` with `agent`. Refused by policy, leak or taint: never
 * again. By another free check: on any other harness. By the gate: at most twice more, each once a
 * part that it touched then has other content; rejections with another agent do not count.
 */
export function mayTry(key: string, decisions: readonly Decision[], current: Harness, agent: string): Permission {
  const earlier = rejectedEdits(decisions).filter(
    (rejected) => rejected.key === key && (rejected.by === 'final' || rejected.agent === agent),
  );
  const last = earlier.at(-1);
  if (!last) return { allowed: true, reason: 'new', seq: null };
  const final = earlier.find(({ by }) => by === 'final');
  if (final) return { allowed: false, reason: 'refused', seq: final.seq };
  const { seq } = last;
  const byGate = earlier.filter(({ by }) => by === 'gate');
  if (byGate.length > MAX_RETRIES) return { allowed: false, reason: 'tried_out', seq };
  // A free check sees the whole harness: any other change of it may make the edit effective.
  if (last.by === 'check' && last.parent === current.id) return { allowed: false, reason: 'unchanged', seq };
  const rejected = byGate.at(-1);
  const now = itemDigests(current);
  const changed = !rejected || rejected.touched.some(({ id, before }) => (now.get(id) ?? null) !== before);
  return { allowed: changed, reason: changed ? 'changed' : 'unchanged', seq };
}
