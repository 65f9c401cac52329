/** `peek`: a command played sealed tasks, which counts as a look and uses them up. */
import { z } from 'zod';
import { digest } from './fields.ts';
import { defineKind } from './kind.ts';
import { verifyEnvironment, verifySealed } from './settings.ts';

export const peek = defineKind({
  kind: 'peek',
  fields: {
    data: z.strictObject({ environment: z.string() }),
    /** The command, such as `ablate`. */
    command: z.string().min(1).max(40),
    /** Id of the harness that it played. */
    harness: digest,
    /** Ids of the sealed tasks. */
    tasks: z.array(z.string()).min(1),
  },
  title: ({ command, tasks }) => `${command} played ${tasks.length} sealed tasks`,
  verify(decision, context) {
    verifyEnvironment(decision, context);
    verifySealed('tasks', decision.tasks, context);
  },
});
