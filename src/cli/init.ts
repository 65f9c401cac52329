/** `optimize init NAME`: an environment of a user's own, ready to run. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../errors.ts';
import { openRepository } from '../ledger/git.ts';
import { EXIT } from './exit.ts';
import { say, sayJson } from './open-ledger.ts';

const environmentText = (name: string): string => `import { defineEnvironment, tool, z } from 'harness-optimizer';
const towns = ['Amber Bay', 'Birch Hill', 'Cedar Gate', 'Dune Port', 'Elm Cross'];
// The world, the tools and the tasks: replace them by your own.
export default defineEnvironment({
  name: '${name}',
  tasks: ({ seed, tasks }) =>
    Array.from({ length: tasks }, (_, i) => ({ id: \`t\${seed}-\${i}\`, input: { parcel: \`P-\${seed + 100 + i}\`, town: towns[(i * 7 + seed) % 5] } })),
  prompt: ({ input }) => \`Please send my parcel \${input.parcel.slice(2)} to \${input.town}. I agree to exactly this.\`,
  reset: ({ input }) => ({ parcels: { [input.parcel]: { parcel_id: input.parcel, town: 'Depot', status: 'waiting' } } }),
  tools: {
    get_parcel: tool('Show a parcel.', z.object({ parcel_id: z.string() }), ({ parcels }, { parcel_id }) => find(parcels, parcel_id), { readOnly: true }),
    send_parcel: tool('Send a waiting parcel to a town.', z.object({ parcel_id: z.string(), town: z.enum(towns) }), ({ parcels }, { parcel_id, town }) => {
      Object.assign(find(parcels, parcel_id), { town, status: 'sent' });
    }),
  },
  score: ({ input }, { parcels }) => ({ reward: parcels[input.parcel].town === input.town ? 1 : 0, checks: [] }),
  oracle: ({ input: { parcel, town } }) => ({ calls: [{ name: 'send_parcel', arguments: { parcel_id: parcel, town } }], summary: 'sent' }),
});
function find(parcels, id) {
  if (parcels[id]) return parcels[id];
  throw new Error(\`there is no parcel \${id}; parcel ids look like P-123\`);
}
`;

const policyText = `# Policy

You serve a parcel desk. The customer's request is below and has their consent. Do exactly what it asks with the tools, then call done.
`;

const settingsText = `# What may be called and how large the harness may grow; see the design document.
version: 1
`;

export async function initCommand(given: Record<string, unknown>, name = ''): Promise<number> {
  const flags = given as { json?: boolean };
  if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(name) || name.length > 40)
    throw new UsageError(`init: expected a name of lower-case words joined by "-", such as my-shop, got "${name}"`);
  const { root } = await openRepository(process.cwd());
  const files: readonly (readonly [string, string])[] = [
    [`evals/${name}/environment.js`, environmentText(name)],
    [`harness/${name}/policy.md`, policyText],
    [`harness/${name}/harness.yaml`, settingsText],
  ];
  const taken = files.find(([path]) => existsSync(join(root, path)));
  if (taken !== undefined || name === 'retail')
    throw new UsageError(`init: ${taken?.[0] ?? name} is already there; choose another name`);
  for (const [path, text] of files) {
    mkdirSync(join(root, path, '..'), { recursive: true });
    writeFileSync(join(root, path), text, { flag: 'wx' });
  }
  if (flags.json) sayJson({ type: 'created', files: files.map(([path]) => path) });
  else {
    for (const [path] of files) say(`created ${path}`);
    say(`next: git add evals/${name} harness/${name} && git commit -m "add ${name}"`);
    say(`      optimize env check ${name}`);
    say(`      optimize --budget 5 --env ${name}`);
  }
  return EXIT.ok;
}
