// Asks once, with a client that signs, and says what came of it: a status, or whether an object came back the same.

import { createRequire } from "node:module";
import { request } from "node:http";
import { Readable } from "node:stream";

const [modules, asked] = process.argv.slice(2);
const resolve = createRequire(`${modules}/package.json`);
const given = JSON.parse(asked);
const account = { accessKeyId: given.key, secretAccessKey: given.secret };

async function aws4({ url, method, path, query, region }) {
  const { sign } = resolve("aws4");
  const { host, pathname, search } = new URL(url + path);
  const body = method === "GET" || method === "HEAD" || query ? undefined : "text";
  const signed = { host, path: pathname + search, method, body, service: "execute-api", region };
  // It says how long a URL is good for S3 alone.
  if (query) Object.assign(signed, { signQuery: true, path: `${signed.path}${search ? "&" : "?"}X-Amz-Expires=60` });
  // What it adds by itself is the type of a form.
  if (body) signed.headers = { "Content-Type": "text/plain" };
  return send(sign(signed, account), new URL(url));
}

function send({ method, path, headers, body }, { hostname, port }) {
  return new Promise((answer, fail) => {
    const sent = request({ hostname, port, method, path, headers }, (response) => {
      response.resume();
      answer(response.statusCode);
    });
    sent.on("error", fail);
    sent.end(body);
  });
}

async function sdk({ url, region, body, checksum }) {
  const { S3Client, PutObjectCommand, GetObjectCommand } = resolve("@aws-sdk/client-s3");
  const options = { endpoint: url, region, credentials: account, forcePathStyle: true, maxAttempts: 1 };
  const client = new S3Client(options);
  const text = body === "stream" ? "text".repeat(50_000) : body;
  const name = { Bucket: "bucket", Key: "a b/node+" };
  const sent = body === "stream" ? Readable.from(pieces(text)) : text;
  const length = body === "stream" ? { ContentLength: text.length } : {};
  try {
    await client.send(new PutObjectCommand({ ...name, ...length, Body: sent, ChecksumAlgorithm: checksum }));
    const got = await client.send(new GetObjectCommand(name));
    return (await got.Body.transformToString()) === text ? "same" : "another";
  } catch (error) {
    return error.$metadata?.httpStatusCode ?? error.message;
  }
}

function* pieces(text) {
  for (let start = 0; start < text.length; start += 10_000) yield Buffer.from(text.slice(start, start + 10_000));
}

console.log(String(await (given.client === "aws4" ? aws4(given) : sdk(given))));
