// A real identity provider: oidc-provider with its own pages for logging in. Its keys are new at each start; its people are read
// from a file at each look, so that a test moves them between groups.
import { generateKeyPairSync, randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { Provider } from "oidc-provider";

const { issuer, port, home, secret, people } = JSON.parse(process.argv[2]);
const key = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ format: "jwk" });

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: "unshelf",
      client_secret: secret,
      redirect_uris: [`${home}/api/v1/session/oidc/callback`],
      post_logout_redirect_uris: [`${home}/`],
      backchannel_logout_uri: `${home}/api/v1/session/oidc/backchannel`,
      backchannel_logout_session_required: true,
    },
  ],
  jwks: { keys: [{ ...key, kid: randomUUID(), use: "sig", alg: "RS256" }] },
  cookies: { keys: [randomUUID()] },
  scopes: ["openid", "profile", "email", "groups"],
  claims: { profile: ["name", "preferred_username"], email: ["email", "email_verified"], groups: ["groups"] },
  features: {
    devInteractions: { enabled: true },
    rpInitiatedLogout: { enabled: true },
    backchannelLogout: { enabled: true },
  },
  // It speaks to no address of this machine by itself, and the server that it tells of a logout is here.
  fetch: (url, { dispatcher: _guard, ...options }) => globalThis.fetch(url, options),
  pkce: { required: () => true },
  findAccount: async (_context, id) => ({
    accountId: id,
    claims: async () => ({ sub: id, ...JSON.parse(readFileSync(people, "utf8"))[id] }),
  }),
});

provider.listen(port, "127.0.0.1", () => console.log("ready"));
