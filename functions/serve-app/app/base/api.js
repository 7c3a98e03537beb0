// Calls of the users' API. Every failed call throws an `ApiError` with a message for people.

import { ApiError, isAborted } from './errors.js';
import { bearerToken, renew } from './session.js';

/**
 * GET `path`, with the values of the query that are not empty; returns the parsed body.
 * @param {string} path
 * @param {Record<string, string | number | boolean | null | undefined>} [query]
 * @param {AbortSignal} [signal]
 */
export function get(path, query = {}, signal) {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null && value !== '') search.set(name, String(value));
  }
  return call('GET', search.size ? `${path}?${search}` : path, undefined, signal);
}

/**
 * POST a JSON body.
 * @param {string} path
 * @param {object} body
 */
export function post(path, body) {
  return call('POST', path, body);
}

/**
 * PATCH with the fields that change.
 * @param {string} path
 * @param {object} body
 */
export function patch(path, body) {
  return call('PATCH', path, body);
}

/**
 * DELETE; returns null.
 * @param {string} path
 */
export function remove(path) {
  return call('DELETE', path);
}

/**
 * @param {string} method
 * @param {string} path
 * @param {object} [body]
 * @param {AbortSignal} [signal]
 * @returns {Promise<any>} a document of `Api`; the path decides which
 */
async function call(method, path, body, signal) {
  let answer = await send(method, path, body, signal);
  if (answer.status === 401) {
    await renew();
    answer = await send(method, path, body, signal);
  }
  if (!answer.ok) throw await readRefusal(answer);
  return answer.status === 204 ? null : answer.json();
}

/**
 * @param {string} method
 * @param {string} path
 * @param {object} [body]
 * @param {AbortSignal} [signal]
 */
async function send(method, path, body, signal) {
  /** @type {Record<string, string>} */
  const headers = { Accept: 'application/json', Authorization: `Bearer ${bearerToken()}` };
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  try {
    return await fetch(path, { method, headers, signal, body: body === undefined ? undefined : JSON.stringify(body) });
  } catch (error) {
    if (isAborted(error)) throw error;
    throw new ApiError(0, 'Vitrine can’t be reached. Check your connection, then try again.');
  }
}

/** @param {Response} answer */
async function readRefusal(answer) {
  const fallback = answer.status >= 500
    ? 'Something went wrong at our end. Try again in a minute.'
    : 'Vitrine refused this. Reload the page and try again.';
  try {
    const problem = await answer.json();
    return new ApiError(answer.status, problem.detail ?? problem.title ?? fallback, problem.errors ?? []);
  } catch {
    // A proxy or gateway may answer with something that is not a problem document.
    return new ApiError(answer.status, fallback);
  }
}
