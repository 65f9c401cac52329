/** The shape of the source: folders, names, sizes and sources, held against `docs/design.md`. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..');
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const filesIn = (folder: string, matches: RegExp): string[] =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .map((path) => join(folder, path))
    .filter((path) => matches.test(path))
    .sort();

const all = ['src', 'test', 'bench'].flatMap((folder) => filesIn(folder, /\.ts$/));
/** What is shipped: no tests, no fixtures. Paths are from `src/`. */
const shipped = new Map(
  filesIn('src', /(?<!\.test|\.fixture)\.ts$/).map((path) => [path.slice('src/'.length), read(path)]),
);
const linesOf = (text: string): string[] => text.replace(/\n$/, '').split('\n');

/** The files that each file imports, also for types alone and also when it runs. */
const imports = new Map(
  [...shipped].map(([path, text]) => {
    const asked = [...text.matchAll(/(?:\bfrom|\bimport\(|^import)\s*'(\.[^']+)'/gm)].map(([, to = '']) => to);
    return [path, [...new Set(asked.map((to) => normalize(join(dirname(path), to))))]];
  }),
);

/** The first column of the folder table: a list of rows, each a list of folders and files. */
const rows = (/^\| folder \|[\s\S]*?\n\n/m.exec(read('docs/design.md'))?.[0] ?? '')
  .split('\n')
  .slice(2)
  .map((row) => [...(row.split('|')[1] ?? '').matchAll(/`([^`]+)`/g)].map(([, place = '']) => place))
  .filter((places) => places.length > 0);

/** The row of the longest entry that holds a file; undefined when none does. */
function rowOf(path: string): number | undefined {
  const holds = (place: string) => place === path || (place.endsWith('/') && path.startsWith(place));
  const places = rows.flatMap((row, index) => row.filter(holds).map((place) => ({ index, length: place.length })));
  return places.sort((a, b) => b.length - a.length)[0]?.index;
}

it('every file has a row in the folder table, and every row has a file', () => {
  expect([...shipped.keys()].filter((path) => rowOf(path) === undefined)).toEqual([]);
  const exists = (place: string) => existsSync(join(ROOT, 'src', place));
  expect(rows.flat().filter((place) => !exists(place))).toEqual([]);
});

it('a file imports only what stands above it in the folder table', () => {
  const climbs = [...imports].flatMap(([path, targets]) =>
    targets.filter((to) => (rowOf(to) ?? 0) > (rowOf(path) ?? 0)).map((to) => `${path} imports ${to}`),
  );
  expect(climbs).toEqual([]);
});

it('no import leads back to where it started', () => {
  const done = new Set<string>();
  const circles: string[] = [];
  const walk = (path: string, way: readonly string[]): void => {
    if (way.includes(path)) circles.push([...way.slice(way.indexOf(path)), path].join(' -> '));
    if (done.has(path)) return;
    done.add(path);
    for (const to of imports.get(path) ?? []) walk(to, [...way, path]);
  };
  for (const path of imports.keys()) walk(path, []);
  expect(circles).toEqual([]);
});

it('no two files export a type of the same name', () => {
  const places = new Map<string, string[]>();
  for (const [path, text] of shipped)
    for (const [, name = ''] of text.matchAll(/^export (?:declare |abstract )*(?:interface|type|class) (\w+)/gm))
      places.set(name, [...(places.get(name) ?? []), path]);
  expect([...places].filter(([, paths]) => paths.length > 1)).toEqual([]);
});

it('no file has more than 300 lines, optimize.ts at most 150', () => {
  expect(all.filter((path) => linesOf(read(path)).length > 300)).toEqual([]);
  expect(linesOf(read('src/optimize.ts')).length).toBeLessThanOrEqual(150);
});

it('comments end at column 100', () => {
  const wide = all.flatMap((path) =>
    linesOf(read(path)).flatMap((line, index) =>
      /^\s*(?:\/\/|\/\*|\*)/.test(line) && line.length > 100 ? [`${path}:${index + 1}`] : [],
    ),
  );
  expect(wide).toEqual([]);
});

it('a switch over kinds has no default, so that the compiler finds a kind that is left out', () => {
  const switches = [...shipped].filter(([path]) => /^(?:edit|gate|ledger|proposal)\//.test(path));
  expect(switches.filter(([, text]) => /^\s*default:/m.test(text)).map(([path]) => path)).toEqual([]);
});

it('no cast goes through unknown', () => {
  expect([...shipped].filter(([, text]) => /\bas unknown as\b/.test(text)).map(([path]) => path)).toEqual([]);
});

/** The anchors of a Markdown file as they are made from its headings, and those it sets itself. */
function anchorsOf(text: string): Set<string> {
  const prose = text.replace(/^```[\s\S]*?^```/gm, '');
  const headings = [...prose.matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );
  return new Set([...headings, ...[...prose.matchAll(/<a (?:id|name)="([^"]+)"/g)].map(([, id = '']) => id)]);
}

/** Every page of `docs/`, and every heading of one, that a text cites. */
const citedIn = (text: string): string[] =>
  [...text.matchAll(/\bdocs\/[\w-]+\.md(?:#[\w-]+)?/g)].map(([cited]) => cited);

/** Links of a Markdown file to files of the repository and to its own headings, from the top. */
const linksOf = (path: string): string[] =>
  [...read(path).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, link = '']) => link)
    .filter((link) => !/^[a-z]+:/.test(link))
    .map((link) => (link.startsWith('#') ? path + link : normalize(join(dirname(path), link))));

it('every document, and every heading of one, that is cited is in the repository', () => {
  const pages = ['README.md', 'CONTRIBUTING.md', ...filesIn('docs', /\.md$/)];
  const cited = [
    ...all.flatMap((path) => citedIn(read(path)).map((link) => ({ path, link }))),
    ...pages.flatMap((path) => linksOf(path).map((link) => ({ path, link }))),
  ];
  expect(cited.length).toBeGreaterThan(20);
  const dangling = cited.filter(({ link }) => {
    const [file = '', anchor] = link.split('#');
    if (!existsSync(join(ROOT, file))) return true;
    return anchor !== undefined && !anchorsOf(read(file)).has(anchor);
  });
  expect(dangling.map(({ path, link }) => `${path} cites ${link}`)).toEqual([]);
});

it('no source is cited that is not in the repository', () => {
  const unnamed = /\bdesign,? section \d|\b(?:of|in|by) the reference['’,) (]|\(reference,|\bsection \d+(?:\.\d+)?\b/i;
  const texts = [...all, 'README.md', ...filesIn('docs', /\.md$/)].filter((path) => path !== 'test/structure.test.ts');
  const found = texts.flatMap((path) =>
    linesOf(read(path)).flatMap((line, index) => (unnamed.test(line) ? [`${path}:${index + 1} ${line.trim()}`] : [])),
  );
  expect(found).toEqual([]);
});
