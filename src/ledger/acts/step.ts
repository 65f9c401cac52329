/** One decision outside of a night: who makes it, when and with which keys, one at a time. */
import type { HarnessFiles } from '../../types.ts';
import { VERSION } from '../../version.ts';
import { type Ledger, openLedger } from '../branch/ledger.ts';
import { acquireLock } from '../branch/lock.ts';
import type { LedgerEntries } from '../branch/record.ts';
import type { Repository } from '../git/git.ts';
import type { Oid } from '../git/plumbing.ts';
import { type Keyring, readKeyring } from '../keys/keys.ts';
import type { Decision, OwnFields } from '../kinds/index.ts';

export interface StepOptions {
  readonly who: Decision['who'];
  /** Now, ISO 8601. */
  readonly time: string;
  /** Default: named after the kind and number of the decision. */
  readonly run?: string;
  /** Default: none, so nothing is signed. */
  readonly keys?: Keyring;
}

export type SignedStep = StepOptions & { readonly keys: Keyring };

/** `operator`: what asks for it, such as a command. Keys and time come from this process. */
export function stepOf(operator: string, repository: Repository): SignedStep {
  const tool = `harness-optimizer ${VERSION}`;
  const who = { tool, agent: null, served: null, proposer: null, simulated: false, operator };
  return { who, time: new Date().toISOString(), keys: readKeyring(process.env, repository) };
}

/** Works on an environment alone. Throws UsageError as `acquireLock`. */
export async function underLock<T>(
  repository: Repository,
  env: string,
  time: string,
  work: () => Promise<T>,
): Promise<T> {
  const lock = await acquireLock(repository, env, time);
  try {
    return await work();
  } finally {
    await lock.release();
  }
}

/** `underLock`, with the environment's ledger, which `keys` may sign. */
export const withLedger = <T>(
  repository: Repository,
  env: string,
  { time, keys }: StepOptions,
  work: (ledger: Ledger) => Promise<T>,
): Promise<T> => underLock(repository, env, time, async () => await work(await openLedger(repository, env, keys)));

/** The commit's parts; `parent` and `child` default to the branch's harness. */
type Around = Pick<LedgerEntries, 'message'> &
  Partial<Pick<LedgerEntries, 'files' | 'refs' | 'parents' | 'base'>> & {
    readonly parent?: Decision['parent'];
    readonly child?: { readonly harness: string; readonly files: HarnessFiles };
  };

/** Records one decision. `child` without `files` leaves the branch's harness as it is. */
export async function recordAct(
  ledger: Ledger,
  fields: OwnFields,
  { who, time, run }: StepOptions,
  { parent, child, files = null, ...around }: Around,
): Promise<{ readonly commit: Oid; readonly seq: number }> {
  const { harness, commit: tip, files: own } = ledger.head();
  const seq = ledger.nextSeq;
  const draft = {
    ...fields,
    env: ledger.env,
    run: run ?? `${fields.kind}-${seq}`,
    time,
    who,
    parent: parent ?? { harness, commit: tip },
    child: child ?? { harness, files: own },
  };
  const { commit } = await ledger.record({ ...around, decisions: [draft], files });
  return { commit, seq };
}
