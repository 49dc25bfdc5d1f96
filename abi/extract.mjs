// node extract.mjs <unpacked @superfluid-finance/ethereum-contracts> [--check]: the ABI arrays alone, one entry a line, never bytecode.
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const [folder, mode] = process.argv.slice(2);
const here = path.dirname(fileURLToPath(import.meta.url));
const { name, version } = JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8'));
const contracts = {
  Superfluid: 'superfluid/Superfluid.sol/Superfluid',
  ConstantFlowAgreementV1: 'agreements/ConstantFlowAgreementV1.sol/ConstantFlowAgreementV1',
  GeneralDistributionAgreementV1: 'agreements/gdav1/GeneralDistributionAgreementV1.sol/GeneralDistributionAgreementV1',
  CFAv1Forwarder: 'utils/CFAv1Forwarder.sol/CFAv1Forwarder',
  SuperToken: 'superfluid/SuperToken.sol/SuperToken',
  ISETH: 'interfaces/tokens/ISETH.sol/ISETH',
  SuperfluidGovernanceBase: 'gov/SuperfluidGovernanceBase.sol/SuperfluidGovernanceBase',
  TestToken: 'utils/TestToken.sol/TestToken',
  TestResolver: 'utils/TestResolver.sol/TestResolver',
  TestGovernance: 'utils/TestGovernance.sol/TestGovernance',
  TOGA: 'utils/TOGA.sol/TOGA',
  BatchLiquidator: 'utils/BatchLiquidator.sol/BatchLiquidator',
  SuperfluidFrameworkDeployer: 'utils/SuperfluidFrameworkDeployer.t.sol/SuperfluidFrameworkDeployer',
};

const rows = [];
for (const [contract, file] of Object.entries(contracts)) {
  const { abi } = JSON.parse(fs.readFileSync(path.join(folder, 'build/hardhat/contracts', `${file}.json`), 'utf8'));
  const text = `[\n${abi.map(entry => '  ' + JSON.stringify(strip(entry))).join(',\n')}\n]\n`;
  const target = path.join(here, `${contract}.json`);
  if (mode === '--check' && fs.readFileSync(target, 'utf8') !== text)
    throw new Error(`${contract}.json differs from ${name} ${version}`);
  if (mode !== '--check')
    fs.writeFileSync(target, text);
  rows.push(`| \`${contract}.json\` | \`${file}\` | \`${crypto.createHash('sha256').update(text).digest('hex')}\` |`);
}

console.log(`${name} ${version}\n\n| file | contract | sha256 |\n|---|---|---|\n${rows.join('\n')}`);

// internalType names Solidity's own types, which no encoder needs.
function strip(entry) {
  if (Array.isArray(entry))
    return entry.map(strip);
  if (entry === null || typeof entry !== 'object')
    return entry;
  return Object.fromEntries(Object.entries(entry).filter(([key]) => key !== 'internalType').map(([key, value]) => [key, strip(value)]));
}
