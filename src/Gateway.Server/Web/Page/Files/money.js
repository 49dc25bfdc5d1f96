// Amounts are BigInt from end to end: a float loses wei from 2^53 on, which is less than a hundredth of a token.

export const DECIMALS = 18;

/** "1234.5" → units. Null where it is no plain decimal number with at most that many digits behind the point. */
export function parseUnits(text, decimals = DECIMALS) {
  const match = /^(\d{1,30})(?:[.,](\d*))?$/.exec(text.trim());
  if (!match)
    return null;
  const fraction = match[2] ?? '';
  if (fraction.length > decimals)
    return null;
  return BigInt(match[1] + fraction.padEnd(decimals, '0'));
}

/** Rounded towards less: nobody is shown more than there is. Digits of the whole part are grouped. */
export function formatUnits(units, { decimals = DECIMALS, least = 0, most = 6 } = {}) {
  const cut = 10n ** BigInt(Math.max(0, decimals - most));
  let shown = units / cut;
  if (units < 0n && units % cut !== 0n)
    shown -= 1n;
  const sign = shown < 0n ? '−' : '';
  const kept = Math.min(most, decimals);
  const digits = (shown < 0n ? -shown : shown).toString().padStart(kept + 1, '0');
  const whole = digits.slice(0, digits.length - kept).replace(/\B(?=(\d{3})+(?!\d))/g, '\u202f');
  let fraction = digits.slice(digits.length - kept);
  while (fraction.length > least && fraction.endsWith('0'))
    fraction = fraction.slice(0, -1);
  return sign + whole + (fraction ? `.${fraction}` : '');
}

/** The balance at a moment, from what was seen and the rate at which it moves. The chain moves whole seconds; the page shows what lies in between. */
export function balanceAt(available, net, observedAtMs, nowMs) {
  const elapsed = BigInt(Math.max(0, Math.floor(nowMs - observedAtMs)));
  return available + net * elapsed / 1000n;
}

/** So many decimals that one can see it move: the digit that changes every second or so. */
export function tickingDecimals(net) {
  const rate = net < 0n ? -net : net;
  if (rate === 0n)
    return 4;
  return Math.min(DECIMALS, Math.max(4, DECIMALS + 1 - rate.toString().length));
}

/** "3 days 4 hours", the two largest units. A year is 365 days. */
export function duration(seconds) {
  const units = [['year', 365 * 86400], ['day', 86400], ['hour', 3600], ['minute', 60], ['second', 1]];
  const first = units.findIndex(([, size]) => seconds >= size);
  if (first < 0)
    return 'less than a second';
  const parts = [];
  let rest = seconds;
  for (const [name, size] of units.slice(first, first + 2)) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0)
      parts.push(`${count} ${name}${count === 1 ? '' : 's'}`);
  }
  return parts.join(' ');
}
