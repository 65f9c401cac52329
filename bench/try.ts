/**
 * Useless edits, each given as a patch to `optimize try`: `npx jiti bench/try.ts [--edits 20]`.
 * None may be released.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { randomOf } from '../dist/digest.js';
import { applyEdits, previewEdit } from '../dist/edit/edits.js';
import { loadHarness } from '../dist/harness/load.js';
import { nullEdits } from '../dist/proposal/null.js';
import { printTable } from './rows.ts';
import { flag, projectRoot, temporaryRepository } from './temporary.ts';

const harness = loadHarness(projectRoot, 'retail');
const repository = temporaryRepository();
const found: { exit: number; decision: string }[] = [];
try {
  for (const [at, edit] of nullEdits(harness, randomOf('try'), flag('edits', 20)).entries()) {
    const file = join(repository.root, `../${at}-${process.pid}.diff`);
    writeFileSync(file, previewEdit(harness.files, applyEdits(harness.files, [edit])));
    const { code, last } = repository.optimize('try', file, '--env', 'retail');
    found.push({ exit: code, decision: String(last.decision) });
  }
} finally {
  repository.remove();
}
const kinds = [...new Set(found.map(({ exit, decision }) => `${decision}, exit ${exit}`))];
printTable(
  ['useless edits', 'of', 'decision'],
  kinds.map((kind) => [
    String(found.filter(({ exit, decision }) => `${decision}, exit ${exit}` === kind).length),
    String(found.length),
    kind,
  ]),
);
