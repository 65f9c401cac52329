/** Sets one key of `realization` in harness.yaml. */
import { z } from 'zod';
import { Realization } from '../../harness/schema.ts';
import { checked } from '../error.ts';
import { defineOp } from '../op.ts';
import { deleteEmpty, editYaml, mapAt, setNode } from '../yaml.ts';
import { silent } from './families.ts';

export const switchSet = defineOp({
  ...silent,
  schema: z.strictObject({
    op: z.literal('switch.set'),
    key: z.enum(['protocol', 'rescue', 'repair', 'rename', 'coerce', 'max_blocks']),
    value: z.union([z.string(), z.boolean(), z.int()]),
  }),
  apply(files, { key, value }) {
    checked(Realization, { [key]: value }, `value of ${key}`);
    const usual = Realization.parse({})[key];
    return editYaml(files, 'harness.yaml', (root, doc) => {
      if (!root.has('version')) root.items.unshift(doc.createPair('version', 1));
      const switches = mapAt(doc, root, 'realization');
      if ((switches.get(key) ?? usual) === value) return false;
      if (value === usual) switches.delete(key);
      else setNode(doc, switches, key, value);
      deleteEmpty(root, 'realization');
      return true;
    });
  },
  invert(op) {
    if (typeof op.value === 'boolean') return [{ ...op, value: !op.value }];
    return op.key === 'protocol' ? [{ ...op, value: op.value === 'text' ? 'native' : 'text' }] : null;
  },
  title: ({ key, value }) => `set ${key}: ${value}`,
  risk: { risk: 'R1', why: 'switch.set changes how calls are read' },
  touched: ({ key }) => [`realization:${key}`],
  mayBlock: () => true,
});
