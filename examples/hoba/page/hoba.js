// Signs in with HOBA (RFC 7486). The private key stays in the browser: no script can read it, this one included.
//
//   const device = (await Device.load()) ?? (await Device.create());
//   await device.register({ name: 'my laptop' });
//   const response = await device.fetch('/me');
//
// It needs a secure context: https, or http on the local machine.

const DATABASE = 'hoba';
const TABLE = 'keys';
const NAME = 'device';
const ALGORITHM = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };
const KEY = { ...ALGORITHM, modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) };
const RSA_SHA256 = '0';

/** The key of this browser. */
export class Device {
  constructor(pair, kid) {
    this.pair = pair;
    this.kid = kid;
  }

  /** Makes a key and keeps it. Throws if the browser has a key already, for example from another tab. */
  static async create() {
    const pair = await crypto.subtle.generateKey(KEY, false, ['sign', 'verify']);
    const spki = await crypto.subtle.exportKey('spki', pair.publicKey);
    const kid = base64url(await crypto.subtle.digest('SHA-256', spki));
    await inTable('readwrite', (table) => table.add({ pair, kid }, NAME));
    return new Device(pair, kid);
  }

  /** The key of this browser, or null. */
  static async load() {
    const kept = await inTable('readonly', (table) => table.get(NAME));
    return kept ? new Device(kept.pair, kept.kid) : null;
  }

  /** Deletes the key of this browser. It does not remove it from the account. */
  static async forget() {
    await inTable('readwrite', (table) => table.delete(NAME));
  }

  /**
   * Registers the key: as a new account, or with the token of an invitation. If the server refuses, it throws the text and
   * the status of the server. After any other error, the key may be registered all the same.
   */
  async register({ name = '', invitation } = {}) {
    const spki = await crypto.subtle.exportKey('spki', this.pair.publicKey);
    const form = { pub: pem(spki), kidtype: '0', kid: this.kid, didtype: '0', did: name };
    const response = await post('register', invitation ? { ...form, join: invitation } : form);
    if (response.headers.get('hobareg')?.toLowerCase() !== 'regok') {
      throw Object.assign(new Error(await response.text()), { status: response.status });
    }
  }

  /**
   * The name of the account that an invitation is for. Show it before the user joins: the link may be that of an attacker,
   * and the device would then belong to the account of the attacker.
   */
  static async accountOf(invitation) {
    const response = await post('invitation', { join: invitation });
    if (!response.ok) {
      throw new Error(await response.text());
    }
    return response.text();
  }

  /**
   * Sends a request, and signs the challenge if the server sends one. After that, the cookie of the session is enough.
   * A signature is for the origin of the page, so another origin could use it there. It never gets one.
   */
  async fetch(path, options = {}) {
    refuseOtherOrigin(path);
    const response = await fetch(path, options);
    const challenge = response.status === 401 && parse(response.headers.get('www-authenticate'));
    if (!challenge) {
      return response;
    }
    refuseOtherOrigin(response.url);
    const headers = new Headers(options.headers);
    headers.set('authorization', await this.answer(challenge));
    return fetch(path, { ...options, headers });
  }

  /** Ends the sessions of this device. The key stays, so that it can sign in again. */
  async signOut() {
    const response = await this.fetch('/.well-known/hoba/logout', { method: 'POST' });
    if (!response.ok) {
      throw new Error(await response.text());
    }
  }

  /** The value of `Authorization` for a challenge. */
  async answer({ challenge, realm = '' }) {
    const nonce = base64url(crypto.getRandomValues(new Uint8Array(16)));
    const parts = [nonce, RSA_SHA256, origin(), realm, this.kid, challenge];
    const text = parts.map((part) => `${bytes(part).length}:${part}`).join('');
    const signature = await crypto.subtle.sign(ALGORITHM, this.pair.privateKey, bytes(text));
    return `HOBA result="${this.kid}.${challenge}.${nonce}.${base64url(signature)}"`;
  }
}

/** Sends a form to the services. It has the token of an invitation, because access logs have the query. */
function post(service, form) {
  return fetch(`/.well-known/hoba/${service}`, { method: 'POST', body: new URLSearchParams(form) });
}

/** The origin of the page with its port, which a URL leaves out if it is the default port. */
function origin() {
  const { protocol, hostname, port } = location;
  return `${protocol}//${hostname}:${port || { 'https:': '443', 'http:': '80' }[protocol]}`;
}

/** Throws if a URL, or a path of this page, leads to another origin. */
function refuseOtherOrigin(url) {
  if (new URL(url, document.baseURI).origin !== location.origin) {
    throw new Error('The key of this page is for its own origin.');
  }
}

/** The parameters of a challenge of HOBA, or null if the field has none. */
function parse(field) {
  const start = /(?:^|,)\s*HOBA\s+/i.exec(field ?? '');
  if (!start) {
    return null;
  }
  const found = {};
  const param = /\s*([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))\s*(?:,|$)/y;
  param.lastIndex = start.index + start[0].length;
  for (let match; (match = param.exec(field)); ) {
    found[match[1].toLowerCase()] = match[2]?.replace(/\\(.)/g, '$1') ?? match[3];
  }
  return found.challenge ? found : null;
}

function bytes(text) {
  return new TextEncoder().encode(text);
}

function base64(buffer) {
  return btoa(String.fromCharCode(...new Uint8Array(buffer)));
}

function base64url(buffer) {
  return base64(buffer).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

function pem(spki) {
  const lines = base64(spki).match(/.{1,64}/g).join('\n');
  return `-----BEGIN PUBLIC KEY-----\n${lines}\n-----END PUBLIC KEY-----\n`;
}

/** Runs one request in the table of IndexedDB, and waits until it is on the disk. No script can read a key in it. */
async function inTable(mode, act) {
  const database = await open();
  try {
    return await new Promise((resolve, reject) => {
      const transaction = database.transaction(TABLE, mode);
      const request = act(transaction.objectStore(TABLE));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = () => reject(request.error ?? transaction.error);
    });
  } finally {
    database.close();
  }
}

function open() {
  const opening = indexedDB.open(DATABASE, 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore(TABLE);
  return new Promise((resolve, reject) => {
    opening.onsuccess = () => resolve(opening.result);
    opening.onerror = () => reject(opening.error);
  });
}
