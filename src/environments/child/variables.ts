/** The variables of an environment's process: none that may hold a secret unless it is named. */
import { UsageError } from '../../errors.ts';

type Variables = Readonly<Record<string, string | undefined>>;

/** What programs need to find files and to speak a language. */
const NEUTRAL =
  /^(?:PATH|HOME|USER|LOGNAME|SHELL|LANG|LANGUAGE|LC_[A-Z]+|TZ|TMPDIR|TEMP|TMP|TERM|NO_COLOR|CI|NODE_ENV|SystemRoot|windir|ComSpec|PATHEXT|USERPROFILE|APPDATA|LOCALAPPDATA)$/;

/** Lists the names that a person adds; it stands outside the repository, as all variables do. */
export const PASS = 'OPTIMIZE_PASS';

/** Throws UsageError for a name in OPTIMIZE_PASS that is ours. */
export function childVariables(variables: Variables): Record<string, string> {
  const named = (variables[PASS] ?? '').split(',').map((name) => name.trim());
  const own = named.find((name) => name.startsWith('OPTIMIZE_'));
  if (own !== undefined)
    throw new UsageError(`${PASS}: ${own} belongs to this program, so no environment gets it; leave it out`);
  return Object.fromEntries(
    Object.entries(variables).filter(
      (entry): entry is [string, string] =>
        entry[1] !== undefined && (NEUTRAL.test(entry[0]) || named.includes(entry[0])),
    ),
  );
}
