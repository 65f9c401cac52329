/** `expire`: raw traces were deleted on purpose, since their time was over. */
import { z } from 'zod';
import { digest, Name, relativePath } from './fields.ts';
import { hold } from './finding.ts';
import { type AnyDecision, defineKind } from './kind.ts';
import { note as closing } from './note.ts';
import { settingsInForce } from './settings.ts';

/** A file outside git, by the run whose record holds its digest. */
const Expired = z.strictObject({ run: Name, name: relativePath, sha256: digest });
export type Expired = z.infer<typeof Expired>;

export const DAY_MS = 86_400_000;

export const expire = defineKind({
  kind: 'expire',
  fields: { expired: z.array(Expired).min(1) },
  title: () => 'raw traces deleted, their time was over',
  /** Only recorded files may expire, once each, after the time that the policy in force sets. */
  verify({ expired, time }, { before, note }) {
    const days = settingsInForce(before)?.policy.retention?.traces_days;
    if (days === undefined) note('expired', 'nothing: the policy in force keeps traces for ever', 'files');
    const known = new Map(
      artifactsIn(before).map((file) => [artifactPath(file), { sha256: file.sha256, time: file.time }]),
    );
    for (const path of expiredFiles(before).keys()) known.delete(path);
    for (const file of expired) {
      const path = artifactPath(file);
      const recorded = known.get(path);
      hold(note, `expired, ${path}`, recorded?.sha256 ?? 'a file that is recorded', file.sha256);
      if (recorded !== undefined && days !== undefined && Date.parse(time) - Date.parse(recorded.time) < days * DAY_MS)
        note(`expired, ${path}`, `older than ${days} days`, `recorded ${recorded.time}`);
      known.delete(path);
    }
  },
});

/** Path from the top of the repository. */
export const artifactPath = ({ run, name }: Pick<Expired, 'run' | 'name'>): string => `runs/${run}/${name}`;

/** Files outside git whose digests decisions hold, with the time of the record. */
export const artifactsIn = (decisions: readonly AnyDecision[]): (Expired & { readonly time: string })[] =>
  decisions
    .filter(closing.is)
    .flatMap(({ run, time, artifacts }) => artifacts.map((artifact) => ({ run, time, ...artifact })));

/** Number of the decision that let each file go, by path. */
export const expiredFiles = (decisions: readonly AnyDecision[]): ReadonlyMap<string, number> =>
  new Map(decisions.filter(expire.is).flatMap(({ expired, seq }) => expired.map((file) => [artifactPath(file), seq])));
