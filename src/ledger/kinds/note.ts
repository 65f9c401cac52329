/** `note`: the end of a night, with the digests of its files outside git. */
import { z } from 'zod';
import { Data, digest, relativePath, sentences } from './fields.ts';
import { defineKind } from './kind.ts';
import { verifyEnvironment } from './settings.ts';

export const note = defineKind({
  kind: 'note',
  fields: {
    data: Data,
    /** Files under `runs/<run>/` that are not committed. */
    artifacts: z.array(z.strictObject({ name: relativePath, sha256: digest })),
    limits: sentences,
  },
  title: () => 'end of the night',
  verify: verifyEnvironment,
});
