/** `reject`: a person keeps a release out of force, or takes an approval back. */
import { statement, verifyWord } from './approve.ts';
import { defineKind } from './kind.ts';

export const reject = defineKind({
  kind: 'reject',
  fields: statement,
  title: ({ version, why }) => `reject ${version}: ${why}`,
  person: () => true,
  verify: verifyWord,
});
