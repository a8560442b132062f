"""Tests the Python library httpx over HTTP/1.1 and HTTP/2, with its synchronous and its asynchronous client."""

import asyncio
from functools import partial

import httpx

from answers import Answer, seen
from digest import parameters
from server import COLON, EXPECTED, GUEST, GUILD, JASON, LOW_TOKEN, MUFASA, NOBODY, ODD, TOKEN, WRONG, Server
from server import TOKENS_IN_BASIC, TOKENS_IN_BEARER
from tokens import token_cases

ADMITTED = "401 > 200 mufasa"
REFUSED = "401 > 401"
HTTP2 = {"http1": False, "http2": True}


def cases(server: Server):
    for name, how in (("HTTP/1.1", {}), ("HTTP/2", HTTP2)):
        for group in (basic, bearer, application_tokens, jwt, digest):
            for case, expected, act in group(server, how):
                yield f"{name} {case}", expected, act
        for algorithm in ("md5", "sha-256"):
            act = partial(parallel, server, algorithm, how)
            yield f"{name} 50 at once, {algorithm}", "50 x 200 mufasa, 1 nonce, 50 counts", act
    yield from digests(server)
    yield from stale(server)
    yield from uploads(server)
    yield from several_challenges(server)
    yield from proxy(server)


def answer(response: httpx.Response) -> Answer:
    fields = [(name, value) for name, value in response.headers.multi_items()]
    return Answer(response.status_code, fields, response.content or None)


def ask(how: dict, method: str, url: str, **sent) -> str:
    with httpx.Client(timeout=30, trust_env=False, **how) as client:
        response = client.request(method, url, **sent)
    return seen(answer(each) for each in [*response.history, response])


def basic(server: Server, how: dict):
    url = server.url("/basic")
    for account, expected in EXPECTED:
        auth = httpx.BasicAuth(*account)
        yield f"BasicAuth {account.text()}", expected, partial(ask, how, "GET", url, auth=auth)
    yield "no credentials", "401", partial(ask, how, "GET", url)
    yield "account in the URL", "200 Jäsøn Doe", partial(ask, how, "GET", server.url("/basic", JASON))
    for method in ("HEAD", "POST", "PUT"):
        sent = body(method, httpx.BasicAuth(*MUFASA))
        yield f"BasicAuth {method}", "200 mufasa", partial(ask, how, method, url, **sent)


def application_tokens(server: Server, how: dict):
    for path, account, expected in TOKENS_IN_BASIC:
        auth = httpx.BasicAuth(*account)
        yield f"BasicAuth {account.text()} {path}", expected, partial(ask, how, "GET", server.url(path), auth=auth)
    for path, token, expected in TOKENS_IN_BEARER:
        fields = {"Authorization": f"Bearer {token}"}
        yield f"Bearer {token} {path}", expected, partial(ask, how, "GET", server.url(path), headers=fields)


def body(method: str, auth: httpx.Auth) -> dict:
    return {"auth": auth} if method == "HEAD" else {"auth": auth, "content": b"x" * 100_000}


def uploads(server: Server):
    """The server refuses an upload before it has read the body. The client must still see the 401."""
    for name, how in (("HTTP/1.1", {}), ("HTTP/2", HTTP2)):
        act = partial(ask, how, "PUT", server.url("/basic"), content=b"x" * 5_000_000)
        yield f"{name} no credentials, 5 MB", "401", act


def bearer(server: Server, how: dict):
    for token, expected in [
        (TOKEN, "200 mufasa"),
        (LOW_TOKEN, "403 insufficient_scope"),
        ("another", "401 invalid_token"),
    ]:
        sent = {"Authorization": f"Bearer {token}"}
        yield f"Bearer {token}", expected, partial(ask, how, "GET", server.url("/bearer"), headers=sent)


def jwt(server: Server, how: dict):
    for name, path, token, expected in token_cases(server):
        sent = {"Authorization": f"Bearer {token}"}
        yield f"JWT, {name}", expected, partial(ask, how, "GET", server.url(path), headers=sent)


def digest(server: Server, how: dict):
    for algorithm in ("md5", "sha-256"):
        url = server.url(f"/digest/{algorithm}")
        for account, expected in [
            (MUFASA, ADMITTED),
            (COLON, "401 > 200 colon"),
            (GUEST, "401 > 403"),
            (WRONG, REFUSED),
            (NOBODY, REFUSED),
        ]:
            name = f"DigestAuth {algorithm} {account.text()}"
            yield name, expected, partial(with_digest, how, "GET", url, account)
        # It does not escape a backslash. Only a route with the quirk reads the name that it means.
        for path, expected in [("/digest", REFUSED), ("/digest-quirks", f"401 > 200 {GUILD.name}")]:
            act = partial(with_digest, how, "GET", server.url(f"{path}/{algorithm}"), GUILD)
            yield f"DigestAuth {path}/{algorithm} {GUILD.name}", expected, act
        act = partial(with_digest, how, "GET", url + ODD, MUFASA)
        yield f"DigestAuth {algorithm} {ODD}", ADMITTED, act
        for method in ("HEAD", "POST", "PUT"):
            sent = body(method, httpx.DigestAuth(*MUFASA))
            act = partial(ask, how, method, url, **sent)
            yield f"DigestAuth {algorithm} {method}", ADMITTED, act
    md5 = server.url("/digest/md5")
    # httpx encodes the field as ASCII, and does not know `username*` for other names.
    act = partial(with_digest, how, "GET", md5, JASON)
    yield f"DigestAuth md5 {JASON.text()}", "raises UnicodeEncodeError", act
    unknown = server.url("/digest/sha-512-256")
    # httpx does not know the algorithm.
    yield "DigestAuth sha-512-256", "raises KeyError", partial(with_digest, how, "GET", unknown, MUFASA)


def digests(server: Server):
    """Variants of Digest: sessions, no qop, hashed names, `auth-int`, `nextnonce` and `rspauth`."""
    for algorithm in ("md5", "sha-256"):
        for start, end, expected in [
            ("/digest", "-sess", ADMITTED),
            ("/digest-noqop", "", ADMITTED),
            ("/digest-userhash", "", ADMITTED),
            ("/digest-both-qop", "", ADMITTED),
            # httpx knows only `auth`.
            ("/digest-auth-int", "", "raises NotImplementedError"),
            ("/digest-nextnonce", "", ADMITTED),
            ("/digest-rspauth", "", ADMITTED),
        ]:
            url = server.url(f"{start}/{algorithm}{end}")
            for account in (MUFASA, WRONG):
                act = partial(ask, {}, "POST", url, auth=httpx.DigestAuth(*account), content=b"a=b")
                right = expected if account == MUFASA or expected != ADMITTED else REFUSED
                yield f"DigestAuth {start}/{algorithm}{end} {account.text()}", right, act


def with_digest(how: dict, method: str, url: str, account) -> str:
    return ask(how, method, url, auth=httpx.DigestAuth(*account))


async def parallel(server: Server, algorithm: str, how: dict) -> str:
    """A first request gets a nonce. Then 50 requests at once use 50 counts of it, which arrive in any order."""
    url = server.url(f"/digest/{algorithm}")
    auth = httpx.DigestAuth(*MUFASA)
    async with httpx.AsyncClient(timeout=30, trust_env=False, **how) as client:
        first = await client.get(url, auth=auth)
        assert first.status_code == 200, first
        responses = await asyncio.gather(*(client.get(f"{url}/{n}", auth=auth) for n in range(50)))
    return summary(responses)


def summary(responses: list[httpx.Response]) -> str:
    every = [each for response in responses for each in [*response.history, response]]
    answers = {seen(answer(each)) for each in every}
    sent = [parameters(each.request.headers["authorization"]) for each in every]
    nonces, counts = ({each[name] for each in sent} for name in ("nonce", "nc"))
    return f"{len(every)} x {' and '.join(answers)}, {len(nonces)} nonce, {len(counts)} counts"


def stale(server: Server):
    """When the server says that the nonce is stale, httpx uses the new nonce."""
    for algorithm in ("md5", "sha-256"):
        expected = f"{ADMITTED} > 401 stale > 200 mufasa > 401 stale > 200 mufasa"
        path = f"/digest-stale/{algorithm}"
        yield f"Client, {path}", expected, partial(three_times, server, path)


def three_times(server: Server, path: str) -> str:
    with httpx.Client(auth=httpx.DigestAuth(*MUFASA), timeout=30, trust_env=False) as client:
        last = [client.get(server.url(path)) for _ in range(3)]
    return seen(answer(each) for response in last for each in [*response.history, response])


def several_challenges(server: Server):
    for order in ("sha-256,md5", "md5,sha-256", "basic,sha-256", "bearer,md5"):
        path = f"/multi/lines/{order}"
        act = partial(with_digest, {}, "GET", server.url(path), MUFASA)
        yield f"DigestAuth {path}", ADMITTED, act
    path = "/multi/lines/sha-256,basic"
    auth = httpx.BasicAuth(*MUFASA)
    yield f"BasicAuth {path}", "200 mufasa", partial(ask, {}, "GET", server.url(path), auth=auth)


def proxy(server: Server):
    url = server.url("/proxy-auth")
    yield "proxy, no credentials", "407", partial(ask, {"proxy": server.base}, "GET", url)
    for account, expected in [(MUFASA, "200 mufasa"), (JASON, "200 Jäsøn Doe"), (GUEST, "403"), (WRONG, "407")]:
        how = {"proxy": httpx.Proxy(server.base, auth=tuple(account))}
        yield f"proxy, {account.text()}", expected, partial(ask, how, "GET", url)
