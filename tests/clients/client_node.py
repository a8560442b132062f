"""Tests Node: `fetch`, and its client for HTTP/2. Node has no Digest, so `digest.mjs` computes it."""

import base64
import json
from asyncio.subprocess import PIPE, Process, create_subprocess_exec
from functools import partial
from pathlib import Path

from answers import Answer, seen
from server import COLON, EXPECTED, GUEST, JASON, LOW_TOKEN, MUFASA, NOBODY, ODD, TOKEN, WRONG, Account, Server
from server import TOKENS_IN_BASIC, TOKENS_IN_BEARER
from tokens import token_cases

ADMITTED = "401 > 200 mufasa"
REFUSED = "401 > 401"


def cases(server: Server):
    for name, how in (("fetch", {}), ("http2", {"http2": True})):
        for group in (basic, bearer, application_tokens, jwt, digest):
            for case, expected, request in group(server):
                yield f"{name} {case}", expected, partial(ask, {**request, **how})


_running: list[Process] = []


async def node() -> Process:
    if not _running:
        pipes = {"stdin": PIPE, "stdout": PIPE}
        script = Path(__file__).with_name("node.mjs")
        _running.append(await create_subprocess_exec("node", str(script), **pipes))
    return _running[0]


async def close() -> None:
    while _running:
        process = _running.pop()
        process.stdin.close()
        await process.wait()


async def ask(request: dict) -> str:
    process = await node()
    process.stdin.write(json.dumps({"method": "GET", **request}).encode() + b"\n")
    answers = json.loads(await process.stdout.readline())
    if "error" in answers:
        return f"raises {answers['error']}"
    return seen(answer(each) for each in answers)


def answer(shown: dict) -> Answer:
    fields = [tuple(each) for each in shown["fields"]]
    return Answer(shown["status"], fields, shown["body"].encode() or None)


def basic(server: Server):
    url = server.url("/basic")
    for account, expected in EXPECTED:
        yield f"Basic {account.text()}", expected, {"url": url, "fields": basic_fields(account)}
    yield "no credentials", "401", {"url": url}
    for method in ("HEAD", "POST", "PUT"):
        body = {} if method == "HEAD" else {"body": "x" * 100_000}
        sent = {"url": url, "method": method, "fields": basic_fields(MUFASA), **body}
        yield f"Basic {method}", "200 mufasa", sent
    # The server refuses the upload before it has read the body. The client must still see the 401.
    yield "no credentials, 20 MB", "401", {"url": url, "method": "PUT", "repeat": 20_000_000}
    yield f"Basic {ODD}", "200 mufasa", {"url": url + ODD, "fields": basic_fields(MUFASA)}


def application_tokens(server: Server):
    for path, account, expected in TOKENS_IN_BASIC:
        yield f"Basic {account.text()} {path}", expected, {"url": server.url(path), "fields": basic_fields(account)}
    for path, token, expected in TOKENS_IN_BEARER:
        fields = {"authorization": f"Bearer {token}"}
        yield f"Bearer {token} {path}", expected, {"url": server.url(path), "fields": fields}


def basic_fields(account: Account) -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(account.text().encode()).decode()}


def bearer(server: Server):
    url = server.url("/bearer")
    for token, expected in [
        (TOKEN, "200 mufasa"),
        (LOW_TOKEN, "403 insufficient_scope"),
        ("another", "401 invalid_token"),
    ]:
        yield f"Bearer {token}", expected, {"url": url, "fields": {"authorization": f"Bearer {token}"}}


def jwt(server: Server):
    for name, path, token, expected in token_cases(server):
        yield f"JWT, {name}", expected, {"url": server.url(path), "fields": {"authorization": f"Bearer {token}"}}


def digest(server: Server):
    for algorithm in ("md5", "sha-256", "sha-512-256"):
        url = server.url(f"/digest/{algorithm}")
        for account, expected in [
            (MUFASA, ADMITTED),
            (JASON, "401 > 200 Jäsøn Doe"),
            (COLON, "401 > 200 colon"),
            (GUEST, "401 > 403"),
            (WRONG, REFUSED),
            (NOBODY, REFUSED),
        ]:
            yield f"Digest {algorithm} {account.text()}", expected, {"url": url, "digest": account._asdict()}
        sent = {"digest": MUFASA._asdict()}
        yield f"Digest {algorithm} {ODD}", ADMITTED, {"url": url + ODD, **sent}
        for method in ("HEAD", "POST", "PUT"):
            body = {} if method == "HEAD" else {"body": "x" * 100_000}
            yield f"Digest {algorithm} {method}", ADMITTED, {"url": url, "method": method, **sent, **body}
        counted = {"url": url, "counts": 3, **sent}
        yield f"Digest {algorithm}, 3 counts", f"{ADMITTED} > 200 mufasa > 200 mufasa", counted
