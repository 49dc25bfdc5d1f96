// Wallets in the browser: found by EIP-6963, or the one of EIP-1193 at window.ethereum.

/** Wallets that have announced themselves. */
export class Wallets {
  #found = new Map();

  constructor() {
    window.addEventListener('eip6963:announceProvider', event => this.#found.set(event.detail.info.uuid, event.detail));
    window.dispatchEvent(new Event('eip6963:requestProvider'));
  }

  /** {name, icon, provider} of each. */
  list() {
    const announced = [...this.#found.values()].map(({ info, provider }) => ({ name: info.name, icon: info.icon, provider }));
    if (announced.length === 0 && window.ethereum)
      return [{ name: 'Browser wallet', icon: null, provider: window.ethereum }];
    return announced;
  }
}

/** One connected wallet. */
export class Wallet {
  constructor(provider, name, account, chainId) {
    Object.assign(this, { provider, name, account, chainId });
  }

  static async connect({ provider, name }, changed) {
    const [account] = await provider.request({ method: 'eth_requestAccounts' });
    if (!account)
      throw new Error('The wallet named no account.');
    const wallet = new Wallet(provider, name, account, BigInt(await provider.request({ method: 'eth_chainId' })));
    provider.on?.('accountsChanged', accounts => { wallet.account = accounts[0] ?? null; changed(wallet); });
    provider.on?.('chainChanged', id => { wallet.chainId = BigInt(id); changed(wallet); });
    return wallet;
  }

  isAccount(address) {
    return this.account?.toLowerCase() === address?.toLowerCase();
  }

  async switchTo(chainId) {
    await this.provider.request({ method: 'wallet_switchEthereumChain', params: [{ chainId: hex(chainId) }] });
    this.chainId = BigInt(await this.provider.request({ method: 'eth_chainId' }));
  }

  /** Sends a prepared transaction as it is; the hash. */
  send(transaction) {
    return this.provider.request({
      method: 'eth_sendTransaction',
      params: [{
        from: this.account,
        to: transaction.to,
        data: transaction.data,
        value: hex(transaction.value),
        gas: hex(transaction.gasLimit),
        chainId: hex(transaction.chainId),
      }],
    });
  }

  /** True where it succeeded, false where the chain refused it; waits until it is in a block. */
  async landed(hash, pause = () => new Promise(resolve => setTimeout(resolve, 1000))) {
    for (;;) {
      const receipt = await this.provider.request({ method: 'eth_getTransactionReceipt', params: [hash] });
      if (receipt)
        return BigInt(receipt.status) === 1n;
      await pause();
    }
  }
}

/** What a wallet's error means, for the one who holds it. */
export function walletProblem(error) {
  switch (error?.code) {
    case 4001: return 'You declined it in your wallet. Nothing was sent.';
    case 4100: return 'Your wallet has not allowed this page to use that account.';
    case 4902: return 'Your wallet does not know this network yet. Add it there first.';
    case -32002: return 'Your wallet is waiting for you: open it and answer there.';
    default: return error?.shortMessage ?? error?.message ?? 'Your wallet did not say what went wrong.';
  }
}

const hex = number => `0x${BigInt(number).toString(16)}`;
