/** `unfreeze`: a person lifts a freeze and says why. */
import { Reason } from './fields.ts';
import { defineKind } from './kind.ts';

export const unfreeze = defineKind({
  kind: 'unfreeze',
  fields: { why: Reason },
  title: ({ why }) => `unfreeze: ${why}`,
  person: () => true,
});
