/** `merge`: the checked-out branch was merged; the harness stays as it is. */
import { HarnessAt } from './fields.ts';
import { hold } from './finding.ts';
import { defineKind } from './kind.ts';

export const merge = defineKind({
  kind: 'merge',
  fields: { source: HarnessAt },
  title: () => 'merge of the checked-out branch',
  changesBranch: () => true,
  verify: ({ parent, child }, { note }) => hold(note, 'child.harness', parent.harness, child.harness),
});
