/** Loaded before the program (`node --require`): tells at its end how long git ran, to the file that GIT_TIME names. */
const childProcess = require('node:child_process');
const fs = require('node:fs');
const { syncBuiltinESMExports } = require('node:module');

const { spawn } = childProcess;
let running = 0;
let since = 0;
let total = 0;
let calls = 0;
// Git that runs twice at a time counts once.
childProcess.spawn = (...args) => {
  const child = spawn(...args);
  calls += 1;
  if (running++ === 0) since = performance.now();
  child.on('exit', () => {
    if (--running === 0) total += performance.now() - since;
  });
  return child;
};
syncBuiltinESMExports();
process.on('exit', () => {
  fs.writeFileSync(process.env.GIT_TIME, JSON.stringify({ calls, gitMs: total, allMs: performance.now() }));
});
