/** `external`: a person changed the harness by hand; no gate has tested it. */
import { z } from 'zod';
import { Splice } from '../../harness/splice.ts';
import { HarnessAt, sentences, Touched } from './fields.ts';
import { verifyTouched } from './items.ts';
import { defineKind } from './kind.ts';

export const external = defineKind({
  kind: 'external',
  fields: {
    touched: z.array(Touched),
    /** From the parent to the child in bytes. */
    changes: z.array(Splice),
    /** What the new harness gives up. */
    loosens: sentences,
    /** Where the person's harness was found. */
    source: HarnessAt,
  },
  title: () => 'edits by a person, not tested by the gate',
  changesBranch: () => true,
  person: ({ loosens }) => loosens.length > 0,
  verify: verifyTouched,
});
