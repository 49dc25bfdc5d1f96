// Makes package-lock.json again after a change of package.json: node lock.mjs
// Of the contracts only the compiled artifacts are used, and none of the hundreds of packages that compile and test them: without a list of
// dependencies in the lock file npm installs just what is named here.
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = dirname(fileURLToPath(import.meta.url));
const file = join(folder, 'package-lock.json');
rmSync(file, { force: true });
execFileSync('npm', ['install', '--package-lock-only', '--ignore-scripts', '--omit-lockfile-registry-resolved', '--no-audit', '--no-fund'], { cwd: folder, stdio: 'inherit' });

const lock = JSON.parse(readFileSync(file, 'utf8'));
const contracts = 'node_modules/@superfluid-finance/ethereum-contracts';
const { version, integrity, license } = lock.packages[contracts];
lock.packages = Object.fromEntries(Object.entries(lock.packages).filter(([path]) => path === '' || path.startsWith('node_modules/@foundry-rs/')));
lock.packages[contracts] = { version, integrity, license };
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
