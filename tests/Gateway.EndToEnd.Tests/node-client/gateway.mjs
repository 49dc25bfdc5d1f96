// The gateway and the chain as an outsider sees them: generated from the proto at run time, nothing shared with the C# code.
import { fileURLToPath } from 'node:url';
import fs from 'node:fs';
import path from 'node:path';
import grpc from '@grpc/grpc-js';
import loader from '@grpc/proto-loader';
import { Contract, JsonRpcProvider, NonceManager, Wallet } from 'ethers';

const here = path.dirname(fileURLToPath(import.meta.url));

export function connect(readyFile, protoRoot = path.join(here, '../../../src/Gateway.Client/protos')) {
  const devnet = JSON.parse(fs.readFileSync(readyFile, 'utf8'));
  const definition = loader.loadSync('superfluid/gateway/v1/gateway.proto', {
    includeDirs: [protoRoot], keepCase: true, longs: String, enums: String, defaults: true, oneofs: true,
  });
  const api = grpc.loadPackageDefinition(definition).superfluid.gateway.v1;
  const target = devnet.grpcUrl.replace(/^https?:\/\//, '');
  const services = {};
  for (const name of ['LeaseService', 'AccountService', 'OperationsService'])
    services[name] = new api[name](target, grpc.credentials.createInsecure());
  return { devnet, services, chain: chainOf(devnet), close: () => Object.values(services).forEach(s => s.close()) };
}

function chainOf(devnet) {
  // No batching and no caching: every read is of the moment it is made.
  const provider = new JsonRpcProvider(devnet.rpcUrl, devnet.chainId, { staticNetwork: true, cacheTimeout: -1, batchMaxCount: 1 });
  provider.pollingInterval = 200;
  const cfa = new Contract(devnet.contracts.cfa, [
    'function getFlow(address token, address sender, address receiver) view returns (uint256 timestamp, int96 flowRate, uint256 deposit, uint256 owedDeposit)',
    'function getAccountFlowInfo(address token, address account) view returns (uint256 timestamp, int96 flowRate, uint256 deposit, uint256 owedDeposit)',
    'function getFlowOperatorData(address token, address sender, address flowOperator) view returns (bytes32 id, uint8 permissions, int96 allowance)',
    'function deleteFlow(address token, address sender, address receiver, bytes ctx) returns (bytes)',
    'function updateFlow(address token, address receiver, int96 flowRate, bytes ctx) returns (bytes)',
    'function createFlow(address token, address receiver, int96 flowRate, bytes ctx) returns (bytes)',
  ], provider);
  const hostAbi = ['function callAgreement(address agreementClass, bytes callData, bytes userData) returns (bytes)'];
  const wallets = new Map();
  const walletOf = account => {
    if (!wallets.has(account.address))
      wallets.set(account.address, new NonceManager(new Wallet(account.privateKey, provider)));
    return wallets.get(account.address);
  };
  return {
    provider,
    cfa,
    walletOf,
    flow: async (token, payer, payee) => (await cfa.getFlow(token, payer, payee)).flowRate,
    deposit: async (token, payer) => (await cfa.getAccountFlowInfo(token, payer)).deposit,
    superToken: address => new Contract(address, [
      'function realtimeBalanceOfNow(address) view returns (int256 availableBalance, uint256 deposit, uint256 owedDeposit, uint256 timestamp)',
      'function balanceOf(address) view returns (uint256)',
    ], provider),
    transfer: async (account, token, to, amount) => {
      const contract = new Contract(token, ['function transfer(address to, uint256 amount) returns (bool)'], walletOf(account));
      return (await contract.transfer(to, amount, { gasLimit: 500_000 })).wait();
    },
    callAgreement: async (account, method, args) => {
      const host = new Contract(devnet.contracts.host, hostAbi, walletOf(account));
      const data = cfa.interface.encodeFunctionData(method, args);
      const sent = await host.callAgreement(devnet.contracts.cfa, data, '0x', { gasLimit: 1_500_000 });
      return sent.wait();
    },
    // Signed as it is: what the gateway prepared is what is sent, to the byte.
    signAsIs: async (account, transaction) => {
      const sent = await walletOf(account).sendTransaction({
        to: transaction.to, data: transaction.data, value: BigInt(transaction.value || '0'),
        chainId: BigInt(transaction.chain_id), gasLimit: BigInt(transaction.gas_limit),
      });
      const receipt = await sent.wait();
      if (receipt.status !== 1)
        throw new Error(`prepared transaction reverted: ${transaction.description}`);
      return receipt;
    },
  };
}

/** One unary call as a promise. */
export function call(service, method, request, deadlineSeconds = 60) {
  return new Promise((resolve, reject) => service[method](request, { deadline: Date.now() + deadlineSeconds * 1000 },
    (error, answer) => error ? reject(error) : resolve(answer)));
}

/** Reads a server stream until `wanted` says yes to an item. */
export function first(stream, wanted, what, seconds = 60) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => { stream.cancel(); reject(new Error(`not seen within ${seconds} s: ${what}`)); }, seconds * 1000);
    const finish = (settle, value) => { clearTimeout(timer); stream.cancel(); settle(value); };
    stream.on('data', item => { if (wanted(item)) finish(resolve, item); });
    stream.on('error', error => { if (error.code !== grpc.status.CANCELLED) finish(reject, error); });
    stream.on('end', () => finish(reject, new Error(`the stream ended before: ${what}`)));
  });
}

/** Polls until a condition of the chain or the gateway holds; the limit is a safety net, not a measurement. */
export async function until(what, condition, seconds = 60) {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const value = await condition();
    if (value)
      return value;
    if (Date.now() > end)
      throw new Error(`not true within ${seconds} s: ${what}`);
    await new Promise(r => setTimeout(r, 200));
  }
}

export function payees(devnet, node = 0) {
  const nodes = devnet.accounts.filter(a => a.role === 'payee');
  const community = devnet.accounts.find(a => a.role === 'community');
  return [
    { address: nodes[node].address, share_ppm: 800_000, role: 'node' },
    { address: community.address, share_ppm: 200_000, role: 'community' },
  ];
}

/** floor(total × share / 10^6) each, the first one owns the remainder. */
export function legs(total, shares) {
  const parts = shares.map(s => total * BigInt(s.share_ppm) / 1_000_000n);
  parts[0] += total - parts.reduce((a, b) => a + b, 0n);
  return parts;
}
