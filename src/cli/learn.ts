/** `optimize learn`: failures and rules from imported traces alone; nothing is released. */
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { canonicalJson, sha256 } from '../digest.ts';
import { editTitle } from '../edit/title.ts';
import { UsageError } from '../errors.ts';
import { EXIT } from '../exit-codes.ts';
import { assertOwnFolder } from '../files.ts';
import { loadHarness } from '../harness/load.ts';
import { openRepository } from '../ledger/git/git.ts';
import { knownEnvironment } from '../open/known.ts';
import { FLOOR, type Learned, type LogRule, learnFromTraces } from '../proposal/logs/learn.ts';
import { amount } from '../report/terminal.ts';
import { openStore } from '../traces/store.ts';
import { where as filterOf } from '../traces/where.ts';
import { command } from './command.ts';
import { json, text } from './options.ts';
import { say, sayJson } from './output.ts';

export const learn = command({
  name: 'learn',
  summary: 'name the failures of imported traces and mine rules from them, unproven',
  options: z.object({
    env: text('<name>', 'what the traces are about'),
    where: text('<cel>', 'learn from these traces alone (as traces count)').exactOptional(),
    ...json,
  }),
  example: 'learn --env my-shop',
  async run({ env, where, json: asJson }) {
    const meets = where === undefined ? () => true : filterOf(where);
    const { root } = await openRepository(process.cwd());
    const store = openStore(root, env);
    const ids = new Set(
      store
        .summaries()
        .filter(meets)
        .map(({ id }) => id),
    );
    const traces = [...store.read(ids)];
    if (traces.length === 0)
      throw new UsageError(
        `no traces of ${env} here; bring some in: npx optimize import FILE --format NAME --env ${env}`,
      );
    const harness = loadHarness(root, env);
    const learned = await learnFromTraces({
      env,
      traces,
      harness,
      vocabulary: (await knownEnvironment(env, root))?.vocabulary,
    });
    const why =
      learned.labelled < FLOOR
        ? `learned from ${amount(learned.labelled, 'labelled trace')}, fewer than ${FLOOR}: pool traces, or play a night on targeted tasks`
        : 'learned from traces alone: a night or live arms decide';
    const file =
      learned.rules.length === 0 ? null : stage(root, env, { harness: harness.id, why, rules: learned.rules });
    if (asJson) tellJson(learned, { env, why, file });
    else tell(learned, { env, why, file });
    return EXIT.ok;
  },
});

interface Told {
  readonly env: string;
  readonly why: string;
  readonly file: string | null;
}

/** The rules in full, in a folder of their own; equal rules have the same one. */
function stage(
  root: string,
  env: string,
  { harness, why, rules }: { readonly harness: string; readonly why: string; readonly rules: readonly LogRule[] },
): string {
  const proposals = {
    unproven: why,
    harness,
    edits: rules.map(({ edit }) => edit),
    support: rules.map(({ edit: _, ...numbers }) => numbers),
  };
  const name = `learn-${env}-${sha256(canonicalJson(proposals)).slice(0, 8)}`;
  assertOwnFolder(root, `runs/${name}`);
  const folder = join(root, 'runs', name);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, '.gitignore'), '*\n');
  writeFileSync(join(folder, 'proposals.json.new'), `${JSON.stringify(proposals, null, 1)}\n`);
  renameSync(join(folder, 'proposals.json.new'), join(folder, 'proposals.json'));
  return `runs/${name}/proposals.json`;
}

function tellJson({ diagnoses, rules, notes, ...counts }: Learned, { env, why, file }: Told): void {
  for (const { trace, task, step, failure, cause, pattern, tool, completionWithoutEffect } of diagnoses)
    sayJson({ type: 'diagnosis', trace, task, step, failure, cause, pattern, tool, completionWithoutEffect });
  for (const { edit, support, failed, passed, lift } of rules)
    sayJson({ type: 'rule', edit, support, failed, passed, lift });
  for (const message of notes) sayJson({ type: 'note', message });
  if (counts.labelled < FLOOR) sayJson({ type: 'warning', message: why });
  sayJson({
    type: 'summary',
    env,
    ...counts,
    diagnosed: diagnoses.length,
    rules: rules.length,
    floor: FLOOR,
    unproven: true,
    proposals: file,
  });
}

function tell({ diagnoses, rules, notes, traces, labelled, failed }: Learned, { env, why, file }: Told): void {
  say(
    `${env}: ${amount(traces, 'trace')}, ${labelled} with an outcome, ${failed} failed, ${diagnoses.length} diagnosed`,
  );
  const kinds = new Map<string, number>();
  for (const { pattern, tool } of diagnoses) {
    const kind = tool === undefined ? pattern : `${pattern} at ${tool}`;
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  }
  for (const [kind, times] of [...kinds].sort((a, b) => b[1] - a[1])) say(`  ${times} x ${kind}`);
  const silent = diagnoses.filter(({ completionWithoutEffect }) => completionWithoutEffect).length;
  if (silent > 0) say(`  ${silent} claim an effect that no call had`);
  for (const { edit, support, failed: bad, passed, lift } of rules)
    say(
      `rule: ${editTitle(edit)}: would have acted on ${support} of ${traces}: ${bad} failed, ${passed} passed (lift ${lift})`,
    );
  for (const note of notes) say(note);
  if (file !== null) say(`unproven, ${why}; in full: ${file}`);
  else say(`no rule: ${why}`);
}
