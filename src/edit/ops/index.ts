/** All edit operations; a new one is a file here and its name in this list. */
import { z } from 'zod';
import type { OpRules } from '../op.ts';
import { aliasAdd } from './alias-add.ts';
import { aliasRemove } from './alias-remove.ts';
import { clauseAdd } from './clause-add.ts';
import { clauseRemove } from './clause-remove.ts';
import { clauseReplace } from './clause-replace.ts';
import { formatAdd } from './format-add.ts';
import { formatRemove } from './format-remove.ts';
import { monitorAdd } from './monitor-add.ts';
import { monitorRemove } from './monitor-remove.ts';
import { monitorReplace } from './monitor-replace.ts';
import { skillAdd } from './skill-add.ts';
import { skillDelete } from './skill-delete.ts';
import { skillInsert } from './skill-insert.ts';
import { skillRemove } from './skill-remove.ts';
import { skillReplace } from './skill-replace.ts';
import { switchSet } from './switch-set.ts';
import { textReplace } from './text-replace.ts';

const [first, ...others] = [
  clauseAdd,
  clauseReplace,
  clauseRemove,
  aliasAdd,
  aliasRemove,
  formatAdd,
  formatRemove,
  monitorAdd,
  monitorReplace,
  monitorRemove,
  switchSet,
  skillAdd,
  skillRemove,
  skillInsert,
  skillReplace,
  skillDelete,
  textReplace,
] as const;

/** One bounded change of a harness. */
export const Op = z.discriminatedUnion('op', [first.schema, ...others.map(({ schema }) => schema)]);
export type Op = z.infer<typeof Op>;

/** Names of all operations. */
export const OP_NAMES = Op.options.map(({ shape }) => shape.op.value);
export const OpName = z.enum(OP_NAMES);

const rules: ReadonlyMap<string, OpRules<Op>> = new Map(
  [first, ...others].map((spec) => [spec.schema.shape.op.value, spec]),
);

/** The rules of an operation. Throws RangeError for an unknown one. */
export function rulesOf({ op }: Pick<Op, 'op'>): OpRules<Op> {
  const found = rules.get(op);
  if (found === undefined) throw new RangeError(`expected an edit operation, found ${op}`);
  return found;
}
