// A real browser on the customer's page, with a wallet in it whose keys are here: what it signs goes to the real chain.
import { chromium } from 'playwright-core';

/** Opens Chromium; who runs as root has no sandbox to run it in. */
export function launch(executablePath) {
  return chromium.launch({ executablePath, headless: true, args: process.getuid?.() === 0 ? ['--no-sandbox'] : [] });
}

/**
 * Puts an EIP-1193 provider into every page of this context, announced as EIP-6963 wants it. Its answers come from here.
 * @param answer ({method, params}) → the result; what it throws is what a wallet says, code included
 */
export async function installWallet(context, answer) {
  await context.exposeFunction('__wallet', async request => {
    try {
      return { result: await answer(request) };
    } catch (error) {
      return { error: { code: error.code, message: `${error.shortMessage ?? error.message}` } };
    }
  });
  await context.addInitScript(() => {
    const listeners = {};
    const provider = {
      request: async request => {
        const { result, error } = await window.__wallet(request);
        if (error)
          throw Object.assign(new Error(error.message), { code: error.code });
        return result;
      },
      on: (name, listener) => (listeners[name] ??= []).push(listener),
    };
    window.__walletSays = (name, value) => (listeners[name] ?? []).forEach(listener => listener(value));
    const detail = Object.freeze({ info: { uuid: '1f0e6b3c-7a3d-4c0f-9d2a-1e5b6c7d8e9f', name: 'Test wallet', icon: 'data:,', rdns: 'org.example.wallet' }, provider });
    const announce = () => window.dispatchEvent(new CustomEvent('eip6963:announceProvider', { detail }));
    window.addEventListener('eip6963:requestProvider', announce);
    announce();
  });
}

/** A wallet over ethers: it signs what it is asked to, unless it is told to decline. */
export class SigningWallet {
  constructor(signer, chainId) {
    Object.assign(this, { signer, chainId, declines: false, sent: [] });
  }

  answer = async ({ method, params }) => {
    switch (method) {
      case 'eth_requestAccounts':
      case 'eth_accounts':
        return [await this.signer.getAddress()];
      case 'eth_chainId':
        return `0x${this.chainId.toString(16)}`;
      case 'wallet_switchEthereumChain':
        this.chainId = BigInt(params[0].chainId);
        return null;
      case 'eth_getTransactionReceipt':
        return this.signer.provider.send(method, params);
      case 'eth_sendTransaction': {
        if (this.declines)
          throw Object.assign(new Error('User rejected the request.'), { code: 4001 });
        const { to, data, value, gas } = params[0];
        const sent = await this.signer.sendTransaction({ to, data, value: BigInt(value), gasLimit: BigInt(gas) });
        this.sent.push(sent.hash);
        return sent.hash;
      }
      default:
        throw Object.assign(new Error(`The wallet does not offer ${method}.`), { code: 4200 });
    }
  };
}
