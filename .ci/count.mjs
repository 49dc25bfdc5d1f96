// node count.mjs <folder of .trx files> <exit status of the run>: the closing line, computed from the results.
import fs from 'node:fs';
import path from 'node:path';

const [folder, status] = process.argv.slice(2);
const sum = { passed: 0, failed: 0, skipped: 0 };
for (const file of fs.readdirSync(folder, { recursive: true }).filter(f => f.endsWith('.trx'))) {
  const counters = /<Counters ([^>]*)>/.exec(fs.readFileSync(path.join(folder, file), 'utf8'))?.[1];
  const count = name => Number(new RegExp(`\\b${name}="(\\d+)"`).exec(counters)?.[1] ?? 0);
  // A file that was cut off counts as a failure.
  sum.passed += count('passed');
  sum.failed += counters === undefined ? 1 : count('failed');
  sum.skipped += count('total') - count('passed') - count('failed');
}

console.log(`${sum.passed} passed, ${sum.failed} failed, ${sum.skipped} skipped`);
process.exit(status !== '0' || sum.failed || sum.skipped || !sum.passed ? 1 : 0);
