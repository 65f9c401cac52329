/** Harness files to parsed documents; every fault gives file, line, column and what to do. */
import { RE2JS } from 're2js';
import { canonicalJson, sha256 } from '../digest.ts';
import { UsageError } from '../errors.ts';
import type { Harness, HarnessFiles } from '../types.ts';
import { compileExpression, compileTemplate } from './cel/cel.ts';
import { isHarnessPath, skillPath } from './paths.ts';
import { type Clause, Contract, type Format, HarnessSettings, Regulation, type Skill } from './schema.ts';
import { parseSkill } from './skill-file.ts';
import { checkText } from './text-checks.ts';
import { readAs, readYaml, type YamlSource } from './yaml-document.ts';

/** sha256 (hex) over the canonical JSON of the sorted [path, sha256(content)] pairs. */
export function harnessId(files: HarnessFiles): string {
  const pairs = [...files].map(([path, content]) => [path, sha256(content)] as const);
  pairs.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return sha256(canonicalJson(pairs));
}

/**
 * Parses one harness; all files are optional. Markdown files other than policy.md and SKILL.md are
 * notes: they count for the id only, as do hidden paths. Any other unknown file is refused as a
 * likely misspelling. Throws UsageError (YAML, schema, equal ids, CEL, patterns, characters, size).
 */
export function parseHarness(env: string, files: HarnessFiles): Harness {
  const shown = (path: string) => `harness/${env}/${path}`;
  for (const [path, text] of files) {
    checkKnown(path, shown(path));
    checkText(withoutMark(text), shown(path));
  }
  const settings = parseOnce(documents.settings, shown('harness.yaml'), files.get('harness.yaml'));
  const contract = parseOnce(documents.contract, shown('contract.yaml'), files.get('contract.yaml'));
  const regulation = parseOnce(documents.regulation, shown('regulation.yaml'), files.get('regulation.yaml'));
  const skills = [...files].flatMap(([path, text]) =>
    skillPath.test(path) ? [parseOnce(documents.skill, shown(path), text)] : [],
  );
  skills.sort((a, b) => (a.name < b.name ? -1 : 1));
  refuseSharedIds(shown, contract, regulation, skills);
  return {
    id: harnessId(files),
    env,
    files,
    policy: withoutMark(files.get('policy.md') ?? ''),
    settings,
    contract,
    regulation,
    skills,
  };
}

/** How a kind of document is parsed, and its cache: candidates share most of their files. */
interface DocumentKind<T> {
  readonly parse: (text: string, file: string) => T;
  readonly known: Map<string, T>;
}
const kindOf = <T>(parse: (text: string, file: string) => T): DocumentKind<T> => ({ parse, known: new Map() });

const documents = {
  settings: kindOf((text, file) => readAs(HarnessSettings, readYaml(text, { file }), { version: 1 })),
  contract: kindOf((text, file) => parseContract(readYaml(text, { file }))),
  regulation: kindOf((text, file) => {
    const source = readYaml(text, { file });
    const parsed = readAs(Regulation, source, {});
    refuseDuplicates(source, 'monitors', parsed.monitors);
    return parsed;
  }),
  skill: kindOf((text, file) => parseSkill(text, file.split('/').at(-2) ?? '', file)),
};

/** The parsed document, frozen because equal texts share it. */
function parseOnce<T>(kind: DocumentKind<T>, file: string, text = ''): T {
  const key = `${file}\n${text}`;
  const known = kind.known.get(key);
  if (known !== undefined) return known;
  const parsed = frozen(kind.parse(withoutMark(text), file));
  if (kind.known.size >= 100) kind.known.clear();
  kind.known.set(key, parsed);
  return parsed;
}

function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) for (const entry of Object.values(value)) frozen(entry);
  return Object.freeze(value);
}

const knownFiles = new Set(['harness.yaml', 'contract.yaml', 'regulation.yaml', 'policy.md']);

/** A byte order mark is kept in the file and no part of the text. */
const withoutMark = (text: string): string => text.replace(/^\ufeff/, '');

/** A known name in other case would be read on one machine and ignored on another. */
const almostKnown = /^(?:policy\.md|skills\/[^/]+\/skill\.md)$/i;

function checkKnown(path: string, where: string): void {
  if (knownFiles.has(path) || skillPath.test(path) || !isHarnessPath(path)) return;
  if (path.endsWith('.md') && !almostKnown.test(path)) return;
  throw new UsageError(
    `expected ${[...knownFiles].join(', ')}, skills/<id>/SKILL.md or a .md note, found this file; rename or remove it`,
    { where },
  );
}

function parseContract(source: YamlSource): Contract {
  const contract = readAs(Contract, source, {});
  refuseDuplicates(source, 'clauses', contract.clauses);
  for (const [index, clause] of contract.clauses.entries()) checkClause(source, ['clauses', index], clause);
  for (const [index, format] of contract.formats.entries()) checkPattern(source, ['formats', index, 'pattern'], format);
  return contract;
}

/** Compiles every expression and template once, so that a fault is found before a rollout. */
function checkClause(source: YamlSource, path: readonly PropertyKey[], clause: Clause): void {
  const check = (at: readonly PropertyKey[], compile: () => unknown) => {
    try {
      compile();
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      source.fail([...path, ...at], `clause ${clause.id}: ${error.message}`);
    }
  };
  const expression = (at: readonly PropertyKey[], text: string | undefined) => {
    if (text !== undefined) check(at, () => compileExpression(text));
  };
  for (const [index, step] of clause.prepare.entries()) {
    if ('read' in step) {
      const at = ['prepare', index, 'read'];
      for (const [argument, text] of Object.entries(step.read.with)) expression([...at, 'with', argument], text);
      expression([...at, 'each'], step.read.each);
    } else {
      expression(['prepare', index, 'ground', 'from'], step.ground.from);
      expression(['prepare', index, 'ground', 'keep'], step.ground.keep);
      expression(['prepare', index, 'ground', 'fallback'], step.ground.fallback);
    }
  }
  expression(['require'], clause.require);
  const { otherwise } = clause;
  if (otherwise !== undefined) check(['otherwise'], () => compileTemplate(otherwise));
}

function checkPattern(source: YamlSource, path: readonly PropertyKey[], format: Format): void {
  try {
    RE2JS.compile(format.pattern);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    source.fail(path, `expected a linear-time (RE2) pattern, found "${format.pattern}": ${reason}; correct it`);
  }
}

function refuseDuplicates(source: YamlSource, list: string, items: readonly { readonly id: string }[]): void {
  const seen = new Set<string>();
  for (const [index, { id }] of items.entries()) {
    if (seen.has(id)) source.fail([list, index, 'id'], `expected ids that differ, found "${id}" twice; rename one`);
    seen.add(id);
  }
}

/** Ids name the cause of a step, so clauses, monitors and skills share one name space. */
function refuseSharedIds(
  shown: (path: string) => string,
  contract: Contract,
  regulation: Regulation,
  skills: readonly Skill[],
): void {
  const owner = new Map<string, string>();
  const named = [
    ...contract.clauses.map(({ id }) => ({ id, what: 'a clause', path: 'contract.yaml' })),
    ...regulation.monitors.map(({ id }) => ({ id, what: 'a monitor', path: 'regulation.yaml' })),
    ...skills.map(({ name }) => ({ id: name, what: 'a skill', path: `skills/${name}/SKILL.md` })),
  ];
  for (const { id, what, path } of named) {
    const other = owner.get(id);
    if (other !== undefined) {
      throw new UsageError(`expected ids that differ, found "${id}" for ${other} and ${what}; rename one`, {
        where: shown(path),
      });
    }
    owner.set(id, what);
  }
}
