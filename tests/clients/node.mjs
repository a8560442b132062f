// Sends requests with Node's `fetch`, or its client for HTTP/2. Each line of standard input is a request in JSON. The
// program answers it with one line of standard output: a JSON array of the responses, or an object with an `error`.

import { connect } from "node:http2";
import { createInterface } from "node:readline";
import { challengeOf, credentials } from "./digest.mjs";

// Sends a request. If it names an account for Digest and the response is a 401, the function sends the request again,
// with the credentials for that challenge and the counts from 1 to `counts`.
async function exchange({ digest, counts = 1, ...request }) {
  const first = await ask(request);
  const answers = [first];
  if (!digest || first.status !== 401) return answers;
  const challenge = challengeOf(Object.fromEntries(first.fields)["www-authenticate"]);
  const { pathname, search } = new URL(request.url);
  for (let count = 1; count <= counts; count++) {
    const authorization = credentials(challenge, digest, request.method, pathname + search, count);
    answers.push(await ask({ ...request, fields: { authorization } }));
  }
  return answers;
}

function ask({ repeat, ...request }) {
  // A body of this many bytes would be too long for a line of standard input, so the program makes it here.
  if (repeat) request.body = "x".repeat(repeat);
  return request.http2 ? overHttp2(request) : overHttp1(request);
}

async function overHttp1({ method, url, fields, body }) {
  const response = await fetch(url, { method, headers: fields, body });
  return { status: response.status, fields: [...response.headers], body: await response.text() };
}

function overHttp2({ method, url, fields, body }) {
  const { origin, pathname, search } = new URL(url);
  const session = connect(origin);
  const answer = new Promise((resolve, reject) => {
    const stream = session.request({ ":method": method, ":path": pathname + search, ...fields });
    const chunks = [];
    let head;
    stream.on("response", (headers) => (head = headers));
    stream.on("data", (chunk) => chunks.push(chunk));
    stream.on("end", () => resolve(answerOf(head, Buffer.concat(chunks))));
    stream.on("error", reject);
    session.on("error", reject);
    stream.end(body);
  });
  return answer.finally(() => session.close());
}

function answerOf(head, body) {
  const lines = ([name, value]) => [value].flat().map((line) => [name, String(line)]);
  const fields = Object.entries(head).flatMap(lines);
  return { status: head[":status"], fields, body: body.toString() };
}

for await (const line of createInterface({ input: process.stdin })) {
  const answers = await exchange(JSON.parse(line)).catch((error) => ({ error: error.message }));
  console.log(JSON.stringify(answers));
}
