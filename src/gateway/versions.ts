/** The harness in force for new conversations: read again when its files or the branch change. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseHarness } from '../harness/parse.ts';
import { harnessIn, resolveHarness } from '../ledger/branch/history.ts';
import { type Ledger, openLedger, releaseOf } from '../ledger/branch/ledger.ts';
import type { Repository } from '../ledger/git/git.ts';
import { frozenBy } from '../ledger/kinds/freeze.ts';
import { openWorkTree } from '../open/harness.ts';
import type { Environment, Harness } from '../types.ts';
import type { InForce, Versions } from './begin.ts';

export interface VersionsOptions {
  readonly repository: Repository;
  readonly environment: Environment;
  /** Undefined follows the work tree, which `apply` writes. */
  readonly ref: string | undefined;
  /** Throws for a harness that must not be in force. */
  check(harness: Harness): Promise<void>;
  warn(message: string): void;
}

/** Throws UsageError for an unknown or unsound harness. */
export async function openVersions({ repository, environment, ref, check, warn }: VersionsOptions): Promise<Versions> {
  const { name: env } = environment;
  const known = new Map<string, Harness>();
  let frozen: string | null = null;
  let inForce: InForce | undefined;
  let seen = '';

  const ledgerOf = async (): Promise<Ledger | null> => {
    const ledger = await openLedger(repository, env);
    return ledger.started ? ledger : null;
  };
  async function read(): Promise<InForce> {
    const ledger = await ledgerOf();
    const freeze = ledger === null ? null : frozenBy(ledger.decisions());
    frozen = freeze === null ? null : `frozen since decision ${freeze.seq}: ${freeze.why}`;
    if (ref !== undefined) {
      if (inForce !== undefined) return inForce;
      const { files } = await resolveHarness(await openLedger(repository, env), ref);
      const harness = parseHarness(env, files);
      return { label: labelOf(ledger, harness), harness };
    }
    const harness = await openWorkTree(repository, env);
    return { label: labelOf(ledger, harness), harness };
  }
  /** Released versions, so that conversations of an earlier process can go on. */
  async function remember(): Promise<void> {
    const ledger = await ledgerOf();
    for (const { harness: id, commit } of ledger?.releases() ?? []) {
      if (ledger === null || commit === null || known.has(id)) continue;
      const { files } = await harnessIn(ledger, commit);
      known.set(id, parseHarness(env, files));
    }
  }
  const folder = join(repository.root, 'harness', env);
  const signature = (): string =>
    [
      ...namesIn(folder).map((file) => join(folder, file)),
      join(repository.commonDir, 'refs/heads/optimize', env),
      join(repository.commonDir, 'packed-refs'),
      join(repository.commonDir, 'reftable/tables.list'),
      join(repository.gitDir, 'HEAD'),
    ]
      .map((path) => `${path} ${changedAt(path)}`)
      .join('\n');
  async function refresh(): Promise<void> {
    const now = signature();
    if (now === seen) return;
    seen = now;
    const next = await read();
    if (inForce !== undefined && next.harness.id === inForce.harness.id) {
      inForce = next;
      return;
    }
    try {
      await check(next.harness);
    } catch (error) {
      if (inForce === undefined) throw error;
      return warn(`the new harness is not in force: ${(error as Error).message}`);
    }
    if (inForce !== undefined) warn(`new conversations get ${next.label}`);
    inForce = next;
    known.set(next.harness.id, next.harness);
  }
  await refresh();
  await remember();
  return {
    current: () => inForce as InForce,
    of: (id) => known.get(id) ?? null,
    frozen: () => frozen,
    refresh,
  };
}

const namesIn = (folder: string): string[] => {
  try {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
  } catch {
    return [];
  }
};

const changedAt = (path: string): number => {
  try {
    return statSync(path).mtimeMs;
  } catch {
    return 0;
  }
};

const labelOf = (ledger: Ledger | null, { id }: Harness): string =>
  (ledger === null ? null : releaseOf(ledger, id)?.version) ?? id.slice(0, 12);
