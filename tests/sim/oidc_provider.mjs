// A certified OpenID provider on loopback, for the tests of sign-in: node tests/sim/oidc_provider.mjs '<JSON>'
// {"redirects": [...], "signOuts": [...], "accounts": {"<login>": {<claims>}}, "inToken": true|false}
// It prints {"issuer": ...} once it listens. Whoever types an account's login is that person; the password is not looked at.
import http from "node:http";
import Provider from "oidc-provider";

const given = JSON.parse(process.argv[2]);
const own = new Set(["sub", "name"]);
const claims = [...new Set(Object.values(given.accounts).flatMap((person) => Object.keys(person)))];

const server = http.createServer();
server.listen(0, "127.0.0.1", () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: "heropstart",
        client_secret: "a secret: with signs & spaces",
        redirect_uris: given.redirects,
        post_logout_redirect_uris: given.signOuts,
        grant_types: ["authorization_code"],
        response_types: ["code"],
      },
    ],
    claims: { openid: ["sub"], profile: ["name"], vo: claims.filter((name) => !own.has(name)) },
    // claims in the ID token, as some providers give them; else from userinfo alone
    conformIdTokenClaims: !given.inToken,
    pkce: { required: () => true },
    features: { rpInitiatedLogout: { enabled: true } },
    cookies: { keys: ["for these tests only"] },
    findAccount: (_context, id) => (id in given.accounts ? { accountId: id, claims: () => ({ sub: id, ...given.accounts[id] }) } : undefined),
    // nobody is asked for consent
    loadExistingGrant: async (context) => {
      const { session, params } = context.oidc;
      const grant = new context.oidc.provider.Grant({ clientId: params.client_id, accountId: session.accountId });
      grant.addOIDCScope(params.scope);
      await grant.save();
      return grant;
    },
  });
  server.on("request", provider.callback());
  console.log(JSON.stringify({ issuer }));
});
process.stdin.resume();
process.stdin.on("end", () => process.exit(0)); // the test that started it is gone
