// Signing in by OpenID Connect: authorization code flow with PKCE, the same against the local
// issuer and against Cognito. The tokens are kept as long as the tab is open.

import { messageOf } from './errors.js';

const TOKENS = 'tokens';
const SIGNED_OUT = 'signed-out';

/**
 * What `/config.json` tells.
 * @typedef {{ issuer: string, client_id: string, scope: string, sign_out_url?: string }} Config
 */

/** @typedef {{ id_token: string, refresh_token?: string }} Tokens */

/**
 * What the issuer says of itself, as far as it is asked here (OpenID Connect Discovery 1.0, 3).
 * @typedef {{ issuer: string, authorization_endpoint: string, token_endpoint: string, end_session_endpoint?: string }} Issuer
 */

/** @type {Config} */
let config;
/** @type {Issuer | undefined} */
let discovered;
/** @type {Promise<void> | null} */
let renewal = null;
/** @type {(() => Promise<void>) | null} */
let askAgain = null;

/** Reads `/config.json`; to be awaited before anything else here. */
export async function configure() {
  const answer = await fetch('/config.json');
  if (!answer.ok) throw new Error('Vitrine could not read its settings. Reload the page to try again.');
  config = await answer.json();
}

/**
 * What to call when the session ends while someone works: it answers once signed in again.
 * @param {() => Promise<void>} ask
 */
export function onSessionEnded(ask) {
  askAgain = ask;
}

/**
 * The token for `Authorization: Bearer`, or null. It is the ID token: it says who somebody is (name, mail address,
 * groups), which Cognito's access tokens don't, and which other issuers' access tokens need not be readable for.
 */
export function bearerToken() {
  return readTokens()?.id_token ?? null;
}

/** Whether this tab signed out on purpose, so that it isn't signed in again at once. */
export function hasLeft() {
  return sessionStorage.getItem(SIGNED_OUT) !== null;
}

/**
 * Leaves for the issuer's sign-in page; afterwards the app is at `returnTo`.
 * @param {string} returnTo
 */
export async function signIn(returnTo) {
  location.assign(await buildSignInUrl({ returnTo }));
}

/** The address of the issuer's sign-in page for another window, which hands the tokens to this one. */
export function buildSignInWindowUrl() {
  return buildSignInUrl({ window: true });
}

/**
 * Ends the flow at `/signed-in`. Answers the path to go to, or null where this window has closed.
 * @returns {Promise<string | null>}
 */
export async function finishSignIn() {
  const answer = new URLSearchParams(location.search);
  const key = `signing-in:${answer.get('state')}`;
  const pending = readStored(key);
  sessionStorage.removeItem(key);
  if (answer.get('error')) {
    throw new Error(answer.get('error_description') ?? 'Signing in was refused. Try again, or ask an administrator.');
  }
  const code = answer.get('code');
  if (!pending || !code) throw new Error('This sign-in was started somewhere else or long ago. Sign in again.');
  const given = await askForTokens({
    grant_type: 'authorization_code',
    code,
    redirect_uri: redirectUri(),
    code_verifier: pending.verifier,
  });
  if (pending.window) {
    new BroadcastChannel('session').postMessage(given);
    window.close();
    return null;
  }
  keepTokens(given);
  return pending.returnTo;
}

/**
 * Answers once another window has signed in again and handed over its tokens.
 * @param {AbortSignal} signal
 * @returns {Promise<void>}
 */
export function awaitSignIn(signal) {
  return new Promise(resolve => {
    const channel = new BroadcastChannel('session');
    signal.addEventListener('abort', () => channel.close());
    channel.addEventListener('message', event => {
      keepTokens(event.data);
      channel.close();
      resolve();
    });
  });
}

/** Renews a refused session: silently where the issuer gave the means, else by asking. One at a time. */
export function renew() {
  renewal ??= renewNow().finally(() => { renewal = null; });
  return renewal;
}

async function renewNow() {
  const refresh = readTokens()?.refresh_token;
  if (refresh) {
    try {
      keepTokens({ refresh_token: refresh, ...await askForTokens({ grant_type: 'refresh_token', refresh_token: refresh }) });
      return;
    } catch (error) {
      // A refresh token ends after some days; signing in again gives another.
      console.info('The session could not be renewed silently:', messageOf(error));
    }
  }
  sessionStorage.removeItem(TOKENS);
  if (askAgain) return askAgain();
  await signIn(location.pathname + location.search);
  // The page is being left: nothing that waits for the token may go on.
  await new Promise(() => {});
}

/** Forgets the tokens and, where the issuer has a session of its own, ends that too. */
export async function signOut() {
  // Cognito ends sessions, and does not say where.
  const { end_session_endpoint: endpoint = config.sign_out_url } = await discover();
  sessionStorage.clear();
  sessionStorage.setItem(SIGNED_OUT, '');
  if (!endpoint) {
    location.assign('/');
    return;
  }
  const url = new URL(endpoint);
  const home = `${location.origin}/`;
  // `logout_uri` is Cognito's name for what the standard calls `post_logout_redirect_uri`.
  for (const [name, value] of [['client_id', config.client_id], ['logout_uri', home], ['post_logout_redirect_uri', home]]) {
    url.searchParams.set(name, value);
  }
  location.assign(url.href);
}

/** @returns {Tokens | null} */
function readTokens() {
  return readStored(TOKENS);
}

/** @param {string} key */
function readStored(key) {
  return JSON.parse(sessionStorage.getItem(key) ?? 'null');
}

/** @param {Tokens} given */
function keepTokens(given) {
  sessionStorage.removeItem(SIGNED_OUT);
  sessionStorage.setItem(TOKENS, JSON.stringify({ id_token: given.id_token, refresh_token: given.refresh_token }));
}

function redirectUri() {
  return `${location.origin}/signed-in`;
}

/** @param {{ returnTo: string } | { window: true }} pending what to do at the way back */
async function buildSignInUrl(pending) {
  if (!crypto.subtle) {
    throw new Error('Signing in needs a secure address. Open Vitrine by https:// or at localhost.');
  }
  const { authorization_endpoint: endpoint } = await discover();
  const [state, verifier] = [drawSecret(), drawSecret()];
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier));
  sessionStorage.setItem(`signing-in:${state}`, JSON.stringify({ ...pending, verifier }));
  const url = new URL(endpoint);
  const query = {
    response_type: 'code',
    client_id: config.client_id,
    redirect_uri: redirectUri(),
    scope: config.scope,
    state,
    code_challenge: base64Url(new Uint8Array(digest)),
    code_challenge_method: 'S256',
  };
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  return url.href;
}

/** @returns {Promise<Issuer>} */
async function discover() {
  if (discovered) return discovered;
  // Some issuers' names end in a slash, which belongs to the name and not to the address.
  const answer = await fetch(`${config.issuer.replace(/\/$/, '')}/.well-known/openid-configuration`);
  if (!answer.ok) throw new Error('The sign-in service does not answer. Try again in a minute.');
  const found = await answer.json();
  if (found.issuer !== config.issuer) throw new Error('The sign-in service is not the one Vitrine was set up with.');
  discovered = found;
  return found;
}

/**
 * @param {Record<string, string>} form
 * @returns {Promise<Tokens>}
 */
async function askForTokens(form) {
  const { token_endpoint: endpoint } = await discover();
  const body = new URLSearchParams({ client_id: config.client_id, ...form });
  const answer = await fetch(endpoint, { method: 'POST', body });
  if (!answer.ok) throw new Error('The sign-in service refused. Sign in again.');
  return answer.json();
}

function drawSecret() {
  return base64Url(crypto.getRandomValues(new Uint8Array(32)));
}

/** @param {Uint8Array} octets */
function base64Url(octets) {
  return btoa(String.fromCharCode(...octets)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}
