/** `optimize verify`: recomputes every decision from git objects instead of trusting any summary. */
import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../errors.ts';
import { PAST_RULES } from '../gate/rules.ts';
import type { Repository } from './git.ts';
import type { Oid } from './plumbing.ts';
import { listRefs } from './refs.ts';
import { verifyDecisions } from './verify-decisions.ts';
import { type Node, nodesOf, readHistory } from './verify-nodes.ts';

/** Something that is not what the rest of the record says it must be. */
export interface Issue {
  /** Commit in which it was found; '' for a ref or a file outside git. */
  readonly commit: string;
  readonly file: string;
  /** Path of the field, `bytes` for a whole file. */
  readonly field: string;
  readonly expected: string;
  readonly found: string;
}

/** What could not be checked here, and why: never a success. */
export interface Unchecked {
  readonly file: string;
  readonly why: string;
}

export interface BranchReport {
  readonly env: string;
  readonly branch: string;
  readonly head: Oid;
  readonly decisions: number;
  readonly commits: number;
  readonly releases: number;
}

export interface VerifyReport {
  readonly branches: readonly BranchReport[];
  readonly issues: readonly Issue[];
  readonly unchecked: readonly Unchecked[];
  /** True if there is no issue; `unchecked` may still hold something. */
  readonly ok: boolean;
}

export interface VerifyOptions {
  /** Only this environment; default every `optimize/*` branch. */
  readonly env?: string;
}

/**
 * Checks write-once decisions, their chain, canonical bytes and schema, that every harness change lies in one commit
 * with its decision, that each child is its parent with the edits applied, every verdict field by field, digests, tags
 * and, where they are at hand, the artifacts. It cannot see a history that was rewritten or cut off as a whole.
 * Throws `UsageError` for a shallow clone and for an environment without a branch.
 */
export async function verifyRepository(repository: Repository, options: VerifyOptions = {}): Promise<VerifyReport> {
  if (existsSync(join(repository.commonDir, 'shallow'))) {
    throw new UsageError(
      'this clone holds only part of the history, so the chain cannot be checked; run: git fetch --unshallow',
    );
  }
  const refs = await listRefs(repository, ['refs/heads/optimize', 'refs/tags/harness']);
  const branches = refs.filter(
    ({ name, commit }) =>
      commit !== null &&
      (options.env === undefined || name === `refs/heads/optimize/${options.env}`) &&
      !name.startsWith('refs/tags/'),
  );
  if (branches.length === 0 && options.env !== undefined) {
    throw new UsageError(
      `there is no branch optimize/${options.env} here; if it is on a remote: git fetch origin optimize/${options.env}:optimize/${options.env}`,
    );
  }
  const issues: Issue[] = [];
  const unchecked: Unchecked[] = [];
  const reports: BranchReport[] = [];
  for (const { name, commit } of branches) {
    const env = name.slice('refs/heads/optimize/'.length);
    const head = commit as Oid;
    const nodes = nodesOf(env, await readHistory(repository, env, head), issues);
    const releases = verifyDecisions(env, nodes, repository.objectFormat, issues);
    const tags = refs.filter((ref) => ref.name.startsWith(`refs/tags/harness/${env}/`));
    checkTags(env, releases, tags, issues, unchecked);
    await checkArtifacts(repository, nodes, issues, unchecked);
    const decisions = nodes.reduce((sum, { added }) => sum + added.length, 0);
    const commits = nodes.filter(({ own }) => own).length;
    reports.push({ env, branch: `optimize/${env}`, head, decisions, commits, releases: releases.size });
  }
  return { branches: reports, issues, unchecked, ok: issues.length === 0 };
}

/** A tag must stand at the commit that holds its release decision. */
function checkTags(
  env: string,
  releases: ReadonlyMap<string, Oid>,
  tags: readonly { readonly name: string; readonly commit: Oid | null }[],
  issues: Issue[],
  unchecked: Unchecked[],
): void {
  const prefix = `refs/tags/harness/${env}/`;
  for (const { name, commit } of tags) {
    const expected = releases.get(name.slice(prefix.length));
    if (expected !== commit) {
      issues.push({
        commit: commit ?? '',
        file: name,
        field: 'commit',
        expected: expected ?? 'no tag: no decision releases this version',
        found: commit ?? 'not a commit',
      });
    }
  }
  for (const version of releases.keys()) {
    if (!tags.some(({ name }) => name === prefix + version)) {
      unchecked.push({ file: prefix + version, why: 'the tag is not in this clone; run: git fetch --tags' });
    }
  }
}

/** Traces and reports are not committed: their digests are compared where the files are at hand. */
async function checkArtifacts(
  repository: Repository,
  nodes: readonly Node[],
  issues: Issue[],
  unchecked: Unchecked[],
): Promise<void> {
  const seen = new Map<string, string>();
  for (const { commit, added } of nodes) {
    for (const { decision, path } of added) {
      const rules = decision?.gate ? decision.verdict?.rules : undefined;
      if (rules !== undefined && PAST_RULES.includes(rules))
        unchecked.push({ file: path, why: `the verdict is by ${rules}, which this version cannot recompute` });
      for (const { name, sha256 } of decision?.artifacts ?? []) {
        const file = `runs/${decision?.run}/${name}`;
        const known = seen.get(file) ?? (await fileDigest(join(repository.root, file)));
        if (known === null) {
          if (!unchecked.some((one) => one.file === file)) unchecked.push({ file, why: 'not on this machine' });
          continue;
        }
        seen.set(file, known);
        if (known !== sha256) {
          issues.push({ commit, file, field: `artifacts (${path})`, expected: sha256, found: known });
        }
      }
    }
  }
}

async function fileDigest(path: string): Promise<string | null> {
  const hash = createHash('sha256');
  try {
    for await (const chunk of createReadStream(path)) hash.update(chunk as Uint8Array);
  } catch {
    return null;
  }
  return hash.digest('hex');
}
