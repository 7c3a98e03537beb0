// An OpenID Connect provider for tests: `node provider.mjs PORT SITE ALGORITHM`. Any name and password sign in. The keys
// are new at each start, so a second start at the same port is a key rotation. It prints a line when it is ready.

import { exportJWK, generateKeyPair } from 'jose';
import Provider from 'oidc-provider';

const [port, site, algorithm] = process.argv.slice(2);
const issuer = `http://localhost:${port}`;
const groups = { ada: ['press', 'administrator'], carl: ['consumer'] };

const { privateKey } = await generateKeyPair(algorithm, { extractable: true });
const key = { ...await exportJWK(privateKey), kid: `${algorithm}-${Date.now()}`, alg: algorithm, use: 'sig' };

const account = id => ({
  accountId: id,
  claims: () => ({
    sub: `subject of ${id}`,
    name: `${id[0].toUpperCase()}${id.slice(1)} of the provider`,
    email: `${id}@example.org`,
    email_verified: true,
    // Other users don't have the claim.
    groups: groups[id],
  }),
});

const provider = new Provider(issuer, {
  jwks: { keys: [key] },
  clients: [{
    client_id: 'vitrine',
    token_endpoint_auth_method: 'none',
    grant_types: ['authorization_code'],
    response_types: ['code'],
    redirect_uris: [`${site}/signed-in`],
    post_logout_redirect_uris: [`${site}/`],
    id_token_signed_response_alg: algorithm,
  }],
  claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name', 'groups'] },
  // Puts the claims of the scopes into the ID token, as most providers do.
  conformIdTokenClaims: false,
  clientBasedCORS: (_, origin) => origin === site,
  // An organisation's own app needs no consent.
  async loadExistingGrant({ oidc }) {
    const grant = new oidc.provider.Grant({ clientId: oidc.client.clientId, accountId: oidc.session.accountId });
    grant.addOIDCScope('openid email profile');
    await grant.save();
    return grant;
  },
  findAccount: (_, id) => account(id),
  cookies: { keys: ['only for tests'] },
});
provider.listen(Number(port), '127.0.0.1', () => console.log('ready'));
