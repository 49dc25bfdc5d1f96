// The list of VMs.
import { element, date } from './dom.js';
import { duration, formatUnits } from './money.js';

const STATES = {
  LEASE_STATE_OPENING: ['Starting', 'wait'],
  LEASE_STATE_ACTIVE: ['Running', 'good'],
  LEASE_STATE_UPDATING: ['Running', 'good'],
  LEASE_STATE_PAUSED: ['Paused', 'bad'],
  LEASE_STATE_CLOSING: ['Ending', 'wait'],
  LEASE_STATE_CLOSED: ['Ended', 'off'],
  LEASE_STATE_REJECTED: ['Not started', 'off'],
};

/** Keeps an element per VM, so that a reader's place and focus survive an update. */
export function showLeases(list, leases) {
  const known = new Map([...list.children].map(item => [item.dataset.lease, item]));
  const items = leases.map(lease => {
    const item = known.get(lease.leaseId) ?? element('li', { className: 'lease' });
    item.dataset.lease = lease.leaseId;
    if (item.dataset.version !== lease.version || item.dataset.used !== lease.amountUsed)
      item.replaceChildren(...content(lease));
    item.dataset.version = lease.version;
    item.dataset.used = lease.amountUsed;
    return item;
  });
  list.replaceChildren(...items);
}

function content(lease) {
  const [state, tone] = STATES[lease.state] ?? ['Unknown', 'off'];
  const paused = lease.state === 'LEASE_STATE_PAUSED';
  const rate = BigInt(!paused ? lease.flowRate : lease.cutOff ? '0' : lease.pausedFlowRate);
  const lost = paused ? lease.transactions.reduce((sum, t) => sum + BigInt(t.bufferLost || '0'), 0n) : 0n;
  const running = Number.parseInt(lease.runningTime ?? '0', 10);
  const shown = [
    element('div', { className: 'lease-head' },
      element('h3', { textContent: lease.vmId || lease.leaseId }),
      element('span', { className: `badge ${tone}`, textContent: state })),
    element('p', { className: 'explanation', textContent: lease.explanation }),
    lost > 0n ? element('p', { className: 'explanation', textContent: `The closing cost ${formatUnits(lost)} ${lease.token} of the buffer.` }) : null,
    paused && lease.graceEndsAt ? element('p', { className: 'explanation grace', textContent: `It is ended on ${date(Date.parse(lease.graceEndsAt))} unless it is paid again.` }) : null,
    element('p', { className: 'muted figures' },
      element('span', { textContent: `${formatUnits(rate * 3600n)} ${lease.token} per hour${paused ? ' while paused' : ''}` }),
      running > 0 ? element('span', { textContent: `${formatUnits(BigInt(lease.amountUsed))} ${lease.token} used in ${duration(running)}` }) : null,
      lease.closedAt ? element('span', { textContent: `ended ${date(Date.parse(lease.closedAt))}` }) : null),
  ];
  return shown.filter(part => part !== null);
}
