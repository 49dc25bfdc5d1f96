// node page.mjs <devnet.json> <chromium> [name …]: the customer's page in a real browser; one JSON line per scenario, exit code 1 where one fails.
import assert from 'node:assert/strict';
import { formatUnits, parseUnits } from 'ethers';
import { SigningWallet, installWallet, launch } from './browser.mjs';
import { call, connect, payees, until } from './gateway.mjs';

const [readyFile, executable, ...names] = process.argv.slice(2);
const world = connect(readyFile);
const { devnet, chain, services } = world;
const payers = devnet.accounts.filter(a => a.role === 'payer');
const usdcx = devnet.tokens.USDCx.address;
const run = `${Date.now()}`;

const balanceOf = async (token, payer) => (await chain.superToken(token).realtimeBalanceOfNow(payer.address)).availableBalance;
const grantOf = (token, payer) => chain.cfa.getFlowOperatorData(token, payer.address, devnet.operator);

/** Some of the devnets begin with payers who have authorised the operator. */
async function revoke(payer, token) {
  for (const transaction of (await call(services.AccountService, 'PrepareAuthorization', { payer: payer.address, token, revoke: true })).transactions)
    await chain.signAsIs(payer, transaction);
}

/** As the scheduler that runs the VM says what it did, and when. */
const report = (lease_id, execution, milliseconds) => call(services.LeaseService, 'ReportExecution', {
  lease_id, execution, at: { seconds: `${Math.floor(milliseconds / 1000)}`, nanos: milliseconds % 1000 * 1e6 },
});

/** The page as that account's owner has it open. */
async function visit(browser, account, path, { phone = false } = {}) {
  const context = await browser.newContext({ viewport: phone ? { width: 390, height: 844 } : { width: 1280, height: 900 }, locale: 'en-GB' });
  const wallet = new SigningWallet(chain.walletOf(account), BigInt(devnet.chainId));
  await installWallet(context, wallet.answer);
  const page = await context.newPage();
  const problems = [];
  page.on('pageerror', error => problems.push(`${error}`));
  page.on('console', message => message.type() === 'error' && problems.push(message.text()));
  await page.goto(`${devnet.httpUrl}${path}`);
  return { page, wallet, problems, close: () => context.close() };
}

async function finishSteps(page) {
  await page.locator('#steps-outcome:not(:empty)').waitFor();
  const outcome = await page.locator('#steps-outcome').innerText();
  await page.getByRole('button', { name: 'Close' }).click();
  return outcome;
}

const scenarios = {
  // From nothing: connects, authorises, tops up, and sees what the chain has.
  async customer(browser) {
    const payer = payers[0];
    await revoke(payer, 'USDCx');
    const { page, wallet, problems, close } = await visit(browser, payer, '/');
    await page.locator('#token').selectOption('USDCx');
    await page.getByRole('button', { name: 'Connect wallet', exact: true }).click();
    await page.getByText('Nothing. It can neither start nor stop payments for you.').waitFor();
    await page.getByText('Nothing is being paid from this account.').waitFor();
    assert.equal(new URL(page.url()).pathname, `/account/USDCx/${payer.address}`);

    wallet.declines = true;
    await page.getByRole('button', { name: 'Authorise' }).click();
    assert.match(await finishSteps(page), /You declined it in your wallet/);
    assert.equal((await grantOf(usdcx, payer)).permissions, 0n);

    wallet.declines = false;
    await page.getByLabel('Up to a limit').check();
    await page.getByLabel('New payments of at most').fill('3.6');
    await page.getByRole('button', { name: 'Authorise' }).click();
    assert.equal(await finishSteps(page), 'All of it is done.');
    const grant = await grantOf(usdcx, payer);
    assert.deepEqual([grant.permissions, grant.allowance], [7n, 10n ** 15n]);
    await page.locator('#permission', { hasText: 'raising them by at most 3.6 USDCx per hour' }).waitFor();

    const before = await balanceOf(usdcx, payer);
    await page.locator('#top-up').getByText('An amount').click();
    await page.getByRole('textbox', { name: 'Amount USDCx' }).fill('12.3456789');
    await page.getByRole('button', { name: 'Top up' }).click();
    assert.equal(await finishSteps(page), 'All of it is done.');
    // 12.3456789 is more than USDC has digits for: rounded up to its last one.
    assert.equal(await balanceOf(usdcx, payer) - before, parseUnits('12.345679', 18));
    assert.equal((await grantOf(usdcx, payer)).permissions, 7n);
    await page.waitForFunction(shown => document.getElementById('balance').textContent.replaceAll('\u202f', '') === shown, formatUnits(before + parseUnits('12.345679', 18), 18).slice(0, -2));

    await page.getByRole('button', { name: 'Revoke' }).click();
    assert.equal(await finishSteps(page), 'All of it is done.');
    assert.equal((await grantOf(usdcx, payer)).permissions, 0n);
    assert.deepEqual(problems, []);
    await close();
    return { transactions: wallet.sent.length };
  },

  // A VM is paid: the page shows it live, with its runway and its reason, and shows at once what the payer does elsewhere.
  async live(browser) {
    const [payer, shares] = [payers[1], payees(devnet)];
    const { page, problems, close } = await visit(browser, payer, `/account/ALEPH/${payer.address}`, { phone: true });
    await page.getByText('Nothing runs out').waitFor();
    for (const transaction of (await call(services.AccountService, 'PrepareAuthorization', { payer: payer.address, token: 'ALEPH' })).transactions)
      await chain.signAsIs(payer, transaction);
    await page.getByText('without a limit.').waitFor();

    const lease = await call(services.LeaseService, 'OpenLease', {
      lease_id: `${run}-page`, vm_id: 'vm-on-the-page', payer: payer.address, token: 'ALEPH', price: { flow_rate: '277777777777777' },
      payees: shares, wait_for: 'LEASE_STATE_ACTIVE', wait_at_most: { seconds: 30 },
    });
    assert.equal(lease.state, 'LEASE_STATE_ACTIVE');
    await page.getByRole('heading', { name: 'vm-on-the-page' }).waitFor();
    await page.getByText('Running, and paid.').waitFor();
    await page.getByText(/^Lasts \d+ years/).waitFor();
    await page.getByText('0.999999 ALEPH per hour', { exact: true }).first().waitFor();
    const first = await page.locator('#balance').innerText();
    await page.waitForFunction(text => document.getElementById('balance').textContent !== text, first);

    await chain.callAgreement(payer, 'deleteFlow', [devnet.tokens.ALEPH.address, payer.address, shares[0].address, '0x']);
    await page.getByText('You closed its payment in your wallet.').waitFor();
    await page.locator('.badge', { hasText: 'Paused' }).waitFor();
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), true, 'the page is wider than the phone');
    assert.deepEqual(problems, []);
    await call(services.LeaseService, 'CloseLease', { lease_id: `${run}-page` });
    await close();
    return {};
  },

  // The money and the limit run low: the page warns of both, and says until when a paused VM is kept.
  async dry(browser) {
    const [payer, token, rate] = [payers[0], devnet.tokens.ALEPH.address, 277777777777777n];
    for (const transaction of (await call(services.AccountService, 'PrepareAuthorization', { payer: payer.address, token: 'ALEPH', flow_rate_allowance: `${rate + rate / 2n}` })).transactions)
      await chain.signAsIs(payer, transaction);
    const lease = await call(services.LeaseService, 'OpenLease', {
      lease_id: `${run}-dry`, vm_id: 'vm-that-runs-dry', payer: payer.address, token: 'ALEPH', price: { flow_rate: `${rate}` },
      payees: payees(devnet), wait_for: 'LEASE_STATE_ACTIVE', wait_at_most: { seconds: 30 },
    });
    assert.equal(lease.state, 'LEASE_STATE_ACTIVE');
    const { page, problems, close } = await visit(browser, payer, `/account/ALEPH/${payer.address}`);
    await page.getByText('Your limit is nearly used up').waitFor();

    const leave = seconds => balanceOf(token, payer).then(balance => chain.transfer(payer, token, payees(devnet)[1].address, balance - rate * seconds));
    await leave(10n * 3600n);
    await page.locator('#runway[data-tone=warn]', { hasText: /^Lasts 9 hours/ }).waitFor();
    await leave(60n);
    await page.locator('.badge', { hasText: 'Paused' }).waitFor();
    await page.getByText(/^It is ended on .* unless it is paid again\.$/).waitFor();
    assert.deepEqual(problems, []);
    await call(services.LeaseService, 'CloseLease', { lease_id: `${run}-dry` });
    await close();
    return {};
  },

  // A VM has run and ended: the statement that the page leads to says what gRPC and the chain say, on screen, on a phone and on paper.
  async statement(browser) {
    const [payer, token, rate, shares] = [payers[3], devnet.tokens.ALEPH.address, 277777777777777n, payees(devnet)];
    for (const transaction of (await call(services.AccountService, 'PrepareAuthorization', { payer: payer.address, token: 'ALEPH' })).transactions)
      await chain.signAsIs(payer, transaction);
    const [lease_id, since] = [`${run}-statement`, (await chain.provider.getBlock('latest')).timestamp];
    await call(services.LeaseService, 'OpenLease', {
      lease_id, vm_id: '<b>vm</b> & its bill', payer: payer.address, token: 'ALEPH', price: { flow_rate: `${rate}` },
      payees: shares, wait_for: 'LEASE_STATE_ACTIVE', wait_at_most: { seconds: 30 },
    });
    const began = Date.now();
    await report(lease_id, 'EXECUTION_RUN', began);
    await until('it has run for a while', async () => (await chain.provider.getBlock('latest')).timestamp >= since + 6);
    const ended = Date.now();
    await report(lease_id, 'EXECUTION_TERMINATE', ended);
    for (const share of shares)
      await until('its flows have ended', async () => await chain.flow(token, payer.address, share.address) === 0n);

    const { page, problems, close } = await visit(browser, payer, `/account/ALEPH/${payer.address}`, { phone: true });
    const [paper] = await Promise.all([page.waitForEvent('popup'), page.getByRole('link', { name: 'To read and print' }).click()]);
    paper.on('console', message => message.type() === 'error' && problems.push(message.text()));
    await paper.getByRole('heading', { name: `Statement of ${payer.address}, ALEPH` }).waitFor();
    const table = id => paper.locator(`#${id} tbody tr`).evaluateAll(rows => rows.map(row => [...row.cells].map(cell => cell.textContent)));
    const told = await call(services.AccountService, 'GetStatement', { payer: payer.address, token: 'ALEPH' });
    const used = rate * BigInt(ended - began) / 1000n;
    const [inTokens, inWei] = await table('total');
    assert.deepEqual(inWei, ['wei', told.opening_carry, told.streamed, told.used, told.carried, told.closing_carry]);
    assert.deepEqual(inTokens.slice(1).map(text => parseUnits(text, 18)), inWei.slice(1).map(BigInt));
    assert.equal(told.used, `${used}`);
    assert.deepEqual((await table('leases')).map(row => [row[0], row[1], row[3]]), [[lease_id, '<b>vm</b> & its bill', `${used}`]]);

    // Each flow from the transaction that opened it to the one that ended it, and their sum.
    const flows = await table('flows');
    let streamed = 0n;
    for (const [payee, wei, , , sum, opened, endedBy] of flows) {
      const [from, to] = await Promise.all([opened, endedBy].map(async text => (await chain.provider.getBlock((await chain.provider.getTransactionReceipt(text.split(' ')[0])).blockNumber)).timestamp));
      assert.equal(BigInt(sum), BigInt(wei) * BigInt(to - from), `to ${payee}`);
      streamed += BigInt(sum);
    }
    assert.equal(`${streamed}`, told.streamed);
    assert.deepEqual(new Set(flows.map(row => row[0])), new Set(shares.map(s => s.address)));

    const wide = () => paper.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    assert.ok(await wide() <= 0, 'the statement is wider than the phone');
    await paper.emulateMedia({ media: 'print' });
    await paper.setViewportSize({ width: 703, height: 1000 }); // A4 less its margins.
    assert.ok(await wide() <= 0, 'the statement is wider than the paper');
    assert.equal((await paper.pdf({ format: 'A4' })).subarray(0, 5).toString(), '%PDF-');
    assert.deepEqual(problems, []);
    await close();
    return { flows: flows.length };
  },

  // Whoever looks only needs no wallet; a wallet elsewhere is told so; what makes no sense is said at the field.
  async careful(browser) {
    const payer = payers[2];
    await revoke(payer, 'ALEPH');
    const { page, wallet, close } = await visit(browser, payers[0], '/');
    await page.getByLabel('Account that pays').fill('0x1234');
    await page.getByRole('button', { name: 'Show' }).click();
    await page.getByText('must be 0x and 40 hex digits.').waitFor();
    await page.getByLabel('Account that pays').fill(payer.address.toLowerCase());
    await page.getByRole('button', { name: 'Show' }).click();
    await page.getByText('Nothing runs out').waitFor();
    assert.equal(new URL(page.url()).pathname, `/account/ALEPH/${payer.address}`);

    wallet.chainId = 1n;
    await page.getByRole('button', { name: 'Connect wallet', exact: true }).click();
    await page.getByRole('button', { name: 'Switch network' }).click();
    await until('the wallet is on the right network', () => wallet.chainId === BigInt(devnet.chainId));
    await page.getByText('Your wallet is on another network.').waitFor({ state: 'hidden' });

    await page.getByRole('textbox', { name: 'Amount ALEPH' }).fill('nothing');
    await page.getByRole('button', { name: 'Top up' }).click();
    await page.getByText('Enter an amount above zero').waitFor();

    // Somebody else's wallet can send to the account, but not sign for it.
    const before = await balanceOf(devnet.tokens.ALEPH.address, payer);
    await page.getByRole('textbox', { name: 'Amount ALEPH' }).fill('0.5');
    await page.getByRole('button', { name: 'Top up' }).click();
    assert.equal(await finishSteps(page), 'All of it is done.');
    assert.equal(await balanceOf(devnet.tokens.ALEPH.address, payer) - before, parseUnits('0.5', 18));
    await page.getByRole('button', { name: 'Authorise' }).click();
    assert.match(await finishSteps(page), /Only 0x.* can sign this/);
    await close();
    return {};
  },
};

const browser = await launch(executable);
let failed = false;
for (const name of names.length > 0 ? names : Object.keys(scenarios)) {
  try {
    console.log(JSON.stringify({ scenario: name, ok: true, browser: browser.version(), ...await scenarios[name](browser) }));
  } catch (error) {
    failed = true;
    console.log(JSON.stringify({ scenario: name, ok: false, error: `${error.stack ?? error}` }));
  }
}

await browser.close();
world.close();
process.exit(failed ? 1 : 0);
