// The AWS SDK for JavaScript v3 on the S3 server, without a setting. Prints one line of JSON: what each step gave.

import { createRequire } from "node:module";
import { randomBytes } from "node:crypto";
import { Readable } from "node:stream";

const [modules, asked] = process.argv.slice(2);
const resolve = createRequire(`${modules}/package.json`);
const { url, region, key, secret, size } = JSON.parse(asked);
const s3 = resolve("@aws-sdk/client-s3");
const { Upload } = resolve("@aws-sdk/lib-storage");
const { getSignedUrl } = resolve("@aws-sdk/s3-request-presigner");

const connect = (secretAccessKey) =>
  new s3.S3Client({ endpoint: url, region, forcePathStyle: true, credentials: { accessKeyId: key, secretAccessKey } });
const client = connect(secret);
const bucket = { Bucket: "node-bucket" };
const name = { ...bucket, Key: "a b+c&d/é" };
const big = { ...bucket, Key: "big" };
const data = randomBytes(size);
const text = async (about, from = client) =>
  (await from.send(new s3.GetObjectCommand(about))).Body.transformToString("latin1");
const is = async (about) => (await text(about)) === data.toString("latin1");
const keys = async () => (await client.send(new s3.ListObjectsV2Command(bucket))).Contents?.map((one) => one.Key).join(" ");
const status = (response) => response.$metadata.httpStatusCode;

const steps = {
  "create bucket": async () => status(await client.send(new s3.CreateBucketCommand(bucket))),
  put: async () => status(await client.send(new s3.PutObjectCommand({ ...name, Body: "text" }))),
  get: () => text(name),
  "put a stream": async () => {
    const body = { Body: Readable.from([Buffer.from("te"), Buffer.from("xt")]), ContentLength: 4 };
    return status(await client.send(new s3.PutObjectCommand({ ...name, ...body })));
  },
  "put 20 MB": async () => (await client.send(new s3.PutObjectCommand({ ...big, Body: data })), is(big)),
  "upload 20 MB": async () => (await new Upload({ client, params: { ...big, Body: data } }).done(), is(big)),
  copy: async () => {
    const source = encodeURIComponent("node-bucket/a b+c&d/é");
    await client.send(new s3.CopyObjectCommand({ ...bucket, Key: "copy", CopySource: source }));
    return text({ ...bucket, Key: "copy" });
  },
  list: keys,
  "presigned PUT": async () => {
    const signed = await getSignedUrl(client, new s3.PutObjectCommand({ ...bucket, Key: "url" }), { expiresIn: 60 });
    return (await fetch(signed, { method: "PUT", body: "by a URL" })).status;
  },
  "presigned GET": async () => {
    const signed = await getSignedUrl(client, new s3.GetObjectCommand({ ...bucket, Key: "url" }), { expiresIn: 60 });
    return (await fetch(signed)).text();
  },
  "presigned GET, changed": async () => {
    const signed = await getSignedUrl(client, new s3.GetObjectCommand({ ...bucket, Key: "url" }), { expiresIn: 60 });
    return (await fetch(signed.replace("/url?", "/copy?"))).status;
  },
  "delete one": async () => status(await client.send(new s3.DeleteObjectCommand(big))),
  "delete many": async () => {
    const Objects = ["copy", "url"].map((Key) => ({ Key }));
    return (await client.send(new s3.DeleteObjectsCommand({ ...bucket, Delete: { Objects } }))).Deleted.length;
  },
  "list, one left": keys,
  "wrong secret": () => text(name, connect(secret.toLowerCase())),
};

const got = {};
for (const [step, act] of Object.entries(steps)) {
  got[step] = String(await act().catch((error) => `${error.$metadata?.httpStatusCode ?? ""} ${error.name}`));
}
console.log(JSON.stringify(got));
