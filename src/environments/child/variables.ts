/** The variables of an environment's process: none that may hold a secret unless it is named. */
import { UsageError } from '../../errors.ts';
import { mayHoldSecret, PASS, passedNames } from '../../secrets.ts';

type Variables = Readonly<Record<string, string | undefined>>;

/** What belongs to this program or to Node, and ways to a person's agents and sessions. */
const WITHHELD =
  /^(?:OPTIMIZE_|NODE_(?:OPTIONS|CHANNEL))|AUTH|COOKIE|SESSION|_SOCK$|^(?:NETRC|GPG_AGENT_INFO|KUBECONFIG)$/i;
const CREDENTIALS_IN_URL = /:\/\/[^/\s@]+@/;

/** Throws UsageError for a name in OPTIMIZE_PASS that is ours. */
export function childVariables(variables: Variables): Record<string, string> {
  const named = passedNames(variables);
  const own = named.find((name) => name.startsWith('OPTIMIZE_'));
  if (own !== undefined)
    throw new UsageError(`${PASS}: ${own} belongs to this program, so no environment gets it; leave it out`);
  const plain = (name: string, value: string) =>
    !mayHoldSecret(name) && !WITHHELD.test(name) && !CREDENTIALS_IN_URL.test(value);
  return Object.fromEntries(
    Object.entries(variables).filter(
      (entry): entry is [string, string] =>
        entry[1] !== undefined && (named.includes(entry[0]) || plain(entry[0], entry[1])),
    ),
  );
}
