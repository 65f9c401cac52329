/** The shop: generated tickets of `evals/retail/`, or the public benchmark's by `--data`. */
import { join } from 'node:path';
import type { EnvironmentFolder } from '../folder.ts';
import { generateRetail, generateShop, readDataset, writeDataset } from './generate/index.ts';
import { loadPublicRetail } from './public.ts';
import { retailEnvironment } from './tasks.ts';
import { playVectors } from './vectors.ts';
import { retailVocabulary } from './vocabulary.ts';

export const folder: EnvironmentFolder = {
  name: 'retail',
  vocabulary: retailVocabulary,
  data: 'public tau-bench or tau2-bench retail files',
  load: ({ root, data }) =>
    data === undefined
      ? retailEnvironment({ ...readDataset(join(root, 'evals', 'retail')), mode: 'fixed', generate: generateRetail })
      : loadPublicRetail(data),
  generate: async (options, out) => {
    const shop = generateShop(options);
    writeDataset(out, shop.world, shop.tasks);
    return retailEnvironment({ ...shop, mode: 'fixed' });
  },
  vectors: async (file, data) => playVectors(file, data),
};
