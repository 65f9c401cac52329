#!/usr/bin/env node
/** Finds the requested command and loads only that one. */
import { readFileSync } from 'node:fs';
import { COMMANDS } from './cli/commands.ts';
import { EXIT } from './exit-codes.ts';

const firstWord = (name: string): string => name.split(' ')[0] ?? '';

/**
 * Help of a command (`keys init`) or the program (''), as `npm run docs:cli` wrote it, because
 * building it takes half a second. Undefined for an unknown command.
 */
function helpOf(name: string): string | undefined {
  const sections = readFileSync(new URL('../src/cli/help.txt', import.meta.url), 'utf8').split(/^=== optimize(.*)\n/m);
  const at = sections.findIndex((title, index) => index % 2 === 1 && title.trim() === name);
  return at < 0 ? undefined : sections[at + 1];
}

async function dispatch(word: string): Promise<void> {
  const { programOf } = await import('./cli/program.ts');
  const loads = Object.entries(COMMANDS).flatMap(([name, load]) => (firstWord(name) === word ? [load()] : []));
  const program = programOf(await Promise.all(loads));
  // Unknown name: commander says so and suggests a similar one.
  if (loads.length === 0) for (const name of new Set(Object.keys(COMMANDS).map(firstWord))) program.command(name);
  try {
    await program.parseAsync();
  } catch (error) {
    // Commander has printed its message; help is no error.
    if (!(error instanceof Error && 'exitCode' in error)) throw error;
    process.exitCode = error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  }
}

async function main(given: readonly string[]): Promise<void> {
  const options = given.findIndex((word) => word.startsWith('-'));
  const words = options < 0 ? given : given.slice(0, options);
  const asksHelp = words[0] === 'help' || given.some((word) => word === '--help' || word === '-h');
  const help = asksHelp ? helpOf(words.filter((word) => word !== 'help').join(' ')) : undefined;
  if (help !== undefined) process.stdout.write(help);
  else if (given[0] === '--version' || given[0] === '-V')
    process.stdout.write(`${(await import('./version.ts')).VERSION}\n`);
  // Without a command, run the night.
  else await dispatch(words[0] ?? 'night');
}

// Whoever reads may stop reading; the work goes on.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
await main(process.argv.slice(2));
