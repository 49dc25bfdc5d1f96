// The customer's page: an account as it is, and what can be done about it.
import { get, now, path, post } from './api.js';
import { $, date, element, say, show } from './dom.js';
import { showLeases } from './leases.js';
import { balanceAt, duration, formatUnits, parseUnits, tickingDecimals } from './money.js';
import { run } from './steps.js';
import { Wallet, Wallets, walletProblem } from './wallet.js';

const DAY = 86400;
const GAUGE_DAYS = 30;

const wallets = new Wallets();
const page = { tokens: [], token: null, payer: null, account: null, leases: [], wallet: null, events: null };

// ---- Which account

async function start() {
  try {
    page.tokens = (await get('/v1/tokens')).tokens;
  } catch (problem) {
    say('failed', problem.message);
    setTimeout(start, 3000);
    return;
  }
  say('failed', null);
  $('token').replaceChildren(...page.tokens.map(t => element('option', { value: t.symbol, textContent: t.symbol })));
  const [, token, payer] = /^\/account\/([^/]+)\/([^/]+)/.exec(location.pathname) ?? [];
  if (payer)
    choose(decodeURIComponent(token), decodeURIComponent(payer));
}

async function choose(token, payer) {
  const found = page.tokens.find(t => t.symbol === token || t.address.toLowerCase() === token.toLowerCase());
  say('picker-problem', found ? null : `This gateway has no token ${token}.`);
  if (!found)
    return;
  $('token').value = found.symbol;
  $('payer').value = payer;
  try {
    const account = await get(path(found.symbol, payer));
    Object.assign(page, { token: found, payer: account.payer });
    $('payer').value = account.payer;
    history.replaceState(null, '', `/account/${encodeURIComponent(found.symbol)}/${account.payer}`);
    show('welcome', false);
    show('account', true);
    prepareForms();
    $('ended').open = false;
    $('ended-leases').replaceChildren();
    take(account);
    follow();
  } catch (problem) {
    say('picker-problem', problem.message);
    $('payer').setAttribute('aria-invalid', problem.field === 'payer');
  }
}

/** Live from now on. The browser itself connects again after an interruption. */
function follow() {
  page.events?.close();
  const events = page.events = new EventSource(`${path(page.token.symbol, page.payer)}/events`);
  events.addEventListener('account', event => { show('offline', false); take(JSON.parse(event.data)); });
  events.addEventListener('error', () => {
    show('offline', true);
    // Refused, not interrupted: the browser has given up, so try again later.
    if (events.readyState === EventSource.CLOSED)
      setTimeout(() => page.events === events && follow(), 5000);
  });
}

async function take(account) {
  page.account = account;
  showAccount();
  const of = page.payer;
  try {
    const { leases } = await get(`${path(page.token.symbol, page.payer)}/leases`);
    if (of !== page.payer)
      return;
    page.leases = leases;
    showLeases($('leases'), leases);
    show('no-leases', leases.length === 0);
    say('no-list', null);
    showHint();
  } catch (problem) {
    say('no-list', problem.message);
  }
}

// ---- What it shows

const amount = (units, options) => `${formatUnits(units, options)} ${page.token.symbol}`;

function moment() {
  return Math.max(now(), Date.parse(page.account.observedAt));
}

function balance() {
  const { availableBalance, netFlowRate, observedAt } = page.account;
  return balanceAt(BigInt(availableBalance), BigInt(netFlowRate), Date.parse(observedAt), moment());
}

function showAccount() {
  const { account, token } = page;
  const net = BigInt(account.netFlowRate);
  $('symbol').textContent = token.symbol;
  $('spending').textContent = net < 0n ? `${amount(-net * 3600n)} per hour` : net > 0n ? `Nothing; ${amount(net * 3600n)} per hour come in` : 'Nothing';
  $('buffer').textContent = amount(BigInt(account.bufferDeposit));
  show('wrappable', account.underlyingBalance !== '');
  if (account.underlyingBalance !== '')
    $('underlying').textContent = formatUnits(BigInt(account.underlyingBalance), { decimals: token.underlyingDecimals });
  say('permission', permission(account));
  say('allowance-low', account.allowanceLow
    ? 'Your limit is nearly used up: if your VMs were paused now, not all of them could resume by themselves. Raise it, or set none.'
    : null);
  const mayAll = account.canCreate && account.canUpdate && account.canDelete;
  $('authorize-button').textContent = mayAll ? 'Change' : 'Authorise';
  show('revoke', account.canCreate || account.canUpdate || account.canDelete || account.flowRateAllowance !== '0');
  show('also-authorize', token.kind === 'TOKEN_KIND_WRAPPER' && !(mayAll && account.unlimitedAllowance));
  $('statement-page').href = `/statement/${encodeURIComponent(token.symbol)}/${account.payer}`;
  $('statement-csv').href = `${path(token.symbol, account.payer)}/statement.csv`;
  $('statement-json').href = `${path(token.symbol, account.payer)}/statement`;
  tick();
}

function tick() {
  if (!page.account)
    return;
  const net = BigInt(page.account.netFlowRate);
  $('balance').textContent = formatUnits(balance(), { least: tickingDecimals(net), most: tickingDecimals(net) });
  const { criticalAt } = page.account;
  const left = criticalAt ? Math.max(0, Math.floor((Date.parse(criticalAt) - moment()) / 1000)) : null;
  const [words, tone] = runway(left);
  if ($('runway').textContent !== words)
    $('runway').textContent = words;
  $('runway').dataset.tone = tone;
  show('gauge', left !== null && left < GAUGE_DAYS * DAY);
  $('gauge').value = (left ?? 0) / DAY;
}

function runway(left) {
  if (left === null)
    return balance() < 0n ? ['The balance is below zero.', 'bad'] : ['Nothing runs out: more comes in than goes out, or nothing goes out.', 'good'];
  if (left === 0)
    return ['The balance has run out. Anybody may close your payments now and take the buffer: top up at once.', 'bad'];
  // Read aloud once a minute, not once a second.
  const shown = left > 3600 ? left - left % 60 : left;
  return [`Lasts ${duration(shown)}, until ${date(Date.parse(page.account.criticalAt))}.`, page.account.runwayWarning ? 'warn' : 'good'];
}

function permission(account) {
  const may = [account.canCreate && 'open', account.canUpdate && 'change', account.canDelete && 'close'].filter(Boolean);
  if (may.length === 0)
    return 'Nothing. It can neither start nor stop payments for you.';
  const verbs = may.length > 1 ? `${may.slice(0, -1).join(', ')} and ${may.at(-1)}` : may[0];
  const limit = account.unlimitedAllowance ? 'without a limit' : `raising them by at most ${amount(BigInt(account.flowRateAllowance) * 3600n)} per hour from now on`;
  return `It may ${verbs} your ${page.token.symbol} payments, ${limit}.`;
}

// ---- The forms

const by = () => new FormData($('top-up')).get('by');

function prepareForms() {
  $('limit-unit').textContent = `${page.token.symbol} per hour`;
  $('top-up-value').value = '';
  say('top-up-problem', null);
  say('authorize-problem', null);
  showHint();
}

function showHint() {
  const days = by() === 'days';
  $('top-up-label').textContent = days ? 'How long it should last' : 'Amount';
  $('top-up-unit').textContent = days ? 'days' : page.token.symbol;
  const paused = page.leases.filter(l => l.state === 'LEASE_STATE_PAUSED').length;
  const hints = {
    TOKEN_KIND_WRAPPER: 'It is wrapped from what your wallet has.',
    TOKEN_KIND_NATIVE_WRAPPER: 'It is wrapped from the coins in your wallet.',
    TOKEN_KIND_PURE: 'It is sent to this account from whichever wallet has it.',
  };
  $('top-up-hint').textContent = [
    days ? 'Counted with all that goes out now.' : '',
    days && paused > 0 ? `${paused} paused VM${paused === 1 ? '' : 's'} and the buffer to resume are counted in.` : '',
    hints[page.token.kind] ?? '',
  ].join(' ').trim();
}

/** What is asked of the gateway; null, and said why, where the form makes no sense. */
function topUpRequest() {
  const text = $('top-up-value').value;
  const authorize = !$('also-authorize').hidden && $('authorize-too').checked;
  if (by() === 'amount') {
    const wei = parseUnits(text);
    return wei ? { superTokenAmount: `${wei}`, authorize } : null;
  }
  const milliDays = parseUnits(text, 3);
  if (!milliDays)
    return null;
  const seconds = milliDays * BigInt(DAY) / 1000n;
  const missing = missingFor(seconds);
  return missing === null ? { targetRunway: `${seconds}s`, authorize } : { superTokenAmount: `${missing}`, authorize };
}

/** With paused VMs today's net rate is not what has to last: theirs and their buffers are added. Null where none is paused, or nothing is missing. */
function missingFor(seconds) {
  const paused = page.leases.filter(l => l.state === 'LEASE_STATE_PAUSED').reduce((sum, l) => sum + BigInt(l.flowRate) - BigInt(l.pausedFlowRate), 0n);
  if (paused === 0n)
    return null;
  const net = BigInt(page.account.netFlowRate) - paused;
  const buffers = paused * BigInt(Number.parseInt(page.token.liquidationPeriod, 10));
  const missing = -(balance() + net * seconds) + buffers;
  return missing > 0n ? missing : null;
}

async function prepare(button, problemId, title, route, body) {
  say(problemId, null);
  if (!page.wallet?.account && !await connect())
    return;
  button.disabled = true;
  try {
    const prepared = await post(`${path(page.token.symbol, page.payer)}/${route}`, body);
    await run(title, prepared, page.wallet, page.payer);
    await take(await get(path(page.token.symbol, page.payer)));
  } catch (problem) {
    say(problemId, problem.message);
  } finally {
    button.disabled = false;
  }
}

$('picker').addEventListener('submit', event => { event.preventDefault(); choose($('token').value, $('payer').value.trim()); });
$('token').addEventListener('change', () => $('payer').value && choose($('token').value, $('payer').value.trim()));

$('top-up').addEventListener('change', showHint);
$('top-up').addEventListener('submit', event => {
  event.preventDefault();
  const body = topUpRequest();
  if (body)
    prepare(event.submitter ?? $('top-up'), 'top-up-problem', 'Top up', 'top-up', body);
  else
    say('top-up-problem', by() === 'days' ? 'Enter a number of days, like 30.' : 'Enter an amount above zero, like 12.5.');
});

$('authorize').addEventListener('change', () => show('limit-field', new FormData($('authorize')).get('limit') === 'finite'));
$('authorize').addEventListener('submit', event => {
  event.preventDefault();
  const finite = new FormData($('authorize')).get('limit') === 'finite';
  const perHour = finite ? parseUnits($('limit-value').value) : null;
  if (finite && !(perHour >= 3600n))
    return say('authorize-problem', 'Enter an amount per hour above zero, like 0.5.');
  prepare($('authorize-button'), 'authorize-problem', 'Authorise the gateway', 'authorization', finite ? { flowRateAllowance: `${perHour / 3600n}` } : {});
});
$('revoke').addEventListener('click', () => prepare($('revoke'), 'authorize-problem', 'Revoke', 'authorization', { revoke: true }));

let endedToken = '';
async function showEnded(more) {
  const { leases, nextPageToken } = await get(`${path(page.token.symbol, page.payer)}/leases?ended=true&pageToken=${encodeURIComponent(more ? endedToken : '')}`);
  const list = element('ul');
  showLeases(list, leases);
  $('ended-leases').append(...list.children);
  endedToken = nextPageToken;
  show('more-ended', endedToken !== '');
}
$('ended').addEventListener('toggle', () => { if ($('ended').open) { $('ended-leases').replaceChildren(); showEnded(false); } });
$('more-ended').addEventListener('click', () => showEnded(true));

// ---- The wallet

async function connect() {
  const found = wallets.list();
  if (found.length === 0) {
    say('failed', 'No wallet was found in this browser. You can still look at any account: enter its address.');
    return false;
  }
  const chosen = found.length === 1 ? found[0] : await pick(found);
  if (!chosen)
    return false;
  try {
    page.wallet = await Wallet.connect(chosen, showWallet);
  } catch (error) {
    say('failed', walletProblem(error));
    return false;
  }
  say('failed', null);
  showWallet(page.wallet);
  if (!page.payer && page.tokens.length > 0)
    await choose($('token').value, page.wallet.account);
  return true;
}

function pick(found) {
  return new Promise(resolve => {
    const dialog = $('wallets-dialog');
    $('wallets').replaceChildren(...found.map(wallet => element('li', {}, element('button', { type: 'button', className: 'button plain wide', onclick: () => { resolve(wallet); dialog.close(); } },
      wallet.icon?.startsWith('data:') ? element('img', { src: wallet.icon, alt: '', width: 24, height: 24 }) : null, element('span', { textContent: wallet.name })))));
    dialog.addEventListener('close', () => resolve(null), { once: true });
    dialog.showModal();
  });
}

function showWallet(wallet) {
  const { account } = wallet;
  say('wallet-name', account ? `${account.slice(0, 6)}…${account.slice(-4)}` : null);
  $('wallet-name').title = account ?? '';
  $('connect').textContent = account ? 'My account' : 'Connect wallet';
  const chain = page.token ?? page.tokens[0];
  show('wrong-chain', account && chain && wallet.chainId !== BigInt(chain.chainId));
}

$('connect').addEventListener('click', () => page.wallet?.account ? choose($('token').value, page.wallet.account) : connect());
$('welcome-connect').addEventListener('click', () => $('connect').click());
$('switch-chain').addEventListener('click', async () => {
  try {
    await page.wallet.switchTo((page.token ?? page.tokens[0]).chainId);
    showWallet(page.wallet);
  } catch (error) {
    say('failed', walletProblem(error));
  }
});
$('steps-close').addEventListener('click', () => $('steps-dialog').close());
$('wallets-close').addEventListener('click', () => $('wallets-dialog').close());

// Smoothly where that is welcome, else once a second.
setInterval(tick, matchMedia('(prefers-reduced-motion: reduce)').matches ? 1000 : 100);
start();
