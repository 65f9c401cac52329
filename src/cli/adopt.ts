/**
 * `optimize adopt`: takes over what a person changed by hand, in the harness or in what nights run
 * under, as decisions.
 */
import { resolve } from 'node:path';
import { UsageError } from '../errors.ts';
import { loadHarness } from '../harness/load.ts';
import { personsOf } from '../ledger/acts/approval.ts';
import { ADOPT, loosened, recordSettings, settingsInForce, settingsOf } from '../ledger/acts/settings.ts';
import { startNight } from '../ledger/acts/start.ts';
import { type Ledger, openLedger } from '../ledger/branch/ledger.ts';
import { acquireLock } from '../ledger/branch/lock.ts';
import { openRepository } from '../ledger/git/git.ts';
import { readKeyring } from '../ledger/keys/keys.ts';
import type { Signer } from '../ledger/keys/signing.ts';
import { NO_POLICY } from '../policy/policy.ts';
import { EXIT } from './exit.ts';
import { policyOf } from './night.ts';
import { say, sayJson } from './open-ledger.ts';
import { openEnvironment } from './setup.ts';
import { stepOf } from './step.ts';

interface AdoptFlags {
  readonly env: string;
  readonly data?: string;
  readonly fdr?: number;
  readonly json?: boolean;
}

export async function adoptCommand(given: Record<string, unknown>): Promise<number> {
  const flags = given as unknown as AdoptFlags;
  const repository = await openRepository(process.cwd());
  const { root } = repository;
  const environment = await openEnvironment(
    { env: flags.env, ...(flags.data === undefined ? {} : { data: resolve(flags.data) }) },
    root,
  );
  const env = environment.name;
  const step = stepOf(ADOPT, repository);
  const lock = await acquireLock(repository, env, step.time);
  try {
    const all = readKeyring(process.env, repository);
    // A loosening is a person's to answer for, where one has a key.
    const persons = personsOf(all);
    const ledger = await openLedger(repository, env, persons.keys.length > 0 ? persons : all);
    const signer = ledger.assertWritable();
    const settings = settingsOf(environment, policyOf(root, env, flags));
    const person = persons.keys.find(({ entry }) => entry.keyid === signer?.keyid)?.entry.principal;
    const mayLoosen = (loosened: readonly string[]) => assertMayAdopt(ledger, loosened, signer, person);
    const inForce = settingsInForce(ledger.decisions());
    mayLoosen(inForce === null ? [] : loosened(inForce, settings));
    const before = ledger.nextSeq;
    const run = `${ADOPT}-${before}`;
    const workTree = loadHarness(root, env).files;
    await startNight(ledger, { workTree, run, who: step.who, time: step.time, adopt: true, mayLoosen });
    await recordSettings(ledger, settings, { ...step, run, adopt: true });
    const adopted = ledger.decisions().filter(({ seq }) => seq >= before);
    if (flags.json)
      sayJson({ type: 'adopted', env, decisions: adopted.map(({ seq, kind, limits }) => ({ seq, kind, limits })) });
    else if (adopted.length === 0) say(`nothing to adopt: ${env} is what its decisions lead to`);
    for (const { seq, kind, limits } of flags.json ? [] : adopted)
      say(`decision ${seq}: ${kind}${limits.length > 0 ? `, ${limits.join('; ')}` : ''}`);
    return EXIT.ok;
  } finally {
    await lock.release();
  }
}

/**
 * What asks for less is a person's to answer for: where there are keys with theirs, where releases
 * need approval as one of those who approve.
 */
function assertMayAdopt(
  ledger: Ledger,
  loosened: readonly string[],
  signer: Signer | null,
  person: string | undefined,
): void {
  if (loosened.length === 0) return;
  const { mode, approval } = settingsInForce(ledger.decisions())?.policy ?? NO_POLICY;
  const named = mode === 'propose' ? approval.by : [];
  if (person === undefined ? signer === null && mode === 'direct' : named.length === 0 || named.includes(person))
    return;
  throw new UsageError(
    `only ${named.length === 0 ? 'a person' : named.join(', ')} can adopt what asks for less (${loosened[0]}); ` +
      (person === undefined
        ? "no person's key is at hand: npx optimize keys init --role person --principal NAME"
        : `the key here is that of ${person}`),
  );
}
