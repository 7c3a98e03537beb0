// Calls of the users' API. Every refusal becomes an `ApiError` whose message a person can read.

import { bearerToken, renew } from './session.js';

/** A refused or failed call: `status` (0 when nothing answered) and, for 422, `errors` by field. */
export class ApiError extends Error {
  constructor(status, message, errors = []) {
    super(message);
    this.status = status;
    this.errors = errors;
  }
}

/** GET `path` with the query's present values; answers the parsed body. */
export function get(path, query = {}, signal) {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null && value !== '') search.set(name, value);
  }
  return call('GET', search.size ? `${path}?${search}` : path, undefined, signal);
}

/** POST a JSON body. */
export function post(path, body) {
  return call('POST', path, body);
}

/** PATCH with the fields that change. */
export function patch(path, body) {
  return call('PATCH', path, body);
}

/** DELETE; answers nothing. */
export function remove(path) {
  return call('DELETE', path);
}

async function call(method, path, body, signal) {
  let answer = await send(method, path, body, signal);
  if (answer.status === 401) {
    await renew();
    answer = await send(method, path, body, signal);
  }
  if (!answer.ok) throw await refusal(answer);
  return answer.status === 204 ? null : answer.json();
}

async function send(method, path, body, signal) {
  const headers = { Accept: 'application/json', Authorization: `Bearer ${bearerToken()}` };
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  try {
    return await fetch(path, { method, headers, signal, body: body === undefined ? undefined : JSON.stringify(body) });
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    throw new ApiError(0, 'Vitrine can’t be reached. Check your connection, then try again.');
  }
}

async function refusal(answer) {
  const fallback = answer.status >= 500
    ? 'Something went wrong at our end. Try again in a minute.'
    : 'Vitrine refused this. Reload the page and try again.';
  try {
    const problem = await answer.json();
    return new ApiError(answer.status, problem.detail ?? problem.title ?? fallback, problem.errors ?? []);
  } catch {
    // An answer from something in between (a proxy, a gateway) needn't be a problem document.
    return new ApiError(answer.status, fallback);
  }
}
