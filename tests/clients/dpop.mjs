// Clients of DPoP (RFC 9449). `openid-client` makes proofs, keeps nonces, and repeats a refused request by itself. `dpop`
// makes proofs alone. The arguments are the folder with the packages, and what to do, in JSON:
//
//   issuer, audience  where the client gets its token, and for which resource
//   key               the algorithm of the client's key
//   steps             requests, one after the other, each with a `url`
//
// A step of `openid-client` may wait first (`wait`, seconds), and has a `method`. A step of `dpop` says what its proof has
// (`htm`, `htu`, `nonce`, `token`), whether another key signs it (`stolen`), or whether the last one is sent again (`again`).
// The program prints the responses of the resource in JSON: all of them, also to requests that a client has repeated.

import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [modules, asked] = [process.argv[2], JSON.parse(process.argv[3])];
const load = (name, file) => import(pathToFileURL(join(modules, "node_modules", name, file)));

const ID = "svc-ES256";
const SECRET = "s3cret";
const SCOPE = "read";
const answers = [];

async function record(url, options) {
  const response = await fetch(url, options);
  if (asked.steps.some((step) => String(url) === step.url)) {
    const copy = response.clone();
    answers.push({ status: copy.status, fields: [...copy.headers], body: await copy.text() });
  }
  return response;
}

const pause = (seconds = 0) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

async function withOpenidClient() {
  const client = await load("openid-client", "build/index.js");
  const config = await client.discovery(new URL(asked.issuer), ID, SECRET, undefined, {
    execute: [client.allowInsecureRequests],
    [client.customFetch]: record,
  });
  const DPoP = client.getDPoPHandle(config, await client.randomDPoPKeyPair(asked.key));
  const grant = { scope: SCOPE, resource: asked.audience };
  const { access_token, token_type } = await client.clientCredentialsGrant(config, grant, { DPoP });
  if (token_type !== "dpop") throw new Error(`a token of the type ${token_type}`);
  for (const { url, method = "GET", wait } of asked.steps) {
    await pause(wait);
    const body = method === "POST" ? "x" : null;
    const sent = client.fetchProtectedResource(config, access_token, new URL(url), method, body, null, { DPoP });
    // A refusal with a challenge is an exception, and is recorded.
    await sent.catch((error) => error);
  }
}

async function withDpop() {
  const { generateKeyPair, generateProof } = await load("dpop", "build/index.js");
  const [own, thief] = [await generateKeyPair(asked.key), await generateKeyPair(asked.key)];
  const grant = new URLSearchParams({ grant_type: "client_credentials", scope: SCOPE, resource: asked.audience });
  const account = Buffer.from(`${ID}:${SECRET}`).toString("base64");
  const endpoint = `${asked.issuer}/token`;
  const token = async (bound) => {
    const fields = { authorization: `Basic ${account}` };
    if (bound) fields.DPoP = await generateProof(own, endpoint, "POST");
    const response = await fetch(endpoint, { method: "POST", headers: fields, body: grant });
    return (await response.json()).access_token;
  };
  const [bound, plain] = [await token(true), await token(false)];
  const tokens = { bound, plain };
  let [proof, nonce] = [];
  for (const step of asked.steps) {
    const sent = tokens[step.token ?? "bound"];
    if (!step.again) {
      const target = step.htu ?? step.url.split("?")[0];
      const hashed = step.for ? tokens[step.for] : sent;
      const pair = step.stolen ? thief : own;
      proof = await generateProof(pair, target, step.htm ?? "GET", step.nonce ? nonce : undefined, hashed);
    }
    const fields = { authorization: `${step.scheme ?? "DPoP"} ${sent}` };
    if (!step.bare) fields.DPoP = step.twice ? `${proof}, ${proof}` : proof;
    const response = await record(step.url, { headers: fields });
    nonce = response.headers.get("dpop-nonce") ?? nonce;
  }
}

await (asked.client === "dpop" ? withDpop() : withOpenidClient());
console.log(JSON.stringify(answers));
