/** Builds the command line: commander finds the command, zod reads its options. */

import { Command, Option } from 'commander';
import { printable } from '../harness/text-checks.ts';
import { type CommandDefinition, optionsOf } from './command.ts';
import { GROUPS } from './commands.ts';
import { runSafely } from './exit.ts';

/** A program of these commands; `night` is the default. */
export function programOf(definitions: readonly CommandDefinition[]): Command {
  const program = new Command('optimize')
    .description('Improves the harness around a frozen tool-calling agent and commits the evidence to git.')
    .enablePositionalOptions()
    .showHelpAfterError('(see --help)')
    .exitOverride();
  tellErrors(program);
  const groups = new Map<string, Command>();
  for (const definition of definitions) {
    const [first = '', second] = definition.name.split(' ');
    if (second === undefined) add(program, first, definition);
    else {
      const group = groups.get(first) ?? program.command(first).description(GROUPS[first] ?? '');
      groups.set(first, group);
      add(group, second, definition);
    }
  }
  return program;
}

/** Errors of commander read like all others; an option that is near none lists what there is. */
function tellErrors(command: Command): void {
  const outputError = (text: string, write: (text: string) => void) => {
    const listed = text.startsWith('error: unknown option') && !text.includes('(Did you mean');
    const known = command.options.flatMap(({ long }) => long ?? []).join(', ');
    write(
      printable(text)
        .replace(/^error: /, 'optimize: ')
        .replace(/\n$/, listed ? `; expected ${known}\n` : '\n'),
    );
  };
  command.configureOutput({ outputError });
}

function add(parent: Command, name: string, definition: CommandDefinition): void {
  const command = parent.command(name, { isDefault: name === 'night' }).description(definition.summary);
  tellErrors(command);
  for (const [argument, help] of Object.entries(definition.arguments)) command.argument(argument, help);
  for (const { term, help, required, fallback, repeats } of optionsOf(definition)) {
    const shown = fallback === undefined || fallback === false ? help : `${help} (default: ${fallback})`;
    const option = new Option(term, shown).makeOptionMandatory(required);
    if (repeats) option.argParser((text, before: readonly string[] = []) => [...before, text]);
    command.addOption(option);
  }
  command.action(async (...given) => {
    const raw: Record<string, unknown> = command.opts();
    const args = given.slice(0, -2).filter((one) => typeof one === 'string');
    const start = () => definition.start(raw, args);
    process.exitCode = await runSafely(start, { json: raw.json === true });
  });
}
