// node scenarios.mjs <devnet.json> [name …]: each scenario prints one JSON line; exit code 1 where one fails.
import assert from 'node:assert/strict';
import { call, connect, first, legs, payees, until } from './gateway.mjs';

const [readyFile, ...names] = process.argv.slice(2);
const world = connect(readyFile);
const { devnet, chain, services } = world;
const { LeaseService: leases, AccountService: accounts } = services;
const payersOf = devnet.accounts.filter(a => a.role === 'payer');
const aleph = devnet.tokens.ALEPH.address;
const usdcx = devnet.tokens.USDCx.address;
const run = `${Date.now()}`;

const open = (id, payer, rate, more = {}) => call(leases, 'OpenLease', {
  lease_id: `${run}-${id}`, vm_id: `vm-${id}`, payer: payer.address, token: 'ALEPH', price: { flow_rate: `${rate}` },
  payees: payees(devnet), wait_for: 'LEASE_STATE_ACTIVE', wait_at_most: { seconds: 30 }, ...more,
});
const closeLease = (id) => call(leases, 'CloseLease', {
  lease_id: `${run}-${id}`, wait_for: 'LEASE_STATE_CLOSED', wait_at_most: { seconds: 30 },
});
const flowsOf = async (payer, shares, token = aleph) => Promise.all(shares.map(s => chain.flow(token, payer.address, s.address)));

async function authorize(payer, token = 'ALEPH', more = {}) {
  const prepared = await call(accounts, 'PrepareAuthorization', { payer: payer.address, token, ...more });
  for (const transaction of prepared.transactions)
    await chain.signAsIs(payer, transaction);
  return prepared;
}

const grantOf = async (payer, token = aleph) => chain.cfa.getFlowOperatorData(token, payer.address, devnet.operator);

const scenarios = {
  // Opens, resizes and closes; every leg exact to the wei; two leases share one flow; the last close returns the buffer.
  async leases() {
    const payer = payersOf[0];
    const shares = payees(devnet);
    await authorize(payer);
    const before = await chain.superToken(aleph).realtimeBalanceOfNow(payer.address);
    assert.equal(before.deposit, 0n);

    const a = await open('a', payer, 15277777777777n);
    assert.equal(a.state, 'LEASE_STATE_ACTIVE');
    assert.equal(a.execution, 'EXECUTION_RUN');
    assert.deepEqual(await flowsOf(payer, shares), legs(15277777777777n, shares));
    assert.deepEqual(a.legs.map(l => BigInt(l.flow_rate)), legs(15277777777777n, shares));

    await open('b', payer, 1000000000001n);
    const both = legs(15277777777777n, shares).map((rate, i) => rate + legs(1000000000001n, shares)[i]);
    assert.deepEqual(await flowsOf(payer, shares), both);

    const resized = await call(leases, 'UpdateLease', {
      lease_id: `${run}-a`, price: { flow_rate: '30555555555555' }, wait_for: 'LEASE_STATE_ACTIVE', wait_at_most: { seconds: 30 },
    });
    assert.equal(resized.state, 'LEASE_STATE_ACTIVE');
    const raised = legs(30555555555555n, shares).map((rate, i) => rate + legs(1000000000001n, shares)[i]);
    assert.deepEqual(await flowsOf(payer, shares), raised);
    assert.ok(await chain.deposit(aleph, payer.address) > 0n);

    assert.equal((await closeLease('a')).state, 'LEASE_STATE_CLOSED');
    assert.deepEqual(await flowsOf(payer, shares), legs(1000000000001n, shares));
    assert.equal((await closeLease('b')).state, 'LEASE_STATE_CLOSED');
    assert.deepEqual(await flowsOf(payer, shares), [0n, 0n]);
    assert.equal(await chain.deposit(aleph, payer.address), 0n);
    return { buffer: 'returned' };
  },

  // Sixty-four simultaneous identical requests: one lease, one flow.
  async identical() {
    const payer = payersOf[1];
    const shares = payees(devnet, 1);
    await authorize(payer);
    const answers = await Promise.all(Array.from({ length: 64 }, () => open('same', payer, 5000000000000n, { payees: shares })));
    assert.equal(new Set(answers.map(l => l.lease_id)).size, 1);
    assert.deepEqual(await flowsOf(payer, shares), legs(5000000000000n, shares));
    const listed = await call(leases, 'ListLeases', { payer: payer.address, token: 'ALEPH', page_size: 100 });
    assert.equal(listed.leases.filter(l => l.lease_id === `${run}-same`).length, 1);
    await assert.rejects(open('same', payer, 6000000000000n, { payees: shares }), error => error.code === 6);
    await closeLease('same');
    return { answers: answers.length };
  },

  // The payer deletes his flow in his own wallet: PAUSE with the reason and the hash, nobody else is touched, the flow stays closed.
  async disruption() {
    const [payer, other] = [payersOf[0], payersOf[1]];
    const shares = payees(devnet);
    await authorize(payer);
    await authorize(other);
    await open('victim', payer, 15277777777777n);
    await open('bystander', other, 15277777777777n);

    const stream = leases.WatchDirectives({ follow: true });
    const pause = first(stream, d => d.lease_id === `${run}-victim` && d.execution === 'EXECUTION_PAUSE', 'the pause directive');
    const receipt = await chain.callAgreement(payer, 'deleteFlow', [aleph, payer.address, shares[0].address, '0x']);
    const directive = await pause;
    assert.equal(directive.reason, 'REASON_FLOW_CLOSED_BY_PAYER');
    assert.equal(directive.evidence.transaction_hash, receipt.hash);
    assert.equal(directive.evidence.block_number, `${receipt.blockNumber}`);

    const reported = await call(leases, 'ReportExecution', {
      lease_id: directive.lease_id, execution: 'EXECUTION_PAUSE', at: now(), directive_id: directive.directive_id,
    });
    assert.equal(reported.state, 'LEASE_STATE_PAUSED');
    const height = await chain.provider.getBlockNumber();
    await until('eight more blocks', async () => await chain.provider.getBlockNumber() >= height + 8);
    assert.equal(await chain.flow(aleph, payer.address, shares[0].address), 0n);

    const bystander = await call(leases, 'GetLease', { lease_id: `${run}-bystander` });
    assert.equal(bystander.state, 'LEASE_STATE_ACTIVE');
    assert.deepEqual(await flowsOf(other, shares), legs(15277777777777n, shares));
    const told = await drain(leases.WatchDirectives({ follow: false }));
    assert.ok(!told.some(d => d.lease_id === `${run}-bystander` && d.execution === 'EXECUTION_PAUSE'));

    // He pays it again himself: the lease recovers without the flow having been made by us.
    const run2 = leases.WatchDirectives({ follow: true, cursor: directive.cursor });
    const resumed = first(run2, d => d.lease_id === directive.lease_id && d.execution === 'EXECUTION_RUN', 'the run directive');
    await chain.callAgreement(payer, 'createFlow', [aleph, shares[0].address, legs(15277777777777n, shares)[0], '0x']);
    assert.equal((await resumed).reason, 'REASON_RECOVERED');
    assert.deepEqual(await flowsOf(payer, shares), legs(15277777777777n, shares));
    await closeLease('victim');
    await closeLease('bystander');
    return { block: receipt.blockNumber };
  },

  // A revoked permission pauses nothing while the flow pays; it shows on the lease, and opens and raises are refused.
  async revocation() {
    const payer = payersOf[2];
    const shares = payees(devnet);
    await authorize(payer);
    await open('kept', payer, 2000000000000n);
    await authorize(payer, 'ALEPH', { revoke: true });
    const shown = await until('the lease says so', async () => {
      const lease = await call(leases, 'GetLease', { lease_id: `${run}-kept` });
      return lease.reason === 'REASON_PERMISSION_REVOKED' && lease;
    });
    assert.equal(shown.state, 'LEASE_STATE_ACTIVE');
    assert.equal(shown.execution, 'EXECUTION_RUN');
    await assert.rejects(open('refused', payer, 1000000000000n), error => error.code === 9);
    await assert.rejects(call(leases, 'UpdateLease', { lease_id: `${run}-kept`, price: { flow_rate: '3000000000000' } }), error => error.code === 9);
    assert.deepEqual(await flowsOf(payer, shares), legs(2000000000000n, shares));
    await authorize(payer);
    await until('the grant is seen', async () => (await call(leases, 'GetLease', { lease_id: `${run}-kept` })).reason === 'REASON_FUNDED');
    await closeLease('kept');
    return {};
  },

  // Every prepared transaction, signed as it is, does what `expected` said.
  async prepared() {
    const [payer, friend] = [payersOf[2], payersOf[1]];
    const finite = await authorize(payer, 'USDCx', { flow_rate_allowance: '123456789' });
    let grant = await grantOf(payer, usdcx);
    assert.deepEqual([grant.permissions, grant.allowance], [7n, 123456789n]);
    assert.equal(finite.expected.flow_rate_allowance, '123456789');
    await authorize(payer, 'USDCx', { revoke: true });
    grant = await grantOf(payer, usdcx);
    assert.deepEqual([grant.permissions, grant.allowance], [0n, 0n]);

    const wrap = await call(accounts, 'PrepareTopUp', { payer: payer.address, token: 'USDCx', super_token_amount: `${25n * 10n ** 18n}`, authorize: true });
    for (const transaction of wrap.transactions)
      await chain.signAsIs(payer, transaction);
    grant = await grantOf(payer, usdcx);
    assert.equal(grant.permissions, 7n);
    const wrapped = await chain.superToken(usdcx).realtimeBalanceOfNow(payer.address);
    assert.equal(`${wrapped.availableBalance}`, wrap.expected.available_balance);
    assert.equal(wrap.expected.unlimited_allowance, true);

    const gift = await call(accounts, 'PrepareTopUp', { payer: payer.address, token: 'ALEPH', super_token_amount: '12345' });
    const before = await chain.superToken(aleph).balanceOf(payer.address);
    for (const transaction of gift.transactions)
      await chain.signAsIs(friend, transaction);
    assert.equal(await chain.superToken(aleph).balanceOf(payer.address), before + 12345n);
    assert.equal(gift.expected.available_balance, `${before + 12345n}`);
    return { transactions: finite.transactions.length + wrap.transactions.length + gift.transactions.length };
  },
};

function now() {
  const milliseconds = Date.now();
  return { seconds: Math.floor(milliseconds / 1000), nanos: (milliseconds % 1000) * 1_000_000 };
}

function drain(stream) {
  return new Promise((resolve, reject) => {
    const items = [];
    stream.on('data', item => items.push(item));
    stream.on('error', reject);
    stream.on('end', () => resolve(items));
  });
}

let failed = false;
for (const name of names.length > 0 ? names : Object.keys(scenarios)) {
  try {
    console.log(JSON.stringify({ scenario: name, ok: true, ...await scenarios[name]() }));
  } catch (error) {
    failed = true;
    console.log(JSON.stringify({ scenario: name, ok: false, error: `${error.stack ?? error}`, details: error.details }));
  }
}

world.close();
process.exit(failed ? 1 : 0);
