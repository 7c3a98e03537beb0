// Sign-in by OpenID Connect: authorization code flow with PKCE, the same for the local issuer and Cognito. The tokens
// are kept while the tab is open.

import { messageOf } from './errors.js';

const TOKENS = 'tokens';
const SIGNED_OUT = 'signed-out';

/**
 * The document `/config.json`.
 * @typedef {{ issuer: string, client_id: string, scope: string, sign_out_url?: string }} Config
 */

/** @typedef {{ id_token: string, refresh_token?: string }} Tokens */

/**
 * The part of the issuer's metadata that is used here (OpenID Connect Discovery 1.0, section 3).
 * @typedef {{ issuer: string, authorization_endpoint: string, token_endpoint: string, end_session_endpoint?: string }} Issuer
 */

/** @type {Config} */
let config;
/** @type {Issuer | undefined} */
let discovered;
/** @type {Promise<void> | null} */
let renewal = null;
/** @type {(() => Promise<void>) | null} */
let signInAgain = null;

/** Reads `/config.json`; every other function here needs it done. */
export async function configure() {
  const answer = await fetch('/config.json');
  if (!answer.ok) throw new Error('Vitrine could not read its settings. Reload the page to try again.');
  config = await answer.json();
}

/**
 * Sets what is called when the session ends while somebody works; its promise resolves after a new sign-in.
 * @param {() => Promise<void>} handle
 */
export function onSessionEnded(handle) {
  signInAgain = handle;
}

/**
 * The token for `Authorization: Bearer`, or null. It is the ID token, because it has name, mail address and groups:
 * Cognito's access tokens lack some of them, and other issuers' access tokens may be unreadable for us.
 */
export function bearerToken() {
  return readTokens()?.id_token ?? null;
}

/** Whether the user signed out in this tab, which must then not sign in again by itself. */
export function isSignedOut() {
  return sessionStorage.getItem(SIGNED_OUT) !== null;
}

/**
 * Goes to the issuer's sign-in page, which leads back to the path `returnTo`.
 * @param {string} returnTo
 */
export async function signIn(returnTo) {
  location.assign(await buildSignInUrl({ returnTo }));
}

/** The address of the issuer's sign-in page for a second window, which passes the tokens to this one. */
export function buildSignInWindowUrl() {
  return buildSignInUrl({ window: true });
}

/**
 * Completes the sign-in at `/signed-in`. Returns the path to go to, or null if this was the second window.
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
  const tokens = await fetchTokens({
    grant_type: 'authorization_code',
    code,
    redirect_uri: redirectUri(),
    code_verifier: pending.verifier,
  });
  if (pending.window) {
    new BroadcastChannel('session').postMessage(tokens);
    window.close();
    return null;
  }
  keepTokens(tokens);
  return pending.returnTo;
}

/**
 * Waits until a second window has signed in and passed its tokens to this one.
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

/** Renews a session that was refused: with a refresh token if there is one, else by signing in. One at a time. */
export function renew() {
  renewal ??= renewNow().finally(() => { renewal = null; });
  return renewal;
}

async function renewNow() {
  const refresh = readTokens()?.refresh_token;
  if (refresh) {
    try {
      keepTokens({ refresh_token: refresh, ...await fetchTokens({ grant_type: 'refresh_token', refresh_token: refresh }) });
      return;
    } catch (error) {
      // Refresh tokens expire after some days; a new sign-in gives another one.
      console.info('The session could not be renewed silently:', messageOf(error));
    }
  }
  sessionStorage.removeItem(TOKENS);
  if (signInAgain) return signInAgain();
  await signIn(location.pathname + location.search);
  // The browser is leaving the page, so callers that wait for the token must not continue.
  await new Promise(() => {});
}

/** Deletes the tokens and ends the issuer's own session, if it has one. */
export async function signOut() {
  // Cognito has an address that ends sessions, but does not name it in its metadata.
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

/** @param {Tokens} tokens */
function keepTokens(tokens) {
  sessionStorage.removeItem(SIGNED_OUT);
  sessionStorage.setItem(TOKENS, JSON.stringify({ id_token: tokens.id_token, refresh_token: tokens.refresh_token }));
}

function redirectUri() {
  return `${location.origin}/signed-in`;
}

/** @param {{ returnTo: string } | { window: true }} pending what to do after the sign-in */
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
  // An issuer's name may end in a slash, which its metadata's address must not double.
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
async function fetchTokens(form) {
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
