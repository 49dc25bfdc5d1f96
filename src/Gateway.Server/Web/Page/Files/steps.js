// Sends prepared transactions through the wallet, one after the other, and tells how it goes.
import { $, element } from './dom.js';
import { walletProblem } from './wallet.js';

const WORDS = { wait: 'Waits for its turn', sign: 'Confirm it in your wallet', sent: 'Sent, waiting for the block', done: 'Done', failed: 'Not done' };

/**
 * @param {import('./wallet.js').Wallet} wallet
 * @param {{transactions: object[]}} prepared as the gateway prepared it
 * @param {string} payer whom it is for
 * @returns whether all of them are in
 */
export async function run(title, prepared, wallet, payer) {
  const steps = prepared.transactions;
  const items = steps.map(step => element('li', { className: 'step' },
    element('p', { textContent: step.description }), element('p', { className: 'step-state muted', textContent: WORDS.wait })));
  const mark = (i, state, more = '') => {
    items[i].dataset.state = state;
    items[i].lastChild.textContent = WORDS[state] + more;
  };
  open(title, items, steps.length);
  for (const [i, step] of steps.entries()) {
    const hindrance = hindranceOf(step, wallet, payer);
    if (hindrance)
      return finish(false, hindrance, () => mark(i, 'failed'));
    try {
      mark(i, 'sign');
      const hash = await wallet.send(step);
      mark(i, 'sent', `: ${hash}`);
      if (!await wallet.landed(hash))
        return finish(false, 'The chain did not carry it out. Nothing but its fee was spent.', () => mark(i, 'failed', `: ${hash}`));
      mark(i, 'done');
    } catch (error) {
      return finish(false, walletProblem(error), () => mark(i, 'failed'));
    }
  }
  return finish(true, steps.length === 0 ? 'Nothing is needed: it is so already.' : 'All of it is done.');
}

/** Why this wallet cannot sign it as it stands; null where it can. */
function hindranceOf(step, wallet, payer) {
  if (wallet.chainId !== BigInt(step.chainId))
    return 'Your wallet is on another network. Switch it first.';
  if (step.from)
    return wallet.isAccount(step.from) ? null : `Only ${step.from} can sign this. Choose that account in your wallet.`;
  return wallet.isAccount(payer)
    ? 'This token cannot be wrapped from another one: it is sent to your account from a wallet that has it. Choose such an account in your wallet, and try again.'
    : null;
}

function open(title, items, count) {
  $('steps-title').textContent = title;
  $('steps-intro').textContent = count > 1 ? `${count} transactions, one after the other. Read in your wallet what you sign.` : 'Read in your wallet what you sign.';
  $('steps-intro').hidden = count === 0;
  $('steps').replaceChildren(...items);
  $('steps-outcome').textContent = '';
  delete $('steps-outcome').dataset.tone;
  if (!$('steps-dialog').open)
    $('steps-dialog').showModal();
}

function finish(success, words, last = () => {}) {
  last();
  $('steps-outcome').textContent = words;
  $('steps-outcome').dataset.tone = success ? 'good' : 'bad';
  $('steps-close').focus();
  return success;
}
