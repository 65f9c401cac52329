/** What a program finds in its working folder: the request, the harness as AGENTS.md and skills. */
import { lstatSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { compileHarness, type Surface } from '../runtime/compile.ts';
import type { Harness } from '../types.ts';

/** Some programs read no more of the file. */
const MOST_BYTES = 8 * 1024;
const CUT = '(The rest was cut.)';

/** The last line of the text; the gateway then tells nothing twice. */
export const markOf = ({ env, id }: Harness): string =>
  `harness-optimizer: ${env || 'none'} ${/^[0-9a-f]{12}/.exec(id)?.[0] ?? '0'.repeat(12)}`;

/** The rules as text, with the mark of their version as last line: at most 8 KiB. */
export function agentsText(harness: Harness, surface: Surface, own = ''): string {
  const quiet: Harness = { ...harness, settings: { ...harness.settings, preamble: false } };
  const { system } = compileHarness(quiet, surface);
  const shown = harness.settings.layers.skills ? harness.skills : [];
  const skills = shown.map(({ name, description }) => `- skills/${name}/SKILL.md: ${description}`);
  const parts = [
    own.trim(),
    system.trim(),
    skills.length === 0 ? '' : ['Before you begin, read the skills that fit the task:', ...skills].join('\n'),
  ].filter((part) => part !== '');
  const last = `<!-- ${markOf(harness)} -->\n`;
  const most = MOST_BYTES - Buffer.byteLength(last) - 2;
  return [within(parts.join('\n\n'), most), last].filter((part) => part !== '').join('\n\n');
}

/** Whole lines of the text. */
function within(text: string, most: number): string {
  if (Buffer.byteLength(text) <= most) return text;
  const kept: string[] = [];
  let left = most - CUT.length;
  for (const line of text.split('\n')) {
    left -= Buffer.byteLength(line) + 1;
    if (left < 0) break;
    kept.push(line);
  }
  return [...kept, CUT].join('\n');
}

/** Also where the template has a link of that name, which is not followed. */
function place(folder: string, path: string, text: string): void {
  const to = join(folder, path);
  rmSync(to, { recursive: true, force: true });
  mkdirSync(dirname(to), { recursive: true });
  writeFileSync(to, text);
}

const isFile = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false })?.isFile() === true;

/** Writes TASK.md, AGENTS.md (behind that of the template) and skills/. */
export function placeFiles(folder: string, request: string, harness: Harness, surface: Surface): void {
  const known = join(folder, 'AGENTS.md');
  const own = isFile(known) ? readFileSync(known, 'utf8') : '';
  place(folder, 'TASK.md', `${request}\n`);
  place(folder, 'AGENTS.md', agentsText(harness, surface, own));
  if (!harness.settings.layers.skills) return;
  if (lstatSync(join(folder, 'skills'), { throwIfNoEntry: false })?.isSymbolicLink()) rmSync(join(folder, 'skills'));
  for (const [path, text] of harness.files) if (/^skills\/[\w.-]+\/[\w./-]+$/.test(path)) place(folder, path, text);
}
