// The gateway's REST API. Refusals come as problem documents; their detail is for people.

/** A refusal, or no answer. */
export class ApiProblem extends Error {
  constructor(problem) {
    super(problem.detail ?? 'The gateway did not answer.');
    Object.assign(this, { reason: problem.reason, field: problem.field, required: problem.required, present: problem.present });
  }
}

/** How far the server's clock is ahead of this browser's, in ms: balances run by the chain's time, not by a clock that is set wrong. */
let ahead = 0;

export const now = () => Date.now() + ahead;

export const path = (token, payer) => `/v1/accounts/${encodeURIComponent(token)}/${encodeURIComponent(payer)}`;

export async function get(url) {
  return answer(await ask(url));
}

export async function post(url, body) {
  return answer(await ask(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }));
}

async function ask(url, options) {
  try {
    return await fetch(url, options);
  } catch {
    throw new ApiProblem({ detail: 'The gateway cannot be reached.' });
  }
}

async function answer(response) {
  const date = Date.parse(response.headers.get('date') ?? '');
  // The header has whole seconds, so a second either way is no news.
  if (Number.isFinite(date) && Math.abs(date - Date.now()) > 2000)
    ahead = date - Date.now();
  const body = await response.json().catch(() => ({}));
  if (!response.ok)
    throw new ApiProblem(body);
  return body;
}
