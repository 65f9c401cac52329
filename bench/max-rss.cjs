/** Loaded before the program (`node --require`): tells at its end how much memory it ever held, in kB, to the file that MAX_RSS names. */
const fs = require('node:fs');

process.on('exit', () => fs.writeFileSync(process.env.MAX_RSS, String(process.resourceUsage().maxRSS)));
