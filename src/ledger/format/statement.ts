/** A decision as stored: an in-toto Statement about a harness's files, in canonical bytes. */
import { z } from 'zod';
import { canonicalJson, isObject } from '../../digest.ts';
import { Op, OpName } from '../../edit/ops/index.ts';
import type { Json } from '../../types.ts';
import { harnessFolder } from '../git/paths.ts';
import { FileDigest, pathUpTo } from '../kinds/fields.ts';
import { type Decision, Predicate } from '../kinds/index.ts';
import { fromV2, PREDICATE_V2 } from './v2.ts';

/** https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md */
export const STATEMENT = 'https://in-toto.io/Statement/v1';
/** A name, as addresses change hands. Its number is the version of the predicate's fields. */
export const PREDICATE = 'urn:harness-optimizer:decision:v3';
/** The name of a Statement's bytes in DSSE. */
export const PAYLOAD = 'application/vnd.in-toto+json';

const Shape = z.strictObject({
  _type: z.literal(STATEMENT),
  /** The child's harness files, sorted by path from the top of the repository. */
  subject: z.array(z.strictObject({ name: pathUpTo(300), digest: FileDigest })),
  predicateType: z.literal(PREDICATE),
  predicate: Predicate,
});

export const Statement = Shape.superRefine(({ subject, predicate }, context) => {
  const folder = `${harnessFolder(predicate.env)}/`;
  subject.forEach(({ name }, index) => {
    const wrong = (message: string) => context.addIssue({ code: 'custom', path: ['subject', index, 'name'], message });
    if (!name.startsWith(folder)) wrong(`expected a file below ${folder}, got ${name}`);
    const before = subject[index - 1]?.name;
    if (before !== undefined && before >= name)
      wrong(`expected names in order, each once, got ${name} after ${before}`);
  });
});
export type Statement = z.infer<typeof Statement>;

export function statementOf(decision: Decision): Statement {
  const { files, ...child } = decision.child;
  const folder = `${harnessFolder(decision.env)}/`;
  const subject = Object.entries(files).map(([path, digest]) => ({ name: folder + path, digest }));
  subject.sort((a, b) => (a.name < b.name ? -1 : 1));
  return { _type: STATEMENT, subject, predicateType: PREDICATE, predicate: { ...decision, child } };
}

/** The inverse of `statementOf`. */
export function decisionOf({ subject, predicate }: Statement): Decision {
  const start = `${harnessFolder(predicate.env)}/`.length;
  const files = Object.fromEntries(subject.map(({ name, digest }) => [name.slice(start), digest]));
  return { ...predicate, child: { ...predicate.child, files } };
}

/** A stored record; one of v2 is turned into this version. */
export function readStatement(raw: Json) {
  const was = isObject(raw) && raw.predicateType === PREDICATE_V2 ? 'v2' : 'v3';
  const current = was === 'v2' ? fromV2(raw, PREDICATE) : raw;
  return { was, current, parsed: Statement.safeParse(current) } as const;
}

/** Name of the environment in a possible Statement; undefined for none. */
export function envOf(raw: unknown): unknown {
  const predicate = (raw as { predicate?: unknown } | null | undefined)?.predicate;
  return (predicate as { env?: unknown } | null | undefined)?.env;
}

function sortedKeys(value: Json): Json {
  if (Array.isArray(value)) return value.map(sortedKeys);
  if (typeof value !== 'object' || value === null) return value;
  const record = value as { readonly [key: string]: Json };
  // With fromEntries a key such as __proto__ stays a plain property.
  return Object.fromEntries(
    Object.keys(record)
      .sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
      .map((key) => [key, sortedKeys(record[key] as Json)]),
  );
}

/**
 * The bytes of a ledger file: keys sorted by code unit, one space of indent, one newline at the
 * end. Whole-number keys would sort differently in JavaScript; no field has such keys.
 */
export const canonicalText = (value: unknown): string =>
  `${JSON.stringify(sortedKeys(JSON.parse(canonicalJson(value)) as Json), null, 1)}\n`;

/** The bytes of a decision file. */
export const decisionText = (decision: Decision): string => canonicalText(statementOf(decision));

/** JSON Schema (2020-12) of a decision file. */
export const evidenceSchema = (): object => ({
  ...z.toJSONSchema(Shape, {
    io: 'output',
    reused: 'ref',
    // Readers may not know an operation; `changes` says what it did to the files.
    override({ zodSchema, jsonSchema }) {
      delete jsonSchema.default;
      if (zodSchema === OpName) delete jsonSchema.enum;
      if (zodSchema !== Op) return;
      delete jsonSchema.oneOf;
      Object.assign(jsonSchema, { type: 'object', properties: { op: { type: 'string' } }, required: ['op'] });
    },
  }),
  $id: PREDICATE,
  title: 'A decision of harness-optimizer: an in-toto Statement v1',
});
