// node generate.mjs: writes ../*.json.gz. Seeded; only the keystores have fresh salts each time.
import fs from 'node:fs';
import path from 'node:path';
import zlib from 'node:zlib';
import { fileURLToPath } from 'node:url';
import {
  AbiCoder, Interface, Transaction, TypedDataEncoder, Wallet, encodeRlp, encryptKeystoreJsonSync, getAddress, getBytes, hashMessage, hexlify,
} from 'ethers';

const folder = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');

// Mulberry32: small, seeded, good enough to choose test cases.
let state = 20261124;
function random() {
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
}
const below = n => Math.floor(random() * n);
const pick = list => list[below(list.length)];
const times = (n, make) => Array.from({ length: n }, (_, i) => make(i));
const bytes = n => hexlify(Uint8Array.from(times(n, () => below(256))));
const address = () => getAddress(bytes(20));
const text = () => times(below(40), () => pick(['a', 'Z', '0', ' ', 'ß', '€', '漢', '😀', '"', '\\'])).join('');
const privateKey = () => bytes(32);

function integer(bits, signed) {
  const top = 1n << BigInt(signed ? bits - 1 : bits);
  const edge = pick([0n, 1n, top - 1n, top >> 1n, null, null, null, null]);
  let value = edge ?? BigInt(bytes(32)) % top;
  if (signed && below(2) === 0)
    value = -value - pick([0n, 1n]);
  return signed && value < -top ? -top : value;
}

// A random type as text, with a value of it for ethers and one as JSON for the test.
function someType(depth) {
  const kinds = ['uint', 'int', 'bool', 'address', 'bytesN', 'bytes', 'string', ...(depth > 0 ? ['tuple', 'array', 'fixed'] : [])];
  switch (pick(kinds)) {
    case 'uint': { const bits = 8 * (1 + below(32)); return { type: `uint${bits}`, make: () => number(integer(bits, false)) }; }
    case 'int': { const bits = 8 * (1 + below(32)); return { type: `int${bits}`, make: () => number(integer(bits, true)) }; }
    case 'bool': return { type: 'bool', make: () => { const v = below(2) === 1; return { value: v, json: v }; } };
    case 'address': return { type: 'address', make: () => { const v = address(); return { value: v, json: v }; } };
    case 'bytesN': { const n = 1 + below(32); return { type: `bytes${n}`, make: () => same(bytes(n)) }; }
    case 'bytes': return { type: 'bytes', make: () => same(bytes(pick([0, 1, 31, 32, 33, below(200)]))) };
    case 'string': return { type: 'string', make: () => same(text()) };
    case 'tuple': { const parts = times(1 + below(4), () => someType(depth - 1)); return { type: `(${parts.map(p => p.type).join(',')})`, make: () => all(parts) }; }
    case 'array': { const part = someType(depth - 1); return { type: `${part.type}[]`, make: () => all(times(below(4), () => part)) }; }
    default: { const part = someType(depth - 1); const n = 1 + below(3); return { type: `${part.type}[${n}]`, make: () => all(times(n, () => part)) }; }
  }
}
const same = v => ({ value: v, json: v });
const number = v => ({ value: v, json: `${v}` });
function all(parts) {
  const made = parts.map(p => p.make());
  return { value: made.map(m => m.value), json: made.map(m => m.json) };
}

function abi() {
  const parts = times(1 + below(5), () => someType(3));
  const made = all(parts);
  return { types: parts.map(p => p.type), values: made.json, encoded: AbiCoder.defaultAbiCoder().encode(parts.map(p => p.type), made.value) };
}

function event() {
  const parts = times(1 + below(6), () => someType(1));
  // Indexed values of dynamic types are only hashes in a log; those are covered by leaving them unindexed here.
  const simple = /^(u?int\d+|bool|address|bytes\d+)$/;
  let left = 3;
  const indexed = parts.map(p => simple.test(p.type) && left > 0 && below(2) === 1 && left-- > 0);
  const contract = new Interface([`event Sample(${parts.map((p, i) => `${p.type}${indexed[i] ? ' indexed' : ''} p${i}`).join(', ')})`]);
  const made = all(parts);
  const log = contract.encodeEventLog('Sample', made.value);
  return { inputs: parts.map((p, i) => ({ type: p.type, indexed: indexed[i] })), values: made.json, topics: log.topics, data: log.data };
}

function rlpValue(depth) {
  if (depth > 0 && below(3) === 0)
    return times(below(6), () => rlpValue(depth - 1));
  return bytes(pick([0, 1, 2, 55, 56, 57, below(300)]));
}
const rlp = () => { const value = rlpValue(4); return { value, encoded: encodeRlp(value) }; };

async function transaction() {
  const wallet = new Wallet(privateKey());
  const fields = {
    type: 2, chainId: pick([43114n, 43113n, 1n]), nonce: below(100000), maxPriorityFeePerGas: integer(64, false), maxFeePerGas: integer(96, false),
    gasLimit: 21000n + BigInt(below(20_000_000)), to: below(10) === 0 ? null : address(), value: integer(96, false), data: bytes(pick([0, 4, 68, below(600)])),
  };
  if (fields.maxPriorityFeePerGas > fields.maxFeePerGas)
    fields.maxFeePerGas = fields.maxPriorityFeePerGas;
  const raw = await wallet.signTransaction(fields);
  const signed = Transaction.from(raw);
  return {
    privateKey: wallet.privateKey, from: wallet.address, chainId: `${fields.chainId}`, nonce: fields.nonce, tip: `${fields.maxPriorityFeePerGas}`,
    maxFee: `${fields.maxFeePerGas}`, gasLimit: `${fields.gasLimit}`, to: fields.to, value: `${fields.value}`, data: fields.data,
    signingHash: signed.unsignedHash, raw, hash: signed.hash,
  };
}

async function message() {
  const wallet = new Wallet(privateKey());
  const content = bytes(pick([0, 1, 32, below(300)]));
  return { privateKey: wallet.privateKey, from: wallet.address, message: content, hash: hashMessage(getBytes(content)), signature: await wallet.signMessage(getBytes(content)) };
}

const checksum = () => { const checked = address(); return { checked, lower: checked.toLowerCase() }; };

async function typed() {
  const wallet = new Wallet(privateKey());
  const leaf = { Person: [{ name: 'name', type: 'string' }, { name: 'wallet', type: 'address' }, { name: 'tags', type: 'bytes32[]' }] };
  const types = {
    ...leaf,
    Mail: [
      { name: 'from', type: 'Person' }, { name: 'to', type: 'Person[]' }, { name: 'contents', type: 'bytes' }, { name: 'amount', type: 'int96' },
      { name: 'deadline', type: 'uint256' }, { name: 'urgent', type: 'bool' }, { name: 'grid', type: 'uint8[2][]' }, { name: 'code', type: 'bytes4' },
    ],
  };
  const person = () => ({ name: text(), wallet: address(), tags: times(below(3), () => bytes(32)) });
  const value = {
    from: person(), to: times(below(3), person), contents: bytes(below(50)), amount: `${integer(96, true)}`, deadline: `${integer(256, false)}`,
    urgent: below(2) === 1, grid: times(below(3), () => [below(256), below(256)]), code: bytes(4),
  };
  const domain = { name: text(), version: '1', chainId: 43114, verifyingContract: address(), ...(below(2) ? { salt: bytes(32) } : {}) };
  return {
    payload: TypedDataEncoder.getPayload(domain, types, value), hash: TypedDataEncoder.hash(domain, types, value), privateKey: wallet.privateKey,
    from: wallet.address, signature: await wallet.signTypedData(domain, types, value),
  };
}

function keystore(i) {
  const wallet = new Wallet(privateKey());
  const password = pick(['', 'correct horse', 'pässwörd €', 'x'.repeat(200)]);
  const n = i === 0 ? 262144 : pick([2, 1024, 4096]);
  const json = encryptKeystoreJsonSync({ address: wallet.address, privateKey: wallet.privateKey }, password, { scrypt: { N: n, r: 8, p: 1 } });
  return { json, password, privateKey: wallet.privateKey, address: wallet.address };
}

async function write(name, count, make) {
  const cases = [];
  for (let i = 0; i < count; i++)
    cases.push(await make(i));
  fs.writeFileSync(path.join(folder, `${name}.json.gz`), zlib.gzipSync(JSON.stringify(cases), { level: 9 }));
  console.log(`${name}: ${cases.length}`);
}

await write('abi', 900, abi);
await write('events', 300, event);
await write('rlp', 300, rlp);
await write('transactions', 300, transaction);
await write('messages', 100, message);
await write('typed-data', 150, typed);
await write('checksums', 200, checksum);
await write('keystores', 12, keystore);
