/** Commands that have commands of their own: `env` and `keys`. */
import { type Command, Option } from 'commander';
import { answeringAll, does, integer } from './options.ts';

/** Adds them to the program; gives the commands below them. */
export function addGroups(program: Command): readonly Command[] {
  const env = program.command('env').description('environments: check NAME, generate NAME');
  does(
    env
      .command('check <name>')
      .description('oracle 100 %, do-nothing agent below the ceiling, reads change nothing')
      .option('--data <dir>', 'folder of data that the environment takes')
      .option('--json', 'one JSON object a line'),
    async () => (await import('./env-check.ts')).envCheckCommand,
  );
  does(
    env
      .command('generate <name>')
      .description('write a fresh data set')
      .requiredOption('--seed <n>', 'seed', integer)
      .requiredOption('--tasks <n>', 'number of tasks', integer)
      .requiredOption('--out <dir>', 'folder that does not exist yet')
      .option('--json', 'one JSON object a line'),
    async () => (await import('./env-generate.ts')).envGenerateCommand,
  );

  const keys = program.command('keys').description('who signs decisions: init, rotate, revoke KEYID, list, salt');
  does(
    keys
      .command('init')
      .description('make a key pair outside the repository; decisions are signed from then on')
      .addOption(new Option('--role <role>', 'who signs with it').choices(['bot', 'person']).default('bot'))
      .option('--principal <name>', 'one name for whoever answers for it, however many keys', 'optimize')
      .option('--json', 'one JSON object a line'),
    async () => (await import('./keys.ts')).keysInitCommand,
  );
  does(
    answeringAll(
      keys.command('rotate').description('let a new key follow the one that signs, by a decision that this one signs'),
    ),
    async () => (await import('./keys.ts')).keysRotateCommand,
  );
  does(
    answeringAll(
      keys
        .command('revoke <keyid>')
        .description('record from which decision on a key does not count; 8 characters of its name will do'),
    ).option('--from <n>', 'number of the first decision that does not count [the one that says so]', integer),
    async () => (await import('./keys.ts')).keysRevokeCommand,
  );
  does(
    answeringAll(keys.command('list').description('the keys at hand')).option(
      '--trust',
      'as a file for those who verify: optimize verify --trust FILE',
    ),
    async () => (await import('./keys.ts')).keysListCommand,
  );
  does(
    keys
      .command('salt')
      .description('make the secret with which private tasks are named and digested in records')
      .option('--json', 'one JSON object a line'),
    async () => (await import('./keys.ts')).keysSaltCommand,
  );
  return [...env.commands, ...keys.commands];
}
