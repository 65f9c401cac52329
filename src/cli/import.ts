/** `optimize import`: traces of other programs into the trace store. */
import { resolve } from 'node:path';
import { z } from 'zod';
import { EXIT } from '../exit-codes.ts';
import { openRepository } from '../ledger/git/git.ts';
import { keysIn } from '../models/settings.ts';
import { knownEnvironment } from '../open/known.ts';
import { amount } from '../report/terminal.ts';
import { redactorOf } from '../secrets.ts';
import { guessedFlags } from '../traces/formats/flags.ts';
import type { ReadContext } from '../traces/formats/format.ts';
import { FORMAT_NAMES, FORMATS } from '../traces/formats/index.ts';
import { importTraces } from '../traces/import.ts';
import { personalFields } from '../traces/redact.ts';
import { openStore } from '../traces/store.ts';
import { command } from './command.ts';
import { choice, json, text } from './options.ts';
import { say, sayJson } from './output.ts';

export const importFile = command({
  name: 'import',
  summary: 'store traces of other programs: messages, OpenTelemetry, ATIF, tau-bench',
  arguments: { '<file>': 'JSON, JSON lines, or either in gzip' },
  options: z.object({
    format: choice('<name>', 'what the file holds', FORMAT_NAMES),
    env: text('<name>', 'what the traces are about; it need not have an environment'),
    labels: text('<file>', 'outcomes: id, or task and trial, with reward or label; JSON lines or CSV').exactOptional(),
    ...json,
  }),
  example: 'import conversations.jsonl.gz --format openai --env my-shop --labels outcomes.csv',
  async run({ format, env, labels, json: asJson }, file = '') {
    const { root } = await openRepository(process.cwd());
    const store = openStore(root, env);
    const { context, personal } = await knownOf(env, root);
    const done = importTraces(store, {
      file: resolve(file),
      format: FORMATS[format],
      context,
      door: { secrets: redactorOf(process.env, keysIn(root, process.env)), personal },
      labels: labels === undefined ? undefined : resolve(labels),
    });
    const { refused, refusedLabels, ...counts } = done;
    const code = done.imported === 0 && refused.length > 0 ? EXIT.usage : EXIT.ok;
    if (asJson) {
      for (const one of refused) sayJson({ type: 'refused', ...one });
      for (const one of refusedLabels) sayJson({ type: 'refused', of: 'labels', ...one });
      for (const message of done.warnings) sayJson({ type: 'warning', message });
      sayJson({ type: 'summary', env, ...counts, refused: refused.length, refusedLabels: refusedLabels.length });
      return code;
    }
    for (const { line, reason } of refused.slice(0, 20)) say(`line ${line}: ${reason}`);
    if (refused.length > 20) say(`... and ${refused.length - 20} more (--json lists all)`);
    for (const { line, reason } of refusedLabels.slice(0, 20)) say(`labels, line ${line}: ${reason}`);
    for (const message of done.warnings) say(message);
    const again = done.known > 0 ? `, ${done.known} of them known already` : '';
    say(
      `${env}: ${amount(done.imported, 'trace')} imported${again}, ${done.labelled} with an outcome; ${refused.length} refused`,
    );
    return code;
  },
});

/** What an environment of that name tells; names and texts alone where there is none. */
async function knownOf(env: string, root: string): Promise<{ context: ReadContext; personal: RegExp | null }> {
  const guessed = guessedFlags(env);
  const known = await knownEnvironment(env, root);
  if (known === null) return { context: guessed, personal: null };
  const { tools, vocabulary, isError } = known;
  const flags = new Map(tools.map(({ name, readOnly }) => [name, readOnly]));
  return {
    context: {
      env,
      isReadOnly: (tool) => flags.get(tool) ?? guessed.isReadOnly(tool),
      isError: (content) => isError?.(content) ?? guessed.isError(content),
    },
    personal: personalFields(vocabulary?.personalFields ?? []),
  };
}
