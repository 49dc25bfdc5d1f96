// node money.mjs: the page's arithmetic by itself. Prints one JSON line; exit code 1 where something is wrong.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { formatUnits as ethersFormat, parseUnits as ethersParse } from 'ethers';

// As a browser has it: a module by its content. Node would take a .js without a package.json for the older kind.
const source = fs.readFileSync(new URL('../../../src/Gateway.Server/Web/Page/Files/money.js', import.meta.url), 'utf8');
const { balanceAt, duration, formatUnits, parseUnits, tickingDecimals } = await import(`data:text/javascript,${encodeURIComponent(source)}`);

/** Pseudo-random and the same at every run: a failure can be repeated. */
function* numbers(count) {
  let state = 88172645463325252n;
  for (let i = 0; i < count; i++) {
    state ^= (state << 13n) & ((1n << 64n) - 1n);
    state ^= state >> 7n;
    state ^= (state << 17n) & ((1n << 64n) - 1n);
    // Every length in bits as often as any other.
    yield (state * state * state) >> BigInt(192 - 1 - i % 96);
  }
}

const plain = text => text.replaceAll('\u202f', '').replace('−', '-');
let checked = 0;
for (const units of numbers(5000)) {
  for (const decimals of [0, 6, 18]) {
    // Exact where every digit is shown, and the same as another implementation has it.
    const all = plain(formatUnits(units, { decimals, most: decimals }));
    assert.equal(ethersParse(all, decimals), units);
    assert.equal(parseUnits(all, decimals), units);
    // Cut short it never says more, and at most one of the last digit less.
    const cut = ethersParse(plain(formatUnits(units, { decimals, most: 4 })), decimals);
    assert.ok(cut <= units && units - cut < 10n ** BigInt(Math.max(0, decimals - 4)));
    const negative = ethersParse(plain(formatUnits(-units, { decimals, most: 4 })), decimals);
    assert.ok(negative <= -units && -units - negative < 10n ** BigInt(Math.max(0, decimals - 4)));
    checked++;
  }
  // Whole seconds later the balance is the chain's to the wei.
  assert.equal(balanceAt(units, -7n, 1_000, 61_000), units - 420n);
  assert.ok(tickingDecimals(units) >= 4 && tickingDecimals(units) <= 18);
}

assert.equal(ethersFormat(balanceAt(10n ** 18n, -(10n ** 15n), 0, 1500)), '0.9985');
assert.equal(balanceAt(5n, -1n, 10_000, 0), 5n, 'never back in time');
assert.deepEqual(['', '.5', '1.', '1,5', ' 2 ', '-1', '1e3', '0.0000000000000000001', '1 000'].map(t => parseUnits(t)),
  [null, null, 10n ** 18n, 15n * 10n ** 17n, 2n * 10n ** 18n, null, null, null, null]);
assert.deepEqual([0, 1, 59, 60, 3661, 86400, 273600, 365 * 86400 + 86400, 400 * 86400].map(duration),
  ['less than a second', '1 second', '59 seconds', '1 minute', '1 hour 1 minute', '1 day', '3 days 4 hours', '1 year 1 day', '1 year 35 days']);

console.log(JSON.stringify({ ok: true, checked }));
