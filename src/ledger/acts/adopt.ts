/** Records as decisions what a person changed by hand: the harness, or what nights run under. */
import { UsageError } from '../../errors.ts';
import { NO_POLICY, type Policy } from '../../policy/policy.ts';
import type { Environment, HarnessFiles } from '../../types.ts';
import { type Ledger, openLedger } from '../branch/ledger.ts';
import type { Repository } from '../git/git.ts';
import type { Signer } from '../keys/signing.ts';
import type { Decision } from '../kinds/index.ts';
import { ADOPT, loosened, settingsInForce } from '../kinds/settings.ts';
import { personsOf } from './approval.ts';
import { recordSettings, settingsOf } from './settings.ts';
import { startNight } from './start.ts';
import { type SignedStep, underLock } from './step.ts';

export interface Adoption {
  readonly environment: Environment;
  readonly policy: Policy;
  readonly workTree: HarnessFiles;
}

/** Returns the new decisions. Throws UsageError for a loosening that this signer may not adopt. */
export const adopt = (
  repository: Repository,
  { environment, policy, workTree }: Adoption,
  step: SignedStep,
): Promise<readonly Decision[]> =>
  underLock(repository, environment.name, step.time, async () => {
    // Where persons have keys, only they may adopt a loosening.
    const persons = personsOf(step.keys);
    const ledger = await openLedger(repository, environment.name, persons.keys.length > 0 ? persons : step.keys);
    const signer = ledger.assertWritable();
    const settings = settingsOf(environment, policy);
    const person = persons.keys.find(({ entry }) => entry.keyid === signer?.keyid)?.entry.principal;
    const mayLoosen = (what: readonly string[]) => assertMayAdopt(ledger, what, signer, person);
    const inForce = settingsInForce(ledger.decisions());
    mayLoosen(inForce === null ? [] : loosened(inForce, settings));
    const before = ledger.nextSeq;
    const run = `${ADOPT}-${before}`;
    await startNight(ledger, { workTree, run, who: step.who, time: step.time, adopt: true, mayLoosen });
    await recordSettings(ledger, settings, { ...step, run, adopt: true });
    return ledger.decisions().filter(({ seq }) => seq >= before);
  });

/** A person adopts what loosens: with their key where there are keys, and as a named approver. */
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
