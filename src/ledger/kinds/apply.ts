/** `apply`: a version came into force on a branch that people use. */
import { z } from 'zod';
import { NO_POLICY } from '../../policy/policy.ts';
import { unapproved, wordsOn } from './approve.ts';
import { HarnessAt, ObjectIdText, Version } from './fields.ts';
import { defineKind } from './kind.ts';
import { release, verifyVersion } from './release.ts';
import { settingsInForce } from './settings.ts';

export const apply = defineKind({
  kind: 'apply',
  fields: {
    version: Version,
    /** The branch on which it came into force, and the commit. */
    target: z.strictObject({ branch: z.string(), commit: ObjectIdText }),
    source: HarnessAt,
  },
  elsewhere: true,
  title: ({ version, target }) => `apply ${version} to ${target.branch}`,
  /** The harness is the released one, with the approvals that the policy of its time asked for. */
  verify(decision, context) {
    verifyVersion(decision, context);
    const { version, child } = decision;
    const { before, entries, note } = context;
    const [entry, released] =
      [...entries].findLast(
        ([, one]) => release.is(one) && one.version === version && one.child.harness === child.harness,
      ) ?? [];
    if (entry === undefined || released === undefined) return;
    const missing = unapproved(settingsInForce(before)?.policy ?? NO_POLICY, wordsOn(before, entry), released);
    if (missing !== null) note('approval', `what the policy asks before ${version} comes into force`, missing);
  },
});
