/** `optimize export`: records for an auditor, or the harness as text for other runtimes. */
import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import { randomOf, sha256, shuffled } from '../digest.ts';
import { UsageError } from '../errors.ts';
import { EXIT } from '../exit-codes.ts';
import { harnessAsText, TEXT_FORMATS, type TextFormat } from '../harness/as-text.ts';
import { harnessId } from '../harness/parse.ts';
import { printable } from '../harness/text-checks.ts';
import { readContents } from '../ledger/branch/branch.ts';
import type { Ledger } from '../ledger/branch/ledger.ts';
import { commitsOfDecisions, firstHarness } from '../ledger/branch/versions.ts';
import { readTexts } from '../ledger/git/plumbing.ts';
import { titleOf } from '../ledger/kinds/index.ts';
import { openHarness } from '../open/harness.ts';
import { evidencePage } from '../report/evidence-page.ts';
import { amount } from '../report/terminal.ts';
import type { HarnessFiles } from '../types.ts';
import { command } from './command.ts';
import { ledgerOf } from './open-ledger.ts';
import { answering, choice, type LedgerFlags, text, whole } from './options.ts';
import { say, sayJson } from './output.ts';

const VERIFIER = join(import.meta.dirname, '../../export/verify.py');

export const exportEvidence = command({
  name: 'export',
  summary: 'a folder for an auditor: a page, the records, and a verifier in Python; or the harness as text',
  options: z.object({
    ...answering,
    out: text('<path>', 'folder that does not exist yet; a file for --format [stdout]').exactOptional(),
    sample: whole('<n>', 'decisions shown in full', { of: 'decisions' }).default(25),
    format: choice('<name>', 'the harness as text for other runtimes', TEXT_FORMATS).exactOptional(),
    harness: text('<ref>', 'of --format, as for run; default: the work tree').exactOptional(),
  }),
  example: 'export --env retail --out evidence',
  run: async (flags) => (flags.format === undefined ? exportRecords(flags) : exportText(flags, flags.format)),
});

type ExportFlags = LedgerFlags & { readonly out?: string; readonly sample: number; readonly harness?: string };

/** Written beside its place first, so that an interrupted command leaves no half folder. */
async function exportRecords(flags: ExportFlags): Promise<number> {
  if (flags.out === undefined)
    throw new UsageError('--out: expected a folder for the records, or --format for the harness as text');
  const out = freshPath(flags.out);
  const { env, ledger } = await ledgerOf(flags);
  const decisions = ledger.decisions();
  if (decisions.length === 0)
    throw new UsageError(`no decision is on ${ledger.branch} yet, so there is nothing to export`);
  const sample = sampleOf(
    decisions.map(({ seq }) => seq),
    flags.sample,
    ledger.head().commit,
  );
  const commits = await commitsOfDecisions(ledger);
  const files = new Map([
    ...(await recordsOf(ledger)),
    ['index.html', evidencePage({ env, decisions, sample, commits, titleOf })],
  ]);
  const draft = draftOf(out, files);
  copyFileSync(VERIFIER, join(draft, 'verify.py'));
  renameSync(draft, out);
  if (flags.json) sayJson({ type: 'exported', env, out, decisions: decisions.length, sample: [...sample] });
  else {
    say(
      `${amount(decisions.length, 'decision')} of ${env} are in ${flags.out}, ${sample.size} of them in full on index.html`,
    );
    say(`check it with: python3 ${join(flags.out, 'verify.py')}   (--trust FILE for signatures)`);
  }
  return EXIT.ok;
}

/** The text goes to stdout or a file, skills to a folder; what is lost goes to stderr. */
async function exportText(flags: ExportFlags, format: TextFormat): Promise<number> {
  const { env, repository, ledger } = await ledgerOf(flags);
  const harness = await openHarness(repository, env, flags.harness);
  const version = ledger.releases().find((release) => release.harness === harness.id)?.version ?? null;
  const { files, lost } = harnessAsText(harness, format, version);
  const [content = ''] = files.values();
  if (format === 'skills') {
    if (flags.out === undefined)
      throw new UsageError('--out: expected a folder for the skills, such as .claude/skills/new');
    const out = freshPath(flags.out);
    renameSync(draftOf(out, files), out);
  } else if (flags.out !== undefined) writeFileSync(freshPath(flags.out), content);
  else if (!flags.json) process.stdout.write(content);
  const { out = null } = flags;
  if (flags.json) {
    const texts = out === null ? { content } : { out };
    sayJson({ type: 'exported', env, format, harness: harness.id, version, files: [...files.keys()], lost, ...texts });
  } else for (const line of lost) process.stderr.write(`optimize: lost: ${printable(line)}\n`);
  return EXIT.ok;
}

function freshPath(path: string): string {
  const out = resolve(path);
  if (existsSync(out)) throw new UsageError(`--out ${path} is already there; name one that is not`);
  if (!existsSync(dirname(out))) throw new UsageError(`--out ${path}: there is no folder ${dirname(path)}`);
  return out;
}

/** A folder beside `out` with these files. */
function draftOf(out: string, files: ReadonlyMap<string, string>): string {
  const draft = mkdtempSync(`${out}.`);
  chmodSync(draft, 0o755);
  for (const [path, content] of files) {
    mkdirSync(dirname(join(draft, path)), { recursive: true });
    writeFileSync(join(draft, path), content);
  }
  return draft;
}

/** A sample chosen by the head of the chain: repeatable, and not up to whoever exports. */
function sampleOf(all: readonly number[], count: number, head: string): Set<number> {
  return new Set(
    shuffled(all, randomOf('export', head))
      .slice(0, count)
      .sort((a, b) => a - b),
  );
}

/** Records and signatures as stored, the texts of the first harness, and both ends of the chain. */
async function recordsOf(ledger: Ledger): Promise<Map<string, string>> {
  const { repository, env } = ledger;
  const { entries } = await readContents(repository, env, ledger.head().commit);
  const oids = entries.flatMap(({ oid, signature }) => (signature === null ? [oid] : [oid, signature]));
  const texts = await readTexts(repository, oids);
  const files = new Map<string, string>();
  for (const { decision, oid, signature } of entries) {
    const name = String(decision.seq).padStart(4, '0');
    files.set(`records/${name}.json`, texts.get(oid) ?? '');
    if (signature !== null) files.set(`records/${name}.sig`, texts.get(signature) ?? '');
  }
  const first: HarnessFiles = (await firstHarness(ledger)) ?? new Map();
  for (const text of first.values()) files.set(`blobs/${sha256(text)}`, text);
  const start = {
    env,
    harness: harnessId(first),
    files: Object.fromEntries([...first].map(([path, text]) => [path, sha256(text)])),
    head: entries.at(-1)?.sha256 ?? null,
  };
  files.set('start.json', `${JSON.stringify(start, null, 1)}\n`);
  return files;
}
