// Sends the requests of the buttons, and shows each message with the meaning of its parts.

// The meanings of the parameters, by where they stand. `shared` is for those that mean the same everywhere.

const MEANINGS = {
  shared: {
    realm: "The area that the credentials are for. A browser shows it in its prompt.",
    algorithm: "The hash function of the proof.",
    nonce: "A value that the server makes for its challenge. A proof is good for this value only.",
    opaque: "A value that the client returns unchanged.",
  },
  challenge: {
    charset: "The client encodes names and passwords as UTF-8.",
    qop: "Quality of protection. With auth, the proof covers the method and the target; with auth-int, the body, too.",
    domain: "The addresses that the same credentials are for.",
    userhash: "The client may send a hash instead of the name.",
    stale: "The proof was right, but the nonce is used up or too old. The client uses the new one without asking the user.",
    "error=invalid_token": "The server does not know the token, or the token has expired.",
    "error=insufficient_scope": "The token is good, but not for this request.",
    error: "Why the server refuses the request.",
    error_description: "The same for developers, in a sentence.",
    scope: "The scope that the token must have.",
  },
  credentials: {
    username: "The account.",
    userhash: "Says whether username is a hash of the name.",
    uri: "The target of the request. The proof covers it, so it is worth nothing for another target.",
    qop: "The quality of protection that the client has chosen.",
    nc: "How often the client has used this nonce. The server accepts each count once, so it refuses a replay.",
    cnonce: "A random value of the client. The server's proof must cover it, too.",
    response: "The proof: a hash of the password, the nonce, the count, the method and the target.",
  },
  information: {
    rspauth: "The server's proof: a hash that only a server with the password, or its hash, can make.",
    nextnonce: "The nonce for the next request.",
    qop: "The quality of protection that the server has used.",
    cnonce: "The client's random value, so that an old proof of the server is worth nothing.",
    nc: "The client's count.",
  },
};

// What the buttons do. `refused` says in plain words why the server answers with a status.

const ADA = { user: "ada", password: "lovelace" };
const WRONG = { user: "ada", password: "babbage" };
const NO_CREDENTIALS = "the client sends no credentials. The challenge says which ones the server accepts.";
const WRONG_PASSWORD = "the server does not know this password.";
const WRONG_TOKEN = "the server does not know this token.";
const NO_SCOPE = "the server knows the caller, but the token does not have the scope that this route needs.";
const TWO_CREDENTIALS = "the layer does not guess which of the two is meant. (fetch joins two fields into one line.)";

const basic = ({ user, password }) => `Basic ${btoa(`${user}:${password}`)}`;
const get = (path, authorization, refused) => (log) => once(log, { method: "GET", path, authorization }, refused);
const post = (path, authorization, refused) => (log) => once(log, { method: "POST", path, authorization }, refused);

const ATTEMPTS = {
  "basic-right": get("/basic", basic(ADA)),
  "basic-wrong": get("/basic", basic(WRONG), { 401: WRONG_PASSWORD }),
  "basic-none": get("/basic", undefined, { 401: NO_CREDENTIALS }),
  "digest-right": (log) => digest(log, "/digest", ADA),
  "digest-wrong": (log) => digest(log, "/digest", WRONG, { 401: WRONG_PASSWORD }),
  "digest-none": get("/digest", undefined, { 401: NO_CREDENTIALS }),
  "digest-replay": replay,
  "bearer-right": get("/bearer", "Bearer r3ad"),
  "bearer-wrong": get("/bearer", "Bearer stolen", { 401: WRONG_TOKEN }),
  "bearer-none": get("/bearer", undefined, { 401: NO_CREDENTIALS }),
  "scope-right": post("/bearer/write", "Bearer wr1te"),
  "scope-without": post("/bearer/write", "Bearer r3ad", { 403: NO_SCOPE }),
  "scope-wrong": post("/bearer/write", "Bearer stolen", { 401: WRONG_TOKEN }),
  "scope-none": post("/bearer/write", undefined, { 401: NO_CREDENTIALS }),
  "all-none": get("/all", undefined, { 401: NO_CREDENTIALS }),
  "all-basic": get("/all", basic(ADA)),
  "all-digest": (log) => digest(log, "/all", ADA),
  "all-bearer": get("/all", "Bearer r3ad"),
  "all-wrong": get("/all", basic(WRONG), { 401: WRONG_PASSWORD }),
  "all-two": get("/all", `${basic(ADA)}, Bearer r3ad`, { 400: TWO_CREDENTIALS }),
};

async function once(log, request, refused) {
  const title = request.authorization ? "The client sends credentials" : "The client sends no credentials";
  return verdict(await send(log, title, request), refused);
}

async function digest(log, path, account, refused) {
  const { proof, response } = await login(log, path, account);
  const { text, status } = verdict(response, refused);
  if (status !== 200) {
    return { text, status };
  }
  const [information] = parse(response.headers.get("authentication-info") ?? "");
  const proved = information?.params.rspauth === proof.rspauth;
  const server = proved ? "The server's proof is right, too" : "But the server's proof is wrong";
  return { text: `${text} The password was in no message. ${server}.`, status };
}

// Gets a challenge and answers it.
async function login(log, path, account) {
  const refusal = await send(log, "The client asks for a challenge", { method: "GET", path });
  const challenges = parse(refusal.headers.get("www-authenticate") ?? "");
  const challenge = challenges.find(({ scheme, params }) => scheme === "Digest" && params.algorithm === "SHA-256");
  if (!challenge) {
    throw new Error(HIDDEN);
  }
  const proof = await prove(challenge.params, account, "GET", path);
  log.steps.append(computation(proof.steps));
  const request = { method: "GET", path, authorization: proof.authorization };
  return { proof, request, response: await send(log, "The client sends its proof", request) };
}

async function replay(log) {
  const { request, response } = await login(log, "/digest", ADA);
  if (response.status !== 200) {
    return verdict(response);
  }
  const again = await send(log, "An attacker, who has read the message, sends it again", request);
  const [challenge] = parse(again.headers.get("www-authenticate") ?? "");
  const stale = challenge?.params.stale === "true";
  const reason = "the server accepts a proof once. The new nonce (stale=true) is worth nothing without the password.";
  return verdict(again, stale ? { 401: reason } : {});
}

function verdict(response, refused = {}) {
  const { status, body } = response;
  const caller = body.trim().replace(/^hello /, "");
  const reason = status === 200 ? `the server admits ${caller}.` : refused[status];
  return { status, text: `${status}: ${reason ?? "this page did not expect the answer."}` };
}

// Digest (RFC 7616 section 3.4.1).

async function prove({ realm, nonce }, { user, password }, method, path) {
  const [count, cnonce] = ["00000001", hex(crypto.getRandomValues(new Uint8Array(16)))];
  const secret = await sha256(`${user}:${realm}:${password}`);
  const covered = await sha256(`${method}:${path}`);
  const values = `${nonce}:${count}:${cnonce}:auth`;
  const response = await sha256(`${secret}:${values}:${covered}`);
  const rspauth = await sha256(`${secret}:${values}:${await sha256(`:${path}`)}`);
  const steps = [
    ["secret", `SHA-256("${user}:${realm}:${password}")`, secret],
    ["covered", `SHA-256("${method}:${path}")`, covered],
    ["response", "SHA-256(secret:nonce:nc:cnonce:qop:covered)", response],
  ];
  const authorization = `Digest username="${user}", realm="${realm}", nonce="${nonce}", uri="${path}", `
    + `algorithm=SHA-256, qop=auth, nc=${count}, cnonce="${cnonce}", response="${response}"`;
  return { authorization, rspauth, steps };
}

const NO_CRYPTOGRAPHY = "This page cannot compute Digest here. Browsers offer SHA-256 only to pages of https and of "
  + "this computer: open http://127.0.0.1 or http://localhost with the port of this server, or use curl.";

async function sha256(text) {
  if (!crypto.subtle) {
    throw new Error(NO_CRYPTOGRAPHY);
  }
  return hex(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))));
}

function hex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

// Messages.

// Sends a request and shows it with its response. Without `credentials: "omit"`, the browser would show a password
// prompt of its own for a 401 with Basic or Digest, and could add credentials that it remembers (Fetch Standard,
// "HTTP-network-or-cache fetch", which prompts only if includeCredentials is true).
async function send(log, title, { method, path, authorization }) {
  const headers = authorization ? { Authorization: authorization } : {};
  const sent = fetch(path, { method, headers, credentials: "omit", cache: "no-store" });
  const response = await sent.catch(() => Promise.reject(new Error("No answer: does the server still run?")));
  const body = await response.text();
  log.steps.append(round(log, title, requestLines(method, path, authorization), responseLines(response, body)));
  return { status: response.status, headers: response.headers, body };
}

function requestLines(method, path, authorization) {
  const lines = [{ line: `${method} ${path} HTTP/1.1` }, { line: `Host: ${location.host}` }];
  if (authorization) {
    lines.push({ line: `Authorization: ${authorization}`, place: "credentials", parts: parse(authorization) });
  }
  return lines;
}

// Firefox 153 drops a field of several lines from the headers of a script. A 401 always has a challenge (RFC 9110
// section 15.5.2), so without one the script knows that the browser has dropped it.
const HIDDEN = "This browser hides challenges from scripts if there are several of them. curl -i shows them.";

function responseLines(response, body) {
  const lines = [{ line: `HTTP/1.1 ${response.status} ${response.statusText}` }];
  for (const [name, value] of response.headers) {
    lines.push(...fieldLines(name, value));
  }
  if (response.status === 401 && !response.headers.has("www-authenticate")) {
    lines.push({ line: `(${HIDDEN})` });
  }
  return body ? [...lines, { line: "" }, { line: body.trim() }] : lines;
}

// `fetch` joins the challenges of all field lines, so this splits them again.
function fieldLines(name, value) {
  if (name === "www-authenticate") {
    return parse(value).map((one) => ({ line: `${name}: ${one.text}`, place: "challenge", parts: [one] }));
  }
  const parts = name === "authentication-info" ? parse(value) : [];
  return [{ line: `${name}: ${value}`, place: "information", parts }];
}

// A parameter, or a scheme with an optional token68 (RFC 9110 section 11).
const PARAMETER = /(?<name>[\w-]+)\s*=\s*(?:"(?<quoted>(?:[^"\\]|\\.)*)"|(?<plain>[^\s,"]+))(?=\s*(?:,|$))/;
const SCHEME = /(?<scheme>[\w-]+)(?: +(?<token>[\w.~+/-]+=*)(?=\s*(?:,|$)))?/;
const PART = new RegExp(`[\\s,]*(?:${PARAMETER.source}|${SCHEME.source})`, "gy");

// Splits a field into its challenges or credentials. The parameters of `Authentication-Info` have no scheme.
function parse(field) {
  const found = [];
  for (const { 0: text, groups } of field.matchAll(PART)) {
    const { name, quoted, plain, scheme, token } = groups;
    if (scheme || found.length === 0) {
      found.push({ scheme, token, params: {}, text: "" });
    }
    found.at(-1).text += scheme ? text.replace(/^[\s,]+/, "") : text;
    if (name) {
      found.at(-1).params[name] = plain ?? quoted.replace(/\\(.)/g, "$1");
    }
  }
  return found;
}

// The page. Text from the network becomes text nodes, never HTML.

function element(name, className, ...children) {
  const made = document.createElement(name);
  made.className = className;
  made.append(...children);
  return made;
}

function round(log, title, request, response) {
  const item = element("li", "round", element("h3", "", title));
  item.append(message(log, "Request", request), message(log, "Response", response));
  return item;
}

function message(log, title, lines) {
  const raw = element("pre", "");
  for (const { line, parts } of lines) {
    raw.append(element(parts?.length ? "strong" : "span", "", line), "\n");
  }
  const made = element("div", "message", element("h4", "", title), raw);
  made.append(...lines.flatMap(({ place, parts = [] }) => parts.map((part) => meanings(log, place, part))));
  return made;
}

const TITLES = { credentials: "The credentials", challenge: "The challenge", information: "The server's own proof" };

// Explains each value once in an exchange. For example, a second challenge has a new nonce and the same realm.
function meanings(log, place, { scheme = "", params, token }) {
  const list = element("dl", "");
  const all = [...(token ? [["", token]] : []), ...Object.entries(params)];
  const isNew = ([name, value]) => !log.explained.has(`${place} ${scheme} ${name} ${value}`);
  for (const [name, value] of all.filter(isNew)) {
    log.explained.add(`${place} ${scheme} ${name} ${value}`);
    const meaning = name ? paramMeaning(place, name, value) : tokenMeaning(scheme, value);
    list.append(element("dt", "", `${name && `${name}=`}${shortened(value)}`), element("dd", "", meaning));
  }
  if (list.children.length < 2 * all.length) {
    list.append(element("dt", "again", list.children.length ? "the rest" : "all"), element("dd", "", "As above."));
  }
  return element("div", "meanings", element("h5", "", `${TITLES[place]} ${scheme && `(${scheme})`}`), list);
}

function paramMeaning(place, name, value) {
  const known = MEANINGS[place];
  return known[`${name}=${value}`] ?? known[name] ?? MEANINGS.shared[name] ?? "This page does not know this parameter.";
}

function tokenMeaning(scheme, token) {
  return scheme === "Basic"
    ? `Base64 of ${atob(token)}. An attacker who reads the message has the password.`
    : "The token. An attacker who reads the message has it.";
}

function shortened(value) {
  return value.length > 24 ? `${value.slice(0, 12)}…` : value;
}

function computation(steps) {
  const list = element("dl", "");
  for (const [name, formula, value] of steps) {
    list.append(element("dt", "", name), element("dd", "", `${formula} = ${shortened(value)}`));
  }
  const title = element("h3", "", "The script computes the proof. The password stays in the page");
  return element("li", "computation", title, list);
}

// The buttons.

async function attempt(name, log) {
  try {
    return await ATTEMPTS[name](log);
  } catch (error) {
    return { text: error.message };
  }
}

async function press(button, buttons, { said, exchange }) {
  const log = { steps: element("ol", ""), explained: new Set() };
  const { text, status } = await attempt(button.dataset.attempt, log);
  said.textContent = text;
  said.dataset.class = status ? Math.floor(status / 100) : "5";
  exchange.replaceChildren(...log.steps.children);
  for (const other of buttons) {
    other.setAttribute("aria-current", String(other === button));
  }
}

function addResult(section) {
  const said = element("p", "verdict");
  const exchange = element("ol", "exchange");
  said.setAttribute("role", "status");
  section.append(said, exchange);
  return { said, exchange };
}

for (const section of document.querySelectorAll("section")) {
  const buttons = section.querySelectorAll("button");
  const result = addResult(section);
  // One attempt after the other, so that a late answer does not replace a newer one.
  let last = Promise.resolve();
  for (const button of buttons) {
    button.addEventListener("click", () => (last = last.then(() => press(button, buttons, result))));
  }
}
document.querySelector("#curl").textContent = `curl ${location.origin}/`;
