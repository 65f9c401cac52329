/** Key changes are decisions: a rotation names the next key, a revocation where one ends. */
import { UsageError } from '../../errors.ts';
import { type Ledger, openLedger } from '../branch/ledger.ts';
import type { Repository } from '../git/git.ts';
import type { KeyEntry } from '../keys/key.ts';
import { type Keyring, NO_KEYS } from '../keys/keys.ts';
import { chooseKey } from '../keys/signing.ts';
import { chainKeys, type KeyChange } from '../kinds/keys.ts';
import { recordAct, type StepOptions, withLedger } from './step.ts';

/** The key that signs the next decision; null if nothing is signed. Throws as `assertWritable`. */
export async function signingKey(repository: Repository, env: string, keys: Keyring): Promise<KeyEntry | null> {
  const ledger = await openLedger(repository, env, keys);
  const chain = chainKeys(ledger.decisions());
  if (chain.signedFrom === null) return null;
  ledger.assertWritable();
  return chooseKey(chain, keys, ledger.branch)?.entry ?? null;
}

/** Records, signed by the current key, that `next` follows it. `next` must be stored already. */
export async function rotate(
  repository: Repository,
  env: string,
  { old, next }: { readonly old: KeyEntry; readonly next: KeyEntry },
  options: StepOptions,
): Promise<{ readonly seq: number; readonly commit: string }> {
  const change = { action: 'rotate', old: old.keyid, new: next.keyid, publicKey: next.publicKey } as const;
  return withLedger(repository, env, options, (ledger) => record(ledger, change, options));
}

/**
 * Records that a key does not count from decision `from` on, by default from this one. Another key
 * at hand signs; without one the key revokes itself from the next decision on. `keyid` may be a
 * prefix of 8 or more characters. Throws `UsageError` for an unknown key and for a reach that
 * nobody here may sign.
 */
export async function revoke(
  repository: Repository,
  env: string,
  { keyid, from }: { readonly keyid: string; readonly from?: number },
  options: StepOptions,
): Promise<{ readonly seq: number; readonly commit: string; readonly keyid: string; readonly from: number }> {
  const { branch, decisions } = await openLedger(repository, env);
  const chain = chainKeys(decisions());
  const full = findKey(chain.known, keyid, branch);
  const keys = options.keys ?? NO_KEYS;
  const others = { ...keys, keys: keys.keys.filter(({ entry }) => entry.keyid !== full) };
  const other = others.keys.some(({ entry }) => !chain.over.has(entry.keyid));
  const used = { ...options, keys: other ? others : keys };
  return withLedger(repository, env, used, async (ledger) => {
    const least = other ? 1 : ledger.nextSeq + 1;
    const start = from ?? (other ? ledger.nextSeq : least);
    if (start < least || start > ledger.nextSeq + 1)
      throw new UsageError(
        `--from ${start}: expected a number from ${least} to ${ledger.nextSeq + 1}${other ? '' : '; no key takes back what it signed, so have another key at hand for that: optimize keys init'}`,
      );
    const recorded = await record(ledger, { action: 'revoke', keyid: full, from: start }, used);
    return { ...recorded, keyid: full, from: start };
  });
}

function findKey(known: ReadonlySet<string>, keyid: string, branch: string): string {
  const fitting = /^[0-9a-f]{8,64}$/.test(keyid) ? [...known].filter((one) => one.startsWith(keyid)) : [];
  const [found, ...more] = fitting;
  if (found !== undefined && more.length === 0) return found;
  throw new UsageError(
    `no key "${keyid}" has signed on ${branch}; expected 8 or more characters of one of: ${[...known].join(', ') || '(nothing is signed)'}`,
  );
}

function record(ledger: Ledger, change: KeyChange, options: StepOptions) {
  const what =
    change.action === 'rotate' ? `rotate key ${change.old.slice(0, 12)}` : `revoke key ${change.keyid.slice(0, 12)}`;
  const message = { subject: `chore(${ledger.env}): ${what}` };
  return recordAct(ledger, { kind: 'keys', keys: change }, options, { message });
}
