#!/usr/bin/env node
/**
 * Reads the command line and dispatches; every command is one file in `cli/`, loaded when it is
 * asked for.
 */
import { Command, CommanderError, Option } from 'commander';
import { addGroups } from './cli/groups.ts';
import { answering, collect, does, integer, list, night, number, optionsOf, playing } from './cli/options.ts';
import { KINDS } from './ledger/format/kinds.ts';
import { VERSION } from './version.ts';

const program = new Command('optimize');
program
  .description('Improve the harness around a frozen tool-calling agent, one tested edit at a time.')
  .version(VERSION)
  .enablePositionalOptions()
  .showHelpAfterError('(see --help)')
  .addHelpText(
    'before',
    'Example:\n  $ npx optimize --budget 20 --env retail          one night, simulated agent, no key needed\n',
  )
  .addHelpText(
    'after',
    `
More examples:
  $ npx optimize --env retail --budget 8 --model openai:NAME --base-url http://127.0.0.1:8080/v1
  $ npx optimize run --env retail --harness v1 --generate 1000 --tasks-seed 7
  $ npx optimize run --env retail --task g1-0001 --show
  $ npx optimize apply --env retail
  $ npx optimize init my-shop

Exit codes: 0 released, or the command did its work; 3 finished, nothing certified; 4 a regression was found;
5 the budget cannot decide anything; 6 verify disagrees; 7 frozen; 2 usage or configuration, or verify could not check; 1 internal or infrastructure;
130 interrupted (type the same command again to go on).`,
  );

const main = night(
  program
    .command('night', { isDefault: true })
    .description('one night; the command when none is named')
    .showHelpAfterError('(see --help)'),
);
does(main, async () => (await import('./cli/night.ts')).nightCommand);
program.addHelpText('after', () => `\nOptions of a night:\n${optionsOf(main)}`);

does(
  night(
    program.command('plan').description('what a night would cost and which effect it could detect; spends nothing'),
  ).option('--effect <points>', 'gain that should be found; less than 50 % power for it is refused', number, 10),
  async () => (await import('./cli/plan.ts')).planCommand,
);
does(
  playing(program.command('run').description('evaluate one harness version'))
    .option('--harness <ref>', 'commit, branch, tag, vN or prefix of a harness id; default: the work tree')
    .option('--generate <n>', 'score on freshly generated tasks', integer)
    .option('--tasks-seed <n>', 'seed of --generate', integer, 1)
    .option('--split <name>', 'train, dev, sealed or all [train]')
    .option('--unused-by <run>', 'only tasks that a run here did not select')
    .option('--trials <n>', 'trials a task', integer, 1)
    .option('--task <id>', 'one task')
    .option('--show', 'print the trace of --task')
    .option('--failures', 'say why tasks failed, with their ids'),
  async () => (await import('./cli/run.ts')).runCommand,
);
does(
  answering(program.command('log').description('decisions, newest first'))
    .option('--all', 'refused edits as well')
    .addOption(new Option('--kind <name>', 'of one kind').choices(KINDS))
    .addOption(new Option('--verdict <name>', 'so decided').choices(['accepted', 'rejected', 'inconclusive']))
    .option('--reason <code>', 'for this reason, such as leak, hopeless or guard')
    .option('--run <name>', 'of one run, such as retail-0003')
    .option('--since <date>', 'from this time on, as the committer claims it; a date means its beginning')
    .option('--until <date>', 'up to this time; a date means its end'),
  async () => (await import('./cli/log.ts')).logCommand,
);
does(
  answering(
    program.command('show <id>').description('one decision: failures, edit, checks, verdict, commit; or one trace'),
  ).option('--full', 'of a trace: every message and result'),
  async () => (await import('./cli/show.ts')).showCommand,
);
does(
  answering(
    program
      .command('why-not <edit>')
      .description('was it tried, when, why was it refused: an id of a part, a key, or words of an edit'),
  ),
  async () => (await import('./cli/why-not.ts')).whyNotCommand,
);
does(
  answering(
    program
      .command('at <date>')
      .description('the harness in force at a date (ISO; its end) or commit, clause by clause'),
  ),
  async () => (await import('./cli/at.ts')).atCommand,
);
does(
  answering(program.command('diff <a> <b>').description('what changed between two harness versions')),
  async () => (await import('./cli/diff.ts')).diffCommand,
);
does(
  answering(program.command('apply').description('merge a release into the checked-out branch'))
    .option('--to <version>', 'vN [newest]')
    .option('--trust <file>', 'only if everything verifies against these keys first, approvals included'),
  async () => (await import('./cli/apply.ts')).applyCommand,
);
does(
  answering(
    program.command('expire').description('delete raw traces of nights that are older than the policy keeps them'),
  ).option('--dry-run', 'only tell which'),
  async () => (await import('./cli/expire.ts')).expireCommand,
);
for (const [name, what] of [
  ['approve', 'a person lets a release come into force, signed with their key'],
  ['reject', 'a person keeps a release from coming into force, signed with their key'],
] as const)
  does(
    answering(program.command(`${name} [version]`).description(`${what}; default: the newest`)).requiredOption(
      '--reason <text>',
      'what was looked at, for the record',
    ),
    async () => (await import('./cli/approve.ts'))[`${name}Command`],
  );
does(
  program
    .command('adopt')
    .description('take over what a person changed by hand, in the harness, the policy or the tasks, as decisions')
    .requiredOption('--env <name>', 'environment')
    .option('--data <dir>', 'public files, if its nights have them')
    .option('--fdr <rate>', 'as for a night', number)
    .option('--json', 'one JSON object a line'),
  async () => (await import('./cli/adopt.ts')).adoptCommand,
);
does(
  answering(program.command('rollback').description('make an earlier version the head of the branch')).requiredOption(
    '--to <version>',
    'vN, tag, commit or prefix of a harness id',
  ),
  async () => (await import('./cli/rollback.ts')).rollbackCommand,
);
does(
  answering(
    program.command('export').description('a folder for an auditor: a page, the records, and a verifier in Python'),
  )
    .requiredOption('--out <dir>', 'folder that does not exist yet')
    .option('--sample <n>', 'decisions shown in full', integer, 25),
  async () => (await import('./cli/export.ts')).exportCommand,
);
does(
  answering(program.command('freeze').description('let no night run until a person lifts it')).requiredOption(
    '--reason <text>',
    'why, for the record',
  ),
  async () => (await import('./cli/freeze.ts')).freezeCommand,
);
does(
  answering(program.command('unfreeze').description('let nights run again')).requiredOption(
    '--reason <text>',
    'why, for the record',
  ),
  async () => (await import('./cli/freeze.ts')).unfreezeCommand,
);
does(
  program
    .command('verify')
    .description('recompute digests, edits and verdicts of every decision')
    .option('--env <name>', 'one environment; default: every optimize/* branch')
    .option('--trust <file>', 'keys to hold signatures against, kept outside the repository (level V2)')
    .option(
      '--anchor <line>',
      'what --print-anchor printed earlier, kept elsewhere; may be repeated (level V3)',
      collect,
    )
    .option('--deployed <dir>', 'a folder to hold against the harness in force, byte for byte and mode for mode')
    .option('--rescore', 'play every night again, from its recorded replies or by the simulated agent (level V4)')
    .option('--rerun <n>', 'play that many tasks of looks anew in both arms, with the agent of their night', integer)
    .option('--base-url <url>', 'for --rerun: endpoint of a model that is not simulated')
    .option('--data <dir>', 'for --rescore and --rerun: public files, if the nights had them')
    .option('--print-anchor', 'print a line that pins each branch as it is, if it verifies')
    .option('--json', 'one JSON object a line'),
  async () => (await import('./cli/verify.ts')).verifyCommand,
);
does(
  playing(program.command('ablate').description('what each layer of a harness is worth: alone, and left out'))
    .option('--harness <ref>', 'as for run; default: the work tree')
    .option('--split <name>', 'train, dev, sealed or all', 'dev')
    .option('--unused-by <run>', 'only tasks that a run here did not select')
    .option('--variants <a,b>', 'some of none, text, contract, no-contract, ... instead of all', list)
    .option('--trials <n>', 'trials a task', integer, 1),
  async () => (await import('./cli/ablate.ts')).ablateCommand,
);
does(
  playing(
    program
      .command('baseline')
      .description('what the same rollouts buy without a harness: best of k samples, tries with feedback'),
  )
    .requiredOption('--rollouts <n>', 'rollouts for each method, over all tasks', integer)
    .option('--harness <ref>', 'what they are held against; as for run')
    .option('--split <name>', 'train, dev, sealed or all', 'sealed')
    .option('--unused-by <run>', 'only tasks that a run here did not select'),
  async () => (await import('./cli/baseline.ts')).baselineCommand,
);
does(
  playing(
    program
      .command('aa')
      .description('the gate where nothing changes: noise, drift, false alarms, and the tasks that a change needs'),
  )
    .option('--harness <ref>', 'as for run; default: the work tree')
    .option('--split <name>', 'train or dev', 'dev')
    .option('--unused-by <run>', 'only tasks that a run here did not select')
    .option('--trials <n>', 're-rolls of the unchanged harness, 3 or more', integer, 4)
    .option('--edits <n>', 'edits that change nothing, played once each', integer, 2),
  async () => (await import('./cli/aa.ts')).aaCommand,
);
does(
  playing(
    program
      .command('judge')
      .description('which harness version is better where nothing scores the tasks; unproven, releases nothing'),
  )
    .requiredOption('--harness <a,b>', 'two or more versions, each as for run', list)
    .option(
      '--judge-model <spec>',
      'who compares: as --model, or sim:fair, sim:biased [the agent itself; sim:fair for a simulated one]',
    )
    .option('--judge-base-url <url>', 'its endpoint')
    .option('--split <name>', 'train or dev', 'dev')
    .option('--trials <n>', 'trials a task', integer, 1)
    .option('--votes <n>', 'times that each order is asked; 2 or more sample a model at temperature 0.7', integer, 1),
  async () => (await import('./cli/judge.ts')).judgeCommand,
);
does(
  playing(
    program
      .command('audit')
      .description('what the release in force is worth on fresh tasks, or on tasks kept for it; the figure to publish'),
  ).option('--trials <n>', 'trials a task', integer, 1),
  async () => (await import('./cli/audit.ts')).auditCommand,
);
does(
  program
    .command('doctor')
    .description('what an endpoint can do, in at most 9 calls, and the settings to use with it')
    .requiredOption('--model <spec>', 'openai:NAME, or a name from models.yaml')
    .option('--base-url <url>', 'OpenAI-compatible endpoint of openai:NAME')
    .option('--json', 'one JSON object a line'),
  async () => (await import('./cli/doctor.ts')).doctorCommand,
);
does(
  program
    .command('replay <run>')
    .description('play a finished night again from its recorded replies; exit 6 when a decision comes out otherwise')
    .option('--env <name>', 'file of the environment, if it was given as a path')
    .option('--data <dir>', 'public files, if the night had them')
    .option('--json', 'one JSON object a line'),
  async () => (await import('./cli/replay.ts')).replayCommand,
);
does(
  program
    .command('init <name>')
    .description('a new environment of your own, ready to run')
    .option('--json', 'one JSON object a line'),
  async () => (await import('./cli/init.ts')).initCommand,
);

const below = addGroups(program);
for (const command of [program, ...program.commands, ...below]) command.exitOverride();
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});
try {
  // The night is the command when none is named, so a mistyped one would be taken for its argument.
  const word = process.argv[2] ?? '-';
  const names = program.commands.map((command) => command.name());
  if (!word.startsWith('-') && ![...names, 'help'].includes(word))
    program.error(`error: unknown command '${word}'; the commands are ${names.join(', ')}`);
  await program.parseAsync();
} catch (error) {
  // Commander has printed its message; help and version are no errors.
  if (!(error instanceof CommanderError)) throw error;
  process.exitCode = error.exitCode === 0 ? 0 : 2;
}
