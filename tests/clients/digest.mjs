// Computes the credentials of Digest (RFC 7616), with the hashes of `node:crypto`.

import { createHash, randomBytes } from "node:crypto";

const HASHES = { MD5: "md5", "SHA-256": "sha256", "SHA-512-256": "sha512-256" };

export function challengeOf(value) {
  const pairs = value.matchAll(/(\w+)=(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/g);
  return Object.fromEntries([...pairs].map(([, name, quoted, token]) => [name, quoted ?? token]));
}

export function credentials(challenge, { name, password }, method, uri, count = 1) {
  const { realm, nonce, algorithm } = challenge;
  const hash = (...parts) => createHash(HASHES[algorithm]).update(parts.join(":")).digest("hex");
  const cnonce = randomBytes(8).toString("base64");
  const nc = count.toString(16).padStart(8, "0");
  const [a1, a2] = [hash(name, realm, password), hash(method, uri)];
  const response = hash(a1, nonce, nc, cnonce, "auth", a2);
  const fields = [
    user(name),
    ...[`realm="${realm}"`, `nonce="${nonce}"`, `uri="${uri}"`, `algorithm=${algorithm}`],
    ...["qop=auth", `nc=${nc}`, `cnonce="${cnonce}"`, `response="${response}"`],
  ];
  return "Digest " + fields.join(", ");
}

// A field value in `fetch` can have only characters up to U+00FF, each sent as one byte. RFC 7616 section 3.4 has the
// parameter `username*` for other names, and this function uses it for all names that are not ASCII.
function user(name) {
  const ascii = /^[\x20-\x7e]*$/.test(name);
  return ascii ? `username="${name}"` : `username*=UTF-8''${encodeURIComponent(name)}`;
}
