// A real authorization server, `oidc-provider`, for the tests: an issuer of JWTs and of opaque tokens. It logs everyone in
// as `ada`, without a page. It prints `listening on URL` and, for a second issuer that is still down, `later on URL`.
//
// Beside its own paths it has a few that change it:
//
//   POST /test/rotate            signs with new keys from now on, and still publishes the old ones
//   POST /test/withdraw?kid=KID  publishes this key no more
//   POST /test/later             starts the second issuer
//   GET /test/client-key         the private key of the client `rs-key`

import { generateKeyPairSync, randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import { createRequire } from "node:module";

const { Provider } = createRequire(`${process.argv[2]}/package.json`)("oidc-provider");

const HOST = "127.0.0.1";
const BACK = "http://127.0.0.1:9300/cb";
const SCOPES = "openid offline_access read write mcp:read mcp:write";
// A resource whose tokens are opaque, as are those of resources at `/introspect`, and the client whose tokens have expired when they are issued.
const OPAQUE = "urn:test:opaque";
const EXPIRED = "expired";
const KINDS = {
  RS256: ["rsa", { modulusLength: 2048 }],
  PS256: ["rsa", { modulusLength: 2048 }],
  ES256: ["ec", { namedCurve: "P-256" }],
  EdDSA: ["ed25519", {}],
  // The name of RFC 9864 for the same algorithm.
  Ed25519: ["ed25519", {}],
};

// The key of a client that signs in place of sending a secret.
const CLIENT_KEY = generateKeyPairSync("ec", { namedCurve: "P-256" });
const jwkOf = (key) => ({ ...key.export({ format: "jwk" }), kid: "client-key", alg: "ES256", use: "sig" });

let made = 0;

function keyOf(alg) {
  const [type, options] = KINDS[alg];
  const jwk = generateKeyPairSync(type, options).privateKey.export({ format: "jwk" });
  return { ...jwk, kid: `${alg}-${++made}`, alg, use: "sig" };
}

const keysOfEachKind = () => Object.keys(KINDS).map(keyOf);

// Makes a class of adapters around `rows`, which outlive a rotation.
function storeOf(rows) {
  return class Store {
    constructor(model) {
      this.key = (id) => `${model}:${id}`;
    }
    async upsert(id, value, seconds) {
      const row = { value, until: seconds ? Date.now() + seconds * 1000 : Infinity };
      rows.set(this.key(id), row);
      if (value.uid) rows.set(`uid:${value.uid}`, row);
    }
    async find(id) {
      const row = rows.get(this.key(id));
      return row && row.until > Date.now() ? row.value : undefined;
    }
    async findByUid(uid) {
      return rows.get(`uid:${uid}`)?.value;
    }
    async consume(id) {
      rows.get(this.key(id)).value.consumed = Math.floor(Date.now() / 1000);
    }
    async destroy(id) {
      rows.delete(this.key(id));
    }
    async revokeByGrantId(id) {
      for (const [key, row] of rows) if (row.value.grantId === id) rows.delete(key);
    }
  };
}

// A client that asks for tokens of its own, signed with `alg`.
const machine = (client_id, alg) => ({
  client_id,
  client_secret: "s3cret",
  grant_types: ["client_credentials"],
  redirect_uris: [],
  response_types: [],
  alg,
});

const CLIENTS = [
  ...Object.keys(KINDS).map((alg) => machine(`svc-${alg}`, alg)),
  machine(EXPIRED, "ES256"),
  // Two servers that introspect tokens.
  { ...machine("rs"), grant_types: [] },
  {
    client_id: "rs-key",
    token_endpoint_auth_method: "private_key_jwt",
    jwks: { keys: [jwkOf(CLIENT_KEY.publicKey)] },
    grant_types: [],
    redirect_uris: [],
    response_types: [],
  },
  // A client with a person, known before. Clients that register may ask only for the scopes of their registration.
  {
    client_id: "pre",
    redirect_uris: [BACK],
    application_type: "native",
    token_endpoint_auth_method: "none",
    grant_types: ["authorization_code", "refresh_token"],
  },
];

// The answers of an issuer. There is no call for a rotation: another provider with other keys takes over.
class Issuer {
  #url;
  #store = storeOf(new Map());
  #keys = keysOfEachKind();
  #provider;
  #callback;

  constructor(url) {
    this.#url = url;
    this.#build();
  }

  rotate() {
    this.#keys = [...keysOfEachKind(), ...this.#keys];
    this.#build();
  }

  withdraw(kid) {
    this.#keys = this.#keys.filter((key) => key.kid !== kid);
    this.#build();
  }

  async answer(request, response) {
    if (!request.url.startsWith("/auto/")) return this.#callback(request, response);
    const { prompt } = await this.#provider.interactionDetails(request, response);
    const result = prompt.name === "login" ? { login: { accountId: "ada" } } : { consent: {} };
    return this.#provider.interactionFinished(request, response, result);
  }

  #build() {
    this.#provider = new Provider(this.#url, configuration(this.#keys, this.#store));
    this.#callback = this.#provider.callback();
  }
}

function configuration(keys, adapter) {
  return {
    adapter,
    jwks: { keys },
    clients: CLIENTS,
    extraClientMetadata: { properties: ["alg"] },
    cookies: { keys: ["k"] },
    enabledJWA: { dPoPSigningAlgValues: ["ES256", "ES384", "EdDSA", "Ed25519", "PS256", "RS256"] },
    scopes: SCOPES.split(" "),
    ttl: { ClientCredentials: 300, AccessToken: 300, RefreshToken: 3600, Grant: 3600, Session: 3600, Interaction: 600 },
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
    loadExistingGrant: agreeToEverything,
    interactions: { url: (_, interaction) => `/auto/${interaction.uid}` },
    formats: { customizers: { jwt: expire } },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      dPoP: { enabled: true, nonceSecret: randomBytes(32) },
      registration: { enabled: true },
      introspection: { enabled: true },
      revocation: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => OPAQUE,
        useGrantedResource: () => true,
        getResourceServerInfo: (_, resource, client) => ({ scope: SCOPES, audience: resource, ...format(resource, client) }),
      },
    },
  };
}

function format(resource, { alg = "ES256" }) {
  return resource === OPAQUE || resource.endsWith("/introspect") ? { accessTokenFormat: "opaque" } : { accessTokenFormat: "jwt", jwt: { sign: { alg } } };
}

function expire(_, token, jwt) {
  if (token.clientId === EXPIRED) jwt.payload.exp = jwt.payload.iat - 3600;
  return jwt;
}

async function agreeToEverything({ oidc }) {
  const grant = new oidc.provider.Grant({ clientId: oidc.client.clientId, accountId: oidc.session.accountId });
  grant.addOIDCScope(SCOPES);
  for (const resource of [oidc.params.resource].flat()) if (resource) grant.addResourceScope(resource, SCOPES);
  await grant.save();
  return grant;
}

async function listen(handler, port = 0) {
  const server = createServer(handler).listen(port, HOST);
  await once(server, "listening");
  return server;
}

// The port of the second issuer, free until it starts.
async function freePort() {
  const server = await listen(() => {});
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

let issuer;
let later;

async function change({ pathname, searchParams }) {
  if (pathname === "/test/rotate") issuer.rotate();
  if (pathname === "/test/withdraw") issuer.withdraw(searchParams.get("kid"));
  if (pathname === "/test/later") {
    const second = new Issuer(`http://${HOST}:${later}`);
    await listen((request, response) => second.answer(request, response), later);
  }
}

const server = await listen(async (request, response) => {
  if (!request.url.startsWith("/test/")) return issuer.answer(request, response);
  if (request.url === "/test/client-key") return response.end(JSON.stringify(jwkOf(CLIENT_KEY.privateKey)));
  await change(new URL(request.url, `http://${HOST}`));
  response.end("done");
});
const url = `http://${HOST}:${server.address().port}`;
issuer = new Issuer(url);
later = await freePort();
console.log(`later on http://${HOST}:${later}`);
console.log(`listening on ${url}`);
