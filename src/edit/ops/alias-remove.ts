/** Removes an alias of an argument. */
import { z } from 'zod';
import { EditError } from '../error.ts';
import { defineOp } from '../op.ts';
import { deleteEmpty, editYaml, mapAt } from '../yaml.ts';
import { onAlias } from './families.ts';

export const aliasRemove = defineOp({
  ...onAlias,
  schema: z.strictObject({ op: z.literal('alias.remove'), tool: z.string(), from: z.string() }),
  apply: (files, { tool, from }) =>
    editYaml(files, 'contract.yaml', (root, doc) => {
      const aliases = mapAt(doc, root, 'aliases');
      if (!mapAt(doc, aliases, tool).delete(from))
        throw new EditError('unknown_id', `expected an alias of the harness, found no ${tool}.${from}`);
      deleteEmpty(aliases, tool);
      deleteEmpty(root, 'aliases');
    }),
  invert: () => null,
  title: ({ tool, from }) => `no longer rename ${tool}.${from}`,
  risk: { risk: 'R1', why: 'alias.remove changes how calls are read' },
  mayBlock: () => false,
});
