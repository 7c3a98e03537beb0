// Signing in by OpenID Connect: authorization code flow with PKCE, the same against the local
// issuer and against Cognito. The tokens live as long as the tab.

const TOKENS = 'tokens';
const LEFT = 'signed-out';

let config;
let discovered;
let renewal = null;
let askAgain = null;

/** Reads `/config.json`; to be awaited before anything else here. */
export async function configure() {
  const answer = await fetch('/config.json');
  if (!answer.ok) throw new Error('Vitrine could not read its settings. Reload the page to try again.');
  config = await answer.json();
}

/** What to call when the session ends while someone works: it answers once signed in again. */
export function onSessionEnded(ask) {
  askAgain = ask;
}

/**
 * The token for `Authorization: Bearer`, or null. It is the ID token: it says who somebody is (name, mail address,
 * groups), which Cognito's access tokens don't, and which other issuers' access tokens need not be readable for.
 */
export function bearerToken() {
  return tokens()?.id_token ?? null;
}

/** Whether this tab signed out on purpose, so that it isn't signed in again at once. */
export function hasLeft() {
  return sessionStorage.getItem(LEFT) !== null;
}

/** Leaves for the issuer's sign-in page; afterwards the app is at `returnTo`. */
export async function signIn(returnTo) {
  location.assign(await authorizeUrl({ returnTo }));
}

/** The issuer's sign-in page for a window of its own, which hands the tokens to this one. */
export function signInWindowUrl() {
  return authorizeUrl({ window: true });
}

/** Ends the flow at `/signed-in`. Answers the path to go to, or null where this window has closed. */
export async function finishSignIn() {
  const answer = new URLSearchParams(location.search);
  const key = `signing-in:${answer.get('state')}`;
  const pending = JSON.parse(sessionStorage.getItem(key));
  sessionStorage.removeItem(key);
  if (answer.get('error')) {
    throw new Error(answer.get('error_description') ?? 'Signing in was refused. Try again, or ask an administrator.');
  }
  if (!pending || !answer.get('code')) throw new Error('This sign-in was started somewhere else or long ago. Sign in again.');
  const given = await ask({
    grant_type: 'authorization_code',
    code: answer.get('code'),
    redirect_uri: redirectUri(),
    code_verifier: pending.verifier,
  });
  if (pending.window) {
    new BroadcastChannel('session').postMessage(given);
    window.close();
    return null;
  }
  keep(given);
  return pending.returnTo;
}

/** Answers once another window has signed in again and handed over its tokens. */
export function signedInElsewhere(signal) {
  return new Promise(resolve => {
    const channel = new BroadcastChannel('session');
    signal.addEventListener('abort', () => channel.close());
    channel.addEventListener('message', event => {
      keep(event.data);
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
  const refresh = tokens()?.refresh_token;
  if (refresh) {
    try {
      keep({ refresh_token: refresh, ...await ask({ grant_type: 'refresh_token', refresh_token: refresh }) });
      return;
    } catch (error) {
      // A refresh token that ran out is expected after some days; signing in again mends it.
      console.info('The session could not be renewed silently:', error.message);
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
  sessionStorage.setItem(LEFT, '');
  if (!endpoint) return location.assign('/');
  const url = new URL(endpoint);
  const home = `${location.origin}/`;
  // `logout_uri` is Cognito's name for what the standard calls `post_logout_redirect_uri`.
  for (const [name, value] of [['client_id', config.client_id], ['logout_uri', home], ['post_logout_redirect_uri', home]]) {
    url.searchParams.set(name, value);
  }
  location.assign(url);
}

function tokens() {
  return JSON.parse(sessionStorage.getItem(TOKENS));
}

function keep(given) {
  sessionStorage.removeItem(LEFT);
  sessionStorage.setItem(TOKENS, JSON.stringify({ id_token: given.id_token, refresh_token: given.refresh_token }));
}

function redirectUri() {
  return `${location.origin}/signed-in`;
}

async function authorizeUrl(pending) {
  if (!crypto.subtle) {
    throw new Error('Signing in needs a secure address. Open Vitrine by https:// or at localhost.');
  }
  const { authorization_endpoint: endpoint } = await discover();
  const [state, verifier] = [secret(), secret()];
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

async function ask(form) {
  const { token_endpoint: endpoint } = await discover();
  const body = new URLSearchParams({ client_id: config.client_id, ...form });
  const answer = await fetch(endpoint, { method: 'POST', body });
  if (!answer.ok) throw new Error('The sign-in service refused. Sign in again.');
  return answer.json();
}

function secret() {
  return base64Url(crypto.getRandomValues(new Uint8Array(32)));
}

function base64Url(octets) {
  return btoa(String.fromCharCode(...octets)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}
