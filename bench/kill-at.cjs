/** Loaded before the program (`node --require`): ends it with SIGKILL at the operation that KILL_AT names, `before|after KIND NAME COUNT`. */
const childProcess = require('node:child_process');
const fs = require('node:fs');
const { syncBuiltinESMExports } = require('node:module');

const [when, kind, name, count] = (process.env.KILL_AT ?? 'never').split(' ');
let seen = 0;
const die = () => process.kill(process.pid, 'SIGKILL');
/** True at the operation that is meant. */
const isIt = (what, called) => kind === what && called.includes(name) && ++seen === Number(count);

const { spawn } = childProcess;
childProcess.spawn = (command, args, options) => {
  const hit = isIt(
    'git',
    (args ?? [])
      .filter((word) => !word.startsWith('-') && !word.includes('='))
      .slice(0, 1)
      .join(' '),
  );
  if (hit && when === 'before') die();
  const child = spawn(command, args, options);
  if (hit) child.on('exit', die);
  return child;
};
const files = [
  [fs, ['writeFileSync', 'appendFileSync', 'renameSync']],
  [fs.promises, ['writeFile', 'link', 'unlink', 'mkdtemp']],
];
for (const [module, names] of files)
  for (const call of names) {
    const original = module[call];
    module[call] = (path, ...rest) => {
      const hit = isIt('file', `${call} ${path} ${typeof rest[0] === 'string' && rest[0].length < 300 ? rest[0] : ''}`);
      if (hit && when === 'before') die();
      const result = original(path, ...rest);
      if (!hit) return result;
      if (typeof result?.then !== 'function') die();
      return result.then((value) => {
        die();
        return value;
      });
    };
  }
syncBuiltinESMExports();
