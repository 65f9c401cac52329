/** `optimize init NAME`: a new environment, ready to run. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { ownFolders } from '../environments/registry.ts';
import { UsageError } from '../errors.ts';
import { EXIT } from '../exit-codes.ts';
import { openRepository } from '../ledger/git/git.ts';
import { command } from './command.ts';
import { documentFiles } from './init-document.ts';
import { choice, json } from './options.ts';
import { say, sayJson } from './output.ts';

const environmentText = (name: string): string => `import { defineEnvironment, tool, z } from 'harness-optimizer';
// The world, the tools and the tasks: replace them by your own.
const towns = ['Amber Bay', 'Birch Hill', 'Cedar Gate', 'Dune Port', 'Elm Cross'];
const inputOf = (n, i) => ({ id: \`#\${100 + (n % 99900)}\`, town: towns[n % 5], status: i % 3 ? 'waiting' : 'travelling' });
const find = ({ parcels }, { parcel_id: id }, status = parcels[id]?.status) => {
  if (!parcels[id]) throw new Error(\`There is no parcel \${id}; parcel ids look like #123\`);
  if (parcels[id].status !== status) throw new Error(\`Parcel \${id} is \${parcels[id].status}, not \${status}\`);
  return parcels[id];
};
const move = (status) => (state, args) => Object.assign(find(state, args, status), { town: args.town, status: 'travelling' });
const args = z.object({ parcel_id: z.string(), town: z.enum(towns) });
export default defineEnvironment({
  name: '${name}',
  tasks: ({ seed, tasks }) => Array.from({ length: tasks }, (_, i) => ({ id: \`t\${seed}-\${i}\`, input: inputOf(seed + 7 * i, i) })),
  prompt: ({ input: { id, town } }) => \`My parcel \${id} has to go to \${town}, please. I agree to exactly this.\`,
  reset: ({ input: { id, status } }) => ({ parcels: { [id]: { parcel_id: id, town: 'Depot', status } } }),
  tools: {
    get_parcel: tool('Show a parcel.', args.pick({ parcel_id: true }), (state, args) => find(state, args), { readOnly: true }),
    send_parcel: tool('Send a parcel to a town.', args, move('waiting')),
    redirect_parcel: tool('Redirect a parcel to another town.', args, move('travelling')),
  },
  score: ({ input: { id, town } }, { parcels }) => ({ reward: parcels[id].town === town ? 1 : 0, checks: [] }),
  oracle: ({ input: { id, town, status } }) => ({ summary: \`Sent to \${town}.\`, calls: [{ name: 'get_parcel', arguments: { parcel_id: id } },
    { name: status === 'waiting' ? 'send_parcel' : 'redirect_parcel', arguments: { parcel_id: id, town } }] }),
});
`;

const policyText = `# Policy

You serve a parcel desk. The sender's request is below and has their consent. Do exactly what it asks with the tools, then call done.
`;

const settingsText = `# What may be called and how large the harness may grow; see docs/harness.md of harness-optimizer.
version: 1
`;

const toolFiles = (name: string, environment: string): readonly (readonly [path: string, text: string])[] => [
  [environment, environmentText(name)],
  [`harness/${name}/policy.md`, policyText],
  [`harness/${name}/harness.yaml`, settingsText],
];

/** How Node is told that a file is a module: a package is CommonJS unless it says otherwise. */
function moduleExtension(folder: string): 'js' | 'mjs' {
  const file = join(folder, 'package.json');
  if (existsSync(file)) return /"type"\s*:\s*"module"/.test(readFileSync(file, 'utf8')) ? 'js' : 'mjs';
  return dirname(folder) === folder ? 'js' : moduleExtension(dirname(folder));
}

export const init = command({
  name: 'init',
  summary: 'a new environment of your own, ready to run',
  arguments: { '<name>': 'lower-case words joined by "-"' },
  options: z.object({
    kind: choice('<kind>', 'with tools, or documents as text with the JSON that is right', [
      'tools',
      'document',
    ]).default('tools'),
    ...json,
  }),
  example: 'init my-shop',
  async run(flags, name = '') {
    if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(name) || name.length > 40)
      throw new UsageError(`init: expected a name of lower-case words joined by "-", such as my-shop, got "${name}"`);
    const { root } = await openRepository(process.cwd());
    const environment = `evals/${name}/environment.${moduleExtension(root)}`;
    const files = flags.kind === 'document' ? documentFiles(name, environment) : toolFiles(name, environment);
    const taken = files.find(([path]) => existsSync(join(root, path)));
    if (taken !== undefined || ownFolders().includes(name))
      throw new UsageError(`init: ${taken?.[0] ?? name} is already there; choose another name`);
    for (const [path, text] of files) {
      mkdirSync(join(root, path, '..'), { recursive: true });
      writeFileSync(join(root, path), text, { flag: 'wx' });
    }
    if (flags.json) sayJson({ type: 'created', files: files.map(([path]) => path) });
    else {
      for (const [path] of files) say(`created ${path}`);
      say(`next: git add evals/${name} harness/${name} && git commit -m "add ${name}"`);
      say(`      npx optimize env check ${name}`);
      const model = flags.kind === 'document' ? ' --proposer reflect --model openai:NAME' : '';
      say(`      npx optimize --budget 5 --env ${name}${model}`);
    }
    return EXIT.ok;
  },
});
