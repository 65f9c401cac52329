/** A branch as values, for tests: read it, change what a forger would, write it again in one go. */
import { execFileSync } from 'node:child_process';
import { sha256 } from '../digest.ts';
import { applyRelease } from './acts/apply.ts';
import { rotate } from './acts/key-change.ts';
import type { AnyFields } from './any-fields.fixture.ts';
import { openLedger } from './branch/ledger.ts';
import { signatureText } from './format/dsse.ts';
import { canonicalText, type Statement } from './format/statement.ts';
import { parseDecisionPath, signaturePath } from './git/paths.ts';
import type { HeldKey } from './keys/keys.ts';
import { openSigner } from './keys/signing.ts';
import {
  addClause,
  candidate,
  copies,
  heldKey,
  keep,
  measured,
  put,
  refusal,
  release,
  ringOf,
  stepWith,
  trustIn,
  userGit,
} from './shop.fixture.ts';

export interface StoryFile {
  mode: string;
  text: string;
}

export interface StoryCommit {
  /** `author` and `committer` lines, as git has them. */
  people: string;
  message: string;
  /** All files of the tree by path. */
  files: Map<string, StoryFile>;
  /** Version that this commit is tagged as. */
  tag?: string;
}

/** Keys of the template: decisions 1 to 8 are signed by `key`, the rest by `next`. */
export const key = heldKey();
export const next = heldKey();
/** Trusted by nobody. */
export const thief = heldKey();
export const trust = trustIn([key], { shop: 1 });

/**
 * Nine signed decisions in six commits: 1 keeps; 2 and 3 are refused and 4 keeps, in one commit; 5
 * opens a look and 6 releases v1; 7 applies it to main; 8 rotates the key; 9 keeps.
 */
export const told = copies(async ({ dir, repository }) => {
  put(dir, 'harness/shop/skills/greet/SKILL.md', '---\nname: greet\ndescription: How to greet.\n---\nSay hello.\n');
  userGit(dir, 'add', '-A');
  userGit(dir, 'commit', '-qm', 'a skill');
  const ledger = await openLedger(repository, 'shop', ringOf(key));
  await keep(ledger, 'second');
  const { draft, files } = candidate(ledger, [addClause('third'), addClause('fourth')], true);
  const refused = refusal(ledger, addClause('leaky'), 'leak');
  const useless = candidate(ledger, [addClause('useless')], false).draft;
  await ledger.record({ decisions: [refused, useless, draft], files, message: { subject: 'keep two' } });
  await release(ledger, 'v1');
  await applyRelease(repository, 'shop', stepWith(key));
  await rotate(repository, 'shop', { old: key.entry, next: next.entry }, stepWith(key));
  await keep(await openLedger(repository, 'shop', ringOf(next)), 'fifth', 'night-2');
});

const BRANCH = 'refs/heads/optimize/shop';

/** The commits of the branch that main did not have when it began, oldest first. */
export function readStory(dir: string, start: string): StoryCommit[] {
  const oids = userGit(dir, 'rev-list', '--reverse', '--first-parent', `${start}..${BRANCH}`).trim().split('\n');
  const tags = new Map(
    userGit(dir, 'for-each-ref', '--format=%(*objectname) %(refname:lstrip=4)', 'refs/tags/harness/shop')
      .split('\n')
      .map((line) => line.split(' ') as [string, string]),
  );
  return oids.map((oid) => {
    const raw = userGit(dir, 'cat-file', '-p', oid);
    const split = raw.indexOf('\n\n');
    const listing = userGit(dir, 'ls-tree', '-r', oid).trim().split('\n');
    const entries = listing.map(
      (line) => /^(\d+) blob (\w+)\t(.*)$/.exec(line) as unknown as [string, string, string, string],
    );
    const texts = new Map(entries.map(([, , blob]) => [blob, userGit(dir, 'cat-file', '-p', blob)]));
    const tag = tags.get(oid);
    return {
      people: raw.slice(raw.indexOf('author '), split),
      message: raw.slice(split + 2),
      files: new Map(entries.map(([, mode, blob, path]) => [path, { mode, text: texts.get(blob) as string }])),
      ...(tag === undefined ? {} : { tag }),
    };
  });
}

/** Writes the branch again from `start` on, and its tags; equal commits get equal ids. */
export function writeStory(dir: string, start: string, commits: readonly StoryCommit[]): void {
  const parts: Buffer[] = [];
  const write = (text: string) => parts.push(Buffer.from(text));
  const data = (text: string) => {
    const bytes = Buffer.from(text);
    write(`data ${bytes.length}\n`);
    parts.push(bytes);
    write('\n');
  };
  commits.forEach(({ people, message, files }, index) => {
    write(`commit ${BRANCH}\nmark :${index + 1}\n${people}\n`);
    data(message);
    write(`from ${index === 0 ? start : `:${index}`}\ndeleteall\n`);
    for (const [path, { mode, text }] of files) {
      write(`M ${mode} inline ${path}\n`);
      data(text);
    }
    write('\n');
  });
  commits.forEach(({ tag }, index) => {
    if (tag === undefined) return;
    write(`tag harness/shop/${tag}\nfrom :${index + 1}\ntagger T <t@example.org> 0 +0000\n`);
    data(`release ${tag}\n`);
  });
  const gone = userGit(dir, 'for-each-ref', '--format=delete %(refname)', BRANCH, 'refs/tags/harness/shop');
  execFileSync('git', ['update-ref', '--stdin'], { cwd: dir, input: gone });
  execFileSync('git', ['fast-import', '--quiet', '--force', '--date-format=raw'], {
    cwd: dir,
    input: Buffer.concat(parts),
  });
}

/** Path of decision `seq` among the files of a story. */
export function pathOf(commits: readonly StoryCommit[], seq: number): string {
  const paths = commits.flatMap(({ files }) => [...files.keys()]);
  return paths.find((path) => parseDecisionPath(path)?.seq === seq) as string;
}

/** Changes a file in every commit that has it; null removes it. */
export function change(commits: readonly StoryCommit[], path: string, edit: (text: string) => string | null): void {
  let hits = 0;
  for (const { files } of commits) {
    const file = files.get(path);
    if (file === undefined) continue;
    const text = edit(file.text);
    if (text !== file.text) hits += 1;
    if (text === null) files.delete(path);
    else files.set(path, { ...file, text });
  }
  if (hits === 0) throw new Error(`nothing to change in ${path}`);
}

type Deep<T> = T extends object ? { -readonly [K in keyof T]: Deep<T[K]> } : T;
/** A stored record with the fields of every kind: whoever forges knows which one it is. */
export type Draft = Deep<Omit<Statement, 'predicate'> & { predicate: AnyFields & { cost?: object } }>;

/** Makes a record one of another kind, with these fields and the common ones. */
export function become(statement: Draft, fields: { readonly kind: string; readonly [field: string]: unknown }): void {
  const { data: _, artifacts: __, limits: ___, ...common } = statement.predicate;
  statement.predicate = { ...common, ...fields } as Draft['predicate'];
}

/** Changes the record of decision `seq` wherever it stands; its bytes stay canonical. */
export function rewrite(commits: readonly StoryCommit[], seq: number, edit: (statement: Draft) => void): void {
  change(commits, pathOf(commits, seq), (text) => {
    const statement = JSON.parse(text) as Draft;
    edit(statement);
    return canonicalText(statement);
  });
}

/**
 * Fixes what follows from the bytes alone: links of the chain, trailers, and with `sign` the
 * signatures of every decision for which it gives a key (null leaves the old one).
 */
export function reseal(commits: readonly StoryCommit[], sign: (seq: number) => HeldKey | null = () => null): void {
  const texts = new Map<string, string>();
  let prev: string | null = null;
  const paths = [...new Set(commits.flatMap(({ files }) => [...files.keys()]))].filter((path) =>
    parseDecisionPath(path),
  );
  paths.sort((a, b) => (parseDecisionPath(a)?.seq ?? 0) - (parseDecisionPath(b)?.seq ?? 0));
  const signatures = new Map<string, string>();
  for (const path of paths) {
    const file = commits.map(({ files }) => files.get(path)).find((one) => one !== undefined) as StoryFile;
    const statement = JSON.parse(file.text) as Draft;
    statement.predicate.prev = prev;
    const held = sign(statement.predicate.seq);
    if (held !== null) statement.predicate.signer = held.entry.keyid;
    const text = canonicalText(statement);
    if (held !== null) signatures.set(signaturePath(path), signatureText(text, openSigner(held)));
    texts.set(path, text);
    prev = sha256(text);
  }
  const seen = new Set<string>();
  for (const commit of commits) {
    for (const [path, file] of commit.files) {
      const text = texts.get(path) ?? signatures.get(path);
      if (text !== undefined) commit.files.set(path, { ...file, text });
    }
    const added = paths.filter((path) => commit.files.has(path) && !seen.has(path));
    for (const path of added) seen.add(path);
    const last = added.at(-1);
    if (last !== undefined)
      commit.message = commit.message.replace(/(Optimize-Entry: sha256:)\w+/, `$1${sha256(texts.get(last) as string)}`);
  }
}

/** The keys as they are, by place. */
export const rightful = (seq: number): HeldKey => (seq <= 8 ? key : next);

/** Adds a commit with one more decision, by default a note, signed by `held`. */
export function append(commits: StoryCommit[], held: HeldKey, edit: (statement: Draft) => void = () => {}): void {
  const last = commits.at(-1) as StoryCommit;
  const seqs = [...last.files.keys()].flatMap((path) => parseDecisionPath(path)?.seq ?? []);
  const before = Math.max(...seqs);
  const statement = JSON.parse((last.files.get(pathOf([last], before)) as StoryFile).text) as Draft;
  const { env, prev, time, who, child } = statement.predicate;
  const parent = { harness: child.harness, commit: null };
  const about = { seq: before + 1, env, run: 'night-9', prev, time, who, parent, child, signer: held.entry.keyid };
  statement.predicate = { ...about, kind: 'note', data: { ...measured }, artifacts: [], limits: [] };
  edit(statement);
  const path = `runs/night-9/decisions/${String(before + 1).padStart(4, '0')}.json`;
  const files = new Map(last.files);
  for (const name of [path, signaturePath(path)]) files.set(name, { mode: '100644', text: canonicalText(statement) });
  commits.push({ people: last.people, message: `one more\n\nOptimize-Env: shop\nOptimize-Entry: sha256:0\n`, files });
  reseal(commits, (seq) => (seq === before + 1 ? held : null));
}
