/** The ledger of the environment that a command asks about. */
import { openRepository, type Repository } from '../ledger/git.ts';
import { type Ledger, openLedger } from '../ledger/ledger.ts';

export interface LedgerFlags {
  readonly env: string;
  readonly json?: boolean;
}

export async function ledgerOf(flags: LedgerFlags): Promise<{ repository: Repository; ledger: Ledger }> {
  const repository = await openRepository(process.cwd());
  return { repository, ledger: await openLedger(repository, flags.env) };
}

/** One line on stdout. */
export const say = (text: string): void => void process.stdout.write(`${text}\n`);
export const sayJson = (value: object): void => say(JSON.stringify(value));
