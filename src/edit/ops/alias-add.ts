/** Reads a wrong name of an argument as the right one. */
import { z } from 'zod';
import { EditError } from '../error.ts';
import { defineOp } from '../op.ts';
import { editYaml, mapAt, setNode } from '../yaml.ts';
import { onAlias } from './families.ts';

export const aliasAdd = defineOp({
  ...onAlias,
  schema: z.strictObject({ op: z.literal('alias.add'), tool: z.string(), from: z.string(), to: z.string() }),
  apply: (files, { tool, from, to }) =>
    editYaml(files, 'contract.yaml', (root, doc) => {
      const names = mapAt(doc, mapAt(doc, root, 'aliases'), tool);
      if (names.has(from))
        throw new EditError('duplicate_id', `expected a new alias, found ${tool}.${from} already there`);
      setNode(doc, names, from, to);
    }),
  invert: ({ tool, from }) => [{ op: 'alias.remove', tool, from }],
  title: ({ tool, from, to }) => `rename ${tool}.${from} to ${to}`,
  risk: { risk: 'R1', why: 'alias.add changes how calls are read' },
  mayBlock: () => true,
});
