/** The private keys at hand: files in a folder outside every repository, or one variable. */
import type { KeyObject } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, realpathSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve, sep } from 'node:path';
import { z } from 'zod';
import { UsageError } from '../../errors.ts';
import type { Repository } from '../git/git.ts';
import { KeyEntry, keyidOf, makeKey, publicText, type Role, readPrivate } from './key.ts';

/** Holds a private key in PEM, for build servers; goes before the folder. */
export const KEY_VARIABLE = 'OPTIMIZE_SIGNING_KEY';
const FOLDER_VARIABLE = 'OPTIMIZE_KEYS';

export interface HeldKey {
  readonly entry: KeyEntry;
  /** ISO 8601; only tells which of several keys is the newest. */
  readonly created: string;
  /** Throws UsageError when it cannot be read, is of another kind, or others can read it. */
  open(): KeyObject;
}

export interface Keyring {
  /** Their place, for messages. */
  readonly place: string;
  /** Oldest first. */
  readonly keys: readonly HeldKey[];
}

/** Signs nothing. */
export const NO_KEYS: Keyring = { place: 'nowhere', keys: [] };

type Variables = Readonly<Record<string, string | undefined>>;
type Place = Pick<Repository, 'root' | 'commonDir'>;

/** `OPTIMIZE_KEYS`, or a folder of the user's configuration; never in the repository. */
export function keyFolder(variables: Variables, repository: Place | null): string {
  const given = variables[FOLDER_VARIABLE];
  const base = variables.XDG_CONFIG_HOME || variables.APPDATA || join(variables.HOME || homedir(), '.config');
  const folder = given ? resolve(given) : join(base, 'harness-optimizer', 'keys');
  const inside = repository !== null && [repository.root, repository.commonDir].find((one) => isInside(folder, one));
  if (inside)
    throw new UsageError(
      `${given ? FOLDER_VARIABLE : 'the folder of keys'}: ${folder} lies in the repository ${inside}, where a private key must never be; name another folder in ${FOLDER_VARIABLE}`,
    );
  return folder;
}

/** Whether `path` is or will be in `folder`; follows links. */
export function isInside(path: string, folder: string): boolean {
  const real = (one: string): string => {
    if (existsSync(one)) return realpathSync(one);
    const parent = dirname(one);
    return parent === one ? one : join(real(parent), one.slice(parent.length));
  };
  const [inner, outer] = [real(resolve(path)), real(resolve(folder))];
  return inner === outer || inner.startsWith(outer.endsWith(sep) ? outer : outer + sep);
}

/** Throws UsageError for a variable that holds no key and for a folder inside the repository. */
export function readKeyring(variables: Variables, repository: Place | null): Keyring {
  const folder = keyFolder(variables, repository);
  const pem = variables[KEY_VARIABLE];
  if (pem !== undefined && pem.trim() !== '') return { place: KEY_VARIABLE, keys: [fromVariable(pem, folder)] };
  if (!existsSync(folder)) return { place: folder, keys: [] };
  const names = readdirSync(folder).filter((name) => /^[0-9a-f]{64}\.json$/.test(name));
  const keys = names.map((name) => fromFolder(folder, name));
  keys.sort((a, b) => (a.created < b.created ? -1 : 1));
  return { place: folder, keys };
}

/** The folder holds the description of a key that was made here. */
function fromVariable(pem: string, folder: string): HeldKey {
  const key = readPrivate(pem, KEY_VARIABLE);
  const publicKey = publicText(key);
  const keyid = keyidOf(publicKey);
  if (existsSync(join(folder, `${keyid}.json`))) return { ...fromFolder(folder, `${keyid}.json`), open: () => key };
  return { entry: { keyid, role: 'bot', principal: 'optimize', publicKey }, created: '', open: () => key };
}

const Described = z.strictObject({ ...KeyEntry.shape, created: z.string() });

function fromFolder(folder: string, name: string): HeldKey {
  const path = join(folder, name);
  const { created, ...entry } = parseDescription(path);
  const secret = join(folder, `${entry.keyid}.pem`);
  return { entry, created, open: () => openFile(secret, entry.keyid) };
}

function parseDescription(path: string): z.infer<typeof Described> {
  try {
    const found = Described.parse(JSON.parse(readFileSync(path, 'utf8')));
    if (path.endsWith(`${keyidOf(found.publicKey)}.json`) && keyidOf(found.publicKey) === found.keyid) return found;
  } catch {
    // Below.
  }
  throw new UsageError(`${path}: expected the description of a key as keys init writes it; restore it or remove it`);
}

/** Throws UsageError for a file that others than its owner can read. */
export function assertPrivateFile(path: string, what: string): void {
  const { mode } = statSync(path);
  if (process.platform !== 'win32' && (mode & 0o077) !== 0)
    throw new UsageError(
      `${path}: expected mode 0600, found ${(mode & 0o777).toString(8).padStart(4, '0')}: others can read this ${what}; run: chmod 600 ${path}`,
    );
}

function openFile(path: string, keyid: string): KeyObject {
  let text: string;
  try {
    assertPrivateFile(path, 'private key');
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    if (cause instanceof UsageError) throw cause;
    throw new UsageError(
      `${path}: expected a private key, could not read it (${(cause as NodeJS.ErrnoException).code}); restore it, or make another with: optimize keys init`,
      { cause },
    );
  }
  const key = readPrivate(text, path);
  const found = keyidOf(publicText(key));
  if (found !== keyid) throw new UsageError(`${path}: expected key ${keyid}, found the private key of ${found}`);
  return key;
}

/** Makes a key pair in the folder: `<keyid>.pem` for its owner alone, `<keyid>.json` to share. */
export function createKey(
  folder: string,
  { role, principal, created }: { readonly role: Role; readonly principal: string; readonly created: string },
): HeldKey {
  const { keyid, publicKey, pem } = makeKey();
  const entry = KeyEntry.parse({ keyid, role, principal, publicKey });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const secret = join(folder, `${keyid}.pem`);
  writeFileSync(secret, pem, { mode: 0o600, flag: 'wx' });
  writeFileSync(join(folder, `${keyid}.json`), `${JSON.stringify({ ...entry, created }, null, 1)}\n`, { flag: 'wx' });
  return { entry, created, open: () => openFile(secret, keyid) };
}
