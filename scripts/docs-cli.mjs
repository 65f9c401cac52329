/**
 * Writes docs/cli.md and src/cli/help.txt, the texts of `--help`, from the commands of the built
 * program. `--check` writes nothing and ends with 1 when either is out of date.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { optionsOf } from '../dist/cli/command.js';
import { COMMANDS } from '../dist/cli/commands.js';
import { programOf } from '../dist/cli/program.js';
import { EXIT, EXIT_MEANING } from '../dist/exit-codes.js';

const definitions = await Promise.all(Object.values(COMMANDS).map((load) => load()));
const night = definitions.find(({ name }) => name === 'night');
const codes = Object.entries(EXIT).map(([name, code]) => `${code} ${EXIT_MEANING[name]}`);

const program = programOf(definitions).configureHelp({ helpWidth: 100 });

/** Every command and group below the program, by the words that name it. */
const commandsIn = (command, words = []) =>
  command.commands.flatMap((one) => [
    { words: [...words, one.name()], help: one.configureHelp({ helpWidth: 100 }).helpInformation() },
    ...commandsIn(one, [...words, one.name()]),
  ]);

const helpTexts = () =>
  [{ words: [], help: mainHelp() }, ...commandsIn(program)]
    .map(({ words, help }) => `=== ${['optimize', ...words].join(' ')}\n${help}`)
    .join('');

function mainHelp() {
  const options = optionsOf(night).map(({ term, help, fallback }) => [term, withDefault(help, fallback)]);
  const width = Math.max(...options.map(([term]) => term.length));
  return `Example:
  $ npx optimize --budget 20 --env retail          one night, simulated agent, no key needed

${program.helpInformation().replace(/^( +)-h, --help +/m, '$1-V, --version                output the version number\n$&')}
Options of a night:
${options.map(([term, help]) => `  ${term.padEnd(width)}  ${help}`).join('\n')}

More examples:
  $ npx optimize --env retail --budget 8 --model openai:NAME --base-url http://127.0.0.1:8080/v1
  $ npx optimize run --env retail --harness v1 --generate 1000 --tasks-seed 7
  $ npx optimize run --env retail --task g1-0001 --show
  $ npx optimize apply --env retail
  $ npx optimize init my-shop

Exit codes:
${codes.map((line) => `  ${line}`).join('\n')}
`;
}

const withDefault = (help, fallback) =>
  fallback === undefined || fallback === false ? help : `${help} (default: ${fallback})`;
const cell = (text) => text.replaceAll('|', '\\|');

function section(definition) {
  const { name, summary, exits, example } = definition;
  const words = [name, ...Object.keys(definition.arguments)].join(' ');
  const usage = name === 'night' ? 'optimize [night] [options]' : `optimize ${words} [options]`;
  const given = Object.entries(definition.arguments).map(([word, help]) => `| \`${word}\` | ${cell(help)} | |`);
  const options = optionsOf(definition).map(({ term, help, fallback, required }) => {
    const value = required ? 'required' : fallback === undefined || fallback === false ? '' : `\`${fallback}\``;
    return `| \`${cell(term)}\` | ${cell(help)} | ${value} |`;
  });
  const codes = ['ok', 'internal', 'usage', ...exits].map((exit) => `${EXIT[exit]} ${EXIT_MEANING[exit]}`);
  return `## ${name}

${summary[0].toUpperCase()}${summary.slice(1)}.

    ${usage}
    $ npx optimize ${example}

| | | default |
| --- | --- | --- |
${[...given, ...options].join('\n')}

Exit codes: ${codes.join('; ')}.
`;
}

const page = `# The command line

<!-- Written by \`npm run docs:cli\` from the commands in src/cli/; edit those. -->

\`npx optimize\` with options alone is a night. Results go to stdout, progress to stderr; with \`--json\` every command
prints one JSON object per line, and an error is one as well. A wrong flag or value ends with exit code 2 and says
what was expected, what was found, and what to do. Commands: ${definitions.map(({ name }) => `[${name}](#${name.replace(' ', '-')})`).join(', ')}.

${definitions.map(section).join('\n')}`;

const root = new URL('../', import.meta.url);
const files = { 'docs/cli.md': page, 'src/cli/help.txt': helpTexts() };
for (const [path, text] of Object.entries(files)) {
  const place = new URL(path, root);
  if (!process.argv.includes('--check')) writeFileSync(place, text);
  else if (readFileSync(place, 'utf8') !== text) {
    console.error(`${path} is not what the commands say; run: npm run build && npm run docs:cli`);
    process.exitCode = 1;
  }
}
