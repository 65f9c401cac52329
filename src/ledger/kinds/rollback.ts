/** `rollback`: the branch goes back to exactly the bytes of an earlier version. */
import { z } from 'zod';
import { HarnessAt, sentences, Touched, Version } from './fields.ts';
import { verifyTouched } from './items.ts';
import { defineKind } from './kind.ts';
import { verifyVersion } from './release.ts';

export const rollback = defineKind({
  kind: 'rollback',
  fields: {
    version: Version,
    touched: z.array(Touched),
    /** What the version gives up compared with the harness before it. */
    loosens: sentences,
    source: HarnessAt,
  },
  title: ({ version }) => `roll back to ${version}`,
  changesBranch: () => true,
  verify(decision, context) {
    verifyVersion(decision, context);
    verifyTouched(decision, context);
  },
});
