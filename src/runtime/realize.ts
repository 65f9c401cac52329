/** The order per call: parse and repair, rename, coerce, formats, prepare, permissions, require. */
import type { ToolCall } from '../types.ts';
import type { Asking } from './ask.ts';
import { checkClauses } from './clauses.ts';
import { coerceArguments } from './coerce.ts';
import type { CompiledClause } from './compile.ts';
import { applyFormats } from './formats.ts';
import { insteadOf, refusalOf } from './permissions.ts';
import { type Prepared, prepareClause } from './prepare.ts';
import type { HeardCall } from './protocol.ts';
import { renameCall } from './rename.ts';
import { parseArguments } from './repair.ts';
import { pushRewrites, type Session } from './session.ts';
import { exampleOf, type Rewrite } from './shapes.ts';

export type Realized =
  /** `notes` are appended to the result. */
  | { readonly kind: 'pass'; readonly call: ToolCall; readonly notes: readonly string[] }
  | {
      readonly kind: 'block';
      readonly by: string;
      readonly call: ToolCall;
      readonly message: string;
      readonly handOver: boolean;
    }
  | { readonly kind: 'malformed'; readonly call: ToolCall; readonly message: string };

/** A call after the layers that need nothing but the call itself. */
export interface CorrectedCall {
  readonly heard: HeardCall;
  readonly call: ToolCall;
  readonly rewrites: readonly Rewrite[];
  /** Clauses that still have to prepare or judge it. */
  readonly clauses: readonly CompiledClause[];
  /** It cannot be read, or a format refuses it. */
  readonly refused?: Exclude<Realized, { kind: 'pass' }>;
}

const NO_CLAUSES: readonly CompiledClause[] = [];
const NO_REWRITES: readonly Rewrite[] = [];

function parse(session: Session, heard: HeardCall, rewrites: Rewrite[]): ToolCall | null {
  if (typeof heard.arguments !== 'string') return { name: heard.name, arguments: heard.arguments };
  const { realization, shapes } = session.compiled;
  const parsed = parseArguments(heard.arguments, { repair: realization.repair, shape: shapes.get(heard.name) });
  if (parsed === null) return null;
  if (parsed.repaired)
    rewrites.push({ by: 'realization:repair', what: 'arguments', before: heard.arguments, after: parsed.value });
  return { name: heard.name, arguments: parsed.value };
}

/** Shows the form of the arguments: a small model repeats a call that is only called wrong. */
function malformedMessage(name: string, { compiled }: Session): string {
  const shape = compiled.shapes.get(name);
  const example = shape === undefined ? '' : ` such as ${exampleOf(shape)}`;
  return `Error: the arguments of ${name} have to be a JSON object${example}.`;
}

/** Names and types: rename (with aliases) and coerce, each only if its switch is on. */
function nameAndType(session: Session, given: ToolCall, rewrites: Rewrite[]): ToolCall {
  const { realization, shapes, aliases } = session.compiled;
  let call = given;
  if (realization.rename) {
    const renamed = renameCall(call, { shapes, aliases });
    rewrites.push(...renamed.rewrites);
    call = renamed.call;
  }
  const shape = shapes.get(call.name);
  if (realization.coerce && shape !== undefined) {
    const coerced = coerceArguments(call.arguments, shape);
    rewrites.push(...coerced.rewrites);
    if (coerced.arguments !== call.arguments) call = { name: call.name, arguments: coerced.arguments };
  }
  return call;
}

/** Takes one call through the layers that ask nothing; the session stays unchanged. */
export function correctCall(session: Session, heard: HeardCall): CorrectedCall {
  const rewrites: Rewrite[] = [];
  const parsed = parse(session, heard, rewrites);
  if (parsed === null) {
    const call = { name: heard.name, arguments: {} };
    const message = malformedMessage(heard.name, session);
    const refused = { kind: 'malformed', call, message } as const;
    return { heard, call, rewrites: NO_REWRITES, clauses: NO_CLAUSES, refused };
  }
  const call = nameAndType(session, parsed, rewrites);
  const { compiled } = session;
  const clauses = compiled.clauses.get(call.name)?.filter(({ clause }) => !session.disabled.has(clause.id));
  const corrected = { heard, call, rewrites, clauses: clauses ?? NO_CLAUSES };
  const formats = compiled.formats.get(call.name);
  if (formats === undefined) return corrected;
  const looksUp = (argument: string) =>
    corrected.clauses.some(({ prepare }) =>
      prepare.some((step) => step.kind === 'ground' && step.argument === argument),
    );
  const formatted = applyFormats(call.arguments, formats, looksUp);
  rewrites.push(...formatted.rewrites);
  const shaped = { ...corrected, call: { name: call.name, arguments: formatted.arguments } };
  if (formatted.refusal === undefined) return shaped;
  return { ...shaped, refused: { kind: 'block', call: shaped.call, ...formatted.refusal, handOver: false } };
}

/** Takes a corrected call through the layers that may ask; changes become steps. */
export function* realizeCall(session: Session, corrected: CorrectedCall): Asking<Realized> {
  const { heard, clauses, refused } = corrected;
  pushRewrites(session, heard.id, corrected.rewrites);
  if (refused !== undefined) return refused;
  let { call } = corrected;
  const prepared: Prepared[] = [];
  for (const clause of clauses) {
    const preparation = yield* prepareClause(session, heard.id, call, clause);
    if (preparation.arguments !== call.arguments) call = { name: call.name, arguments: preparation.arguments };
    if (preparation.message !== undefined)
      return { kind: 'block', by: clause.clause.id, call, message: preparation.message, handOver: false };
    prepared.push(preparation.prepared);
  }
  const { harness, environment } = session.compiled;
  const user = environment.vocabulary?.user;
  const refusal = refusalOf(call, harness.settings.permissions, session.lastWord, user, insteadOf(session.compiled));
  if (refusal !== null) return { kind: 'block', by: 'permissions', call, message: refusal, handOver: false };
  const verdict = checkClauses(session, call, prepared);
  return verdict.kind === 'pass' ? { kind: 'pass', call, notes: verdict.notes } : { call, ...verdict };
}
