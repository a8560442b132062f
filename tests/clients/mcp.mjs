// Uses the tools of an MCP server with the official SDK. Prints what each tool says, and which scopes the client asked the
// authorization server for at each login.

import { createRequire } from "node:module";

const [modules, asked] = process.argv.slice(2);
const sdk = createRequire(`${modules}/package.json`);
const { Client } = sdk("@modelcontextprotocol/sdk/client/index.js");
const { StreamableHTTPClientTransport } = sdk("@modelcontextprotocol/sdk/client/streamableHttp.js");
const { UnauthorizedError } = sdk("@modelcontextprotocol/sdk/client/auth.js");

const { url, back, known, tools } = JSON.parse(asked);
const login = { client: known && { client_id: known }, scopes: [] };

// Plays the person: follows the redirects with a jar of cookies, up to the one back to the client.
async function logIn(at) {
  login.scopes.push(at.searchParams.get("scope"));
  for (const jar = new Map(); ; ) {
    const cookie = [...jar].map((pair) => pair.join("=")).join("; ");
    const response = await fetch(at, { redirect: "manual", headers: { cookie } });
    for (const line of response.headers.getSetCookie()) {
      const [name, value] = line.split(";")[0].split("=");
      if (value) jar.set(name, value);
      else jar.delete(name);
    }
    at = new URL(response.headers.get("location"), at);
    if (at.href.startsWith(back)) return at.searchParams.get("code");
  }
}

const authProvider = {
  redirectUrl: back,
  clientMetadata: {
    client_name: "test",
    redirect_uris: [back],
    token_endpoint_auth_method: "none",
    application_type: "native",
    grant_types: ["authorization_code", "refresh_token"],
    response_types: ["code"],
  },
  clientInformation: () => login.client,
  saveClientInformation: (client) => (login.client = client),
  tokens: () => login.tokens,
  saveTokens: (tokens) => (login.tokens = tokens),
  codeVerifier: () => login.verifier,
  saveCodeVerifier: (verifier) => (login.verifier = verifier),
  redirectToAuthorization: async (at) => (login.code = await logIn(at)),
};

// The SDK leaves the rest of a login to the program: it throws, and wants the code.
async function loggedIn(act, transport) {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof UnauthorizedError)) throw error;
    await transport().finishAuth(login.code);
    return act();
  }
}

let transport;
const client = await loggedIn(
  async () => {
    // A transport connects once.
    transport = new StreamableHTTPClientTransport(new URL(url), { authProvider });
    const client = new Client({ name: "test", version: "1" });
    await client.connect(transport);
    return client;
  },
  () => transport,
);
const said = { tools: (await client.listTools()).tools.map((tool) => tool.name) };
for (const name of tools) {
  const call = () => client.callTool({ name, arguments: {} });
  said[name] = (await loggedIn(call, () => transport)).content[0].text;
}
await client.close();
console.log(JSON.stringify({ ...said, scopes: login.scopes }));
