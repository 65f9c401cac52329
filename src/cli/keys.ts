/** `optimize keys init | rotate | revoke | list | salt`: who signs, and what verifiers trust. */
import { z } from 'zod';
import { UsageError } from '../errors.ts';
import { EXIT } from '../exit-codes.ts';
import { revoke, rotate, signingKey } from '../ledger/acts/key-change.ts';
import { stepOf } from '../ledger/acts/step.ts';
import { environmentsHere, listLedgers } from '../ledger/branch/branches.ts';
import { openLedger } from '../ledger/branch/ledger.ts';
import { openRepository, type Repository } from '../ledger/git/git.ts';
import type { KeyEntry } from '../ledger/keys/key.ts';
import { createKey, KEY_VARIABLE, keyFolder, readKeyring } from '../ledger/keys/keys.ts';
import { makeTaskSalt, SALT_VARIABLE } from '../ledger/keys/task-salt.ts';
import type { Trust } from '../ledger/keys/trust.ts';
import { chainKeys } from '../ledger/kinds/keys.ts';
import { command } from './command.ts';
import { answeringAll, choice, flag, json, text, whole } from './options.ts';
import { say, sayJson } from './output.ts';

/** Null outside of a repository, which keys do not need. */
const repositoryHere = (): Promise<Repository | null> => openRepository(process.cwd()).catch(() => null);

export const keysInit = command({
  name: 'keys init',
  summary: 'make a key pair outside the repository; decisions are signed from then on',
  options: z.object({
    role: choice('<role>', 'who signs with it', ['bot', 'person']).default('bot'),
    principal: text('<name>', 'one name for whoever answers for it, however many keys').default('optimize'),
    ...json,
  }),
  example: 'keys init --role person --principal kim',
  async run({ role, principal, json }) {
    const folder = keyFolder(process.env, await repositoryHere());
    const { entry } = createKey(folder, { role, principal, created: new Date().toISOString() });
    if (json) sayJson({ type: 'key', ...entry, folder });
    else {
      say(
        `key ${entry.keyid} (${role}, ${principal}) is in ${folder}; keep a copy of its .pem file where only you can read it`,
      );
      if (process.env[KEY_VARIABLE]) say(`${KEY_VARIABLE} is set and goes before this folder`);
      say('decisions are signed from now on; give those who verify the output of: optimize keys list --trust');
    }
    return EXIT.ok;
  },
});

export const keysSalt = command({
  name: 'keys salt',
  summary: 'make the secret with which private tasks are named and digested in records',
  options: z.object(json),
  example: 'keys salt',
  async run({ json }) {
    const { path, made } = makeTaskSalt(keyFolder(process.env, await repositoryHere()));
    if (json) sayJson({ type: 'salt', path, made });
    else
      say(
        `${made ? 'the salt of private tasks is in' : 'there is a salt already:'} ${path}; copy it to whoever else runs or re-scores nights, or set ${SALT_VARIABLE} there`,
      );
    return EXIT.ok;
  },
});

export const keysRotate = command({
  name: 'keys rotate',
  summary: 'let a new key follow the one that signs, by a decision that this one signs',
  options: z.object(answeringAll),
  example: 'keys rotate',
  async run(flags) {
    const repository = await openRepository(process.cwd());
    const step = stepOf('keys rotate', repository);
    const keyring = readKeyring(process.env, repository);
    const olds = new Map<string, { old: KeyEntry; envs: string[] }>();
    for (const env of await environments(repository, flags)) {
      const old = await signingKey(repository, env, keyring);
      if (old !== null) olds.set(old.keyid, { old, envs: [...(olds.get(old.keyid)?.envs ?? []), env] });
    }
    if (olds.size === 0)
      throw new UsageError('no decision here is signed, so there is no key to rotate; optimize keys init makes one');
    for (const { old, envs } of olds.values()) {
      const { role, principal } = old;
      // Stored first: a chain must never name a key that nobody has.
      const next = createKey(keyFolder(process.env, repository), { role, principal, created: step.time }).entry;
      for (const env of envs) {
        const { seq, commit } = await rotate(repository, env, { old, next }, step);
        if (flags.json) sayJson({ type: 'rotated', env, old: old.keyid, new: next.keyid, seq, commit });
        else say(`optimize/${env}: key ${next.keyid} follows ${old.keyid} after decision ${seq}`);
      }
      if (!flags.json && keyring.place === KEY_VARIABLE)
        say(`put the new key into ${KEY_VARIABLE}: ${keyFolder(process.env, repository)}/${next.keyid}.pem`);
    }
    return EXIT.ok;
  },
});

export const keysRevoke = command({
  name: 'keys revoke',
  summary: 'record from which decision on a key does not count',
  arguments: { '<keyid>': 'its name; the first 8 characters will do' },
  options: z.object({
    ...answeringAll,
    from: whole('<n>', 'number of the first decision that does not count [the one that says so]').exactOptional(),
  }),
  example: 'keys revoke 3f9a1c04 --env retail --from 120',
  async run(flags, keyid = '') {
    const repository = await openRepository(process.cwd());
    const known: string[] = [];
    for (const env of await environments(repository, flags)) {
      const { known: here } = chainKeys((await openLedger(repository, env)).decisions());
      if (flags.env !== undefined || [...here].some((one) => keyid.length >= 8 && one.startsWith(keyid)))
        known.push(env);
    }
    if (known.length === 0)
      throw new UsageError(`no key "${keyid}" has signed on a branch here; see: optimize keys list`);
    if (known.length > 1 && flags.from !== undefined)
      throw new UsageError(`--from counts on one branch; name it: --env ${known.join(' or --env ')}`);
    for (const env of known) {
      const what = { keyid, ...(flags.from === undefined ? {} : { from: flags.from }) };
      const done = await revoke(repository, env, what, stepOf('keys revoke', repository));
      if (flags.json) sayJson({ type: 'revoked', env, ...done });
      else
        say(`optimize/${env}: key ${done.keyid} does not count from decision ${done.from} on (decision ${done.seq})`);
    }
    return EXIT.ok;
  },
});

export const keysList = command({
  name: 'keys list',
  summary: 'the keys at hand',
  options: z.object({
    ...answeringAll,
    trust: flag('as a file for those who verify: optimize verify --trust FILE'),
  }),
  example: 'keys list --trust',
  async run(flags) {
    const repository = await repositoryHere();
    const { place, keys } = readKeyring(process.env, repository);
    const chains = repository === null ? [] : await chainsOf(repository, flags);
    if (flags.trust) {
      const trust: Trust = {
        version: 1,
        keys: keys.map(({ entry }) => entry),
        signedFrom: Object.fromEntries(
          chains.flatMap(({ env, signedFrom }) => (signedFrom === null ? [] : [[env, signedFrom]])),
        ),
      };
      say(JSON.stringify(trust, null, 1));
      return EXIT.ok;
    }
    for (const { entry, created } of keys) {
      const over = chains.flatMap(({ env, over }) =>
        over.has(entry.keyid) ? [`over on optimize/${env} from decision ${over.get(entry.keyid)} on`] : [],
      );
      if (flags.json) sayJson({ type: 'key', ...entry, created, over });
      else say([entry.keyid, entry.role, entry.principal, created.slice(0, 10), ...over].join('  ').trimEnd());
    }
    if (!flags.json && keys.length === 0)
      say(`no key in ${place}; decisions are not signed: optimize keys init makes one`);
    return EXIT.ok;
  },
});

async function chainsOf(repository: Repository, flags: { readonly env?: string }) {
  const chains = [];
  const envs = flags.env === undefined ? (await listLedgers(repository)).map(({ env }) => env) : [flags.env];
  for (const env of envs) chains.push({ env, ...chainKeys((await openLedger(repository, env)).decisions()) });
  return chains;
}

const environments = async (repository: Repository, { env }: { readonly env?: string }): Promise<string[]> =>
  env === undefined ? await environmentsHere(repository) : [env];
