"""Tests the Python library aiohttp: Basic, Bearer, Digest, and a proxy."""

from functools import partial

import aiohttp
from aiohttp import BasicAuth, DigestAuthMiddleware

from answers import Answer, seen
from digest import parameters
from server import EXPECTED, GUEST, GUILD, JASON, LOW_TOKEN, MUFASA, NOBODY, ODD, TOKEN, WRONG, Server
from tokens import token_cases


def cases(server: Server):
    for group in (basic, bearer, jwt, digest, digests, sessions, several_challenges, uploads, proxy):
        yield from group(server)


async def answer(response: aiohttp.ClientResponse) -> Answer:
    return Answer(response.status, list(response.headers.items()), await response.read() or None)


async def ask(method: str, *urls: str, digest=None, **how) -> str:
    """Describes the last response to each request. aiohttp does not show the 401 before it."""
    middlewares = (DigestAuthMiddleware(*digest),) if digest else ()
    timeout = aiohttp.ClientTimeout(30)
    async with aiohttp.ClientSession(middlewares=middlewares, timeout=timeout) as session:
        answers = []
        for url in urls:
            async with session.request(method, url, **how) as response:
                answers.append(await answer(response))
    return seen(answers)


def basic(server: Server):
    url = server.url("/basic")
    for account, expected in EXPECTED:
        auth = BasicAuth(*account, encoding="utf-8")
        yield f"BasicAuth {account.text()}", expected, partial(ask, "GET", url, auth=auth)
    latin = BasicAuth("Jäsøn Doe", "Sécret", encoding="latin-1")
    # The challenge says `charset="UTF-8"`, and the server reads names as UTF-8 only.
    yield "BasicAuth, ISO-8859-1", "401", partial(ask, "GET", url, auth=latin)
    yield "no credentials", "401", partial(ask, "GET", url)
    for method in ("HEAD", "POST", "PUT"):
        sent = {"auth": BasicAuth(*MUFASA), "data": None if method == "HEAD" else b"x" * 100_000}
        yield f"BasicAuth {method}", "200 mufasa", partial(ask, method, url, **sent)


def bearer(server: Server):
    for token, expected in [
        (TOKEN, "200 mufasa"),
        (LOW_TOKEN, "403 insufficient_scope"),
        ("another", "401 invalid_token"),
    ]:
        sent = {"Authorization": f"Bearer {token}"}
        yield f"Bearer {token}", expected, partial(ask, "GET", server.url("/bearer"), headers=sent)


def jwt(server: Server):
    for name, path, token, expected in token_cases(server):
        sent = {"Authorization": f"Bearer {token}"}
        yield f"JWT, {name}", expected, partial(ask, "GET", server.url(path), headers=sent)


def digest(server: Server):
    for algorithm in ("md5", "sha-256"):
        url = server.url(f"/digest/{algorithm}")
        for account, expected in EXPECTED:
            name = f"DigestAuthMiddleware {algorithm} {account.text()}"
            yield name, expected, partial(ask, "GET", url, digest=account)
        # It escapes the backslash, and both routes read the same name.
        for path in (f"/digest/{algorithm}", f"/digest-quirks/{algorithm}"):
            act = partial(ask, "GET", server.url(path), digest=GUILD)
            yield f"DigestAuthMiddleware {path} {GUILD.name}", f"200 {GUILD.name}", act
        act = partial(ask, "GET", url + ODD, digest=MUFASA)
        yield f"DigestAuthMiddleware {algorithm} {ODD}", "200 mufasa", act
        for method in ("HEAD", "POST", "PUT"):
            data = None if method == "HEAD" else b"x" * 100_000
            act = partial(ask, method, url, digest=MUFASA, data=data)
            yield f"DigestAuthMiddleware {algorithm} {method}", "200 mufasa", act
    unknown = server.url("/digest/sha-512-256")
    # aiohttp does not know the algorithm.
    yield "DigestAuthMiddleware sha-512-256", "raises ClientError", partial(ask, "GET", unknown, digest=MUFASA)


def digests(server: Server):
    """Variants of Digest: sessions, no qop, hashed names, `auth-int`, `nextnonce` and `rspauth`.

    If the server offers `auth-int`, aiohttp chooses it, so that the digest covers the body.
    """
    for algorithm in ("md5", "sha-256"):
        for path in (
            f"/digest/{algorithm}-sess",
            f"/digest-noqop/{algorithm}",
            f"/digest-userhash/{algorithm}",
            f"/digest-both-qop/{algorithm}",
            f"/digest-auth-int/{algorithm}",
            f"/digest-nextnonce/{algorithm}",
            f"/digest-rspauth/{algorithm}",
        ):
            url = server.url(path + ODD)
            for account, expected in [(MUFASA, "200 mufasa"), (JASON, "200 Jäsøn Doe"), (WRONG, "401"), (NOBODY, "401")]:
                for method, data in [("GET", None), ("POST", b"x" * 100_000)]:
                    act = partial(ask, method, url, digest=account, data=data)
                    yield f"DigestAuthMiddleware {path} {method} {account.text()}", expected, act
        for path in (f"/digest-both-qop/{algorithm}", f"/digest-auth-int/{algorithm}"):
            yield f"DigestAuthMiddleware {path}: the chosen qop", "auth-int", partial(chosen_qop, server, path)
            urls = [server.url(f"{path}/{number}") for number in range(5)]
            act = partial(ask, "PUT", *urls, digest=MUFASA, data=b"a=b")
            yield f"DigestAuthMiddleware {path}, 5 bodies", " > ".join(["200 mufasa"] * 5), act
            # The server reads at most 1 MiB to verify a digest.
            act = partial(ask, "PUT", server.url(path), digest=MUFASA, data=b"x" * (1024 * 1024 + 1))
            yield f"DigestAuthMiddleware {path}, 1 MiB and 1 byte", "413", act


async def chosen_qop(server: Server, path: str) -> str:
    middlewares = (DigestAuthMiddleware(*MUFASA),)
    async with aiohttp.ClientSession(middlewares=middlewares) as session:
        async with session.put(server.url(path), data=b"a=b") as response:
            assert response.status == 200, response
            return parameters(response.request_info.headers["authorization"])["qop"]


def sessions(server: Server):
    for algorithm in ("md5", "sha-256"):
        urls = [server.url(f"/digest/{algorithm}/{number}") for number in range(10)]
        expected = " > ".join(["200 mufasa"] * 10)
        act = partial(ask, "GET", *urls, digest=MUFASA)
        yield f"ClientSession, {algorithm}, 10 targets", expected, act
        stale = [server.url(f"/digest-stale/{algorithm}/{number}") for number in range(10)]
        act = partial(ask, "GET", *stale, digest=MUFASA)
        yield f"ClientSession, stale {algorithm}, 10 targets", expected, act


def several_challenges(server: Server):
    for path, expected in [
        ("/multi/lines/sha-256,md5", "200 mufasa"),
        ("/multi/lines/md5,sha-256", "200 mufasa"),
        ("/multi/line/sha-256,basic", "200 mufasa"),
        # aiohttp reads only the first challenge.
        ("/multi/lines/basic,sha-256", "401"),
    ]:
        act = partial(ask, "GET", server.url(path), digest=MUFASA)
        yield f"DigestAuthMiddleware {path}", expected, act


def uploads(server: Server):
    """The server refuses an upload before it has read the body. The client must still see the 401."""
    act = partial(ask, "PUT", server.url("/basic"), data=b"x" * 5_000_000)
    yield "no credentials, 5 MB", "401", act


def proxy(server: Server):
    url = server.url("/proxy-auth")
    yield "proxy, no credentials", "407", partial(ask, "GET", url, proxy=server.base)
    for account, expected in [(MUFASA, "200 mufasa"), (JASON, "200 Jäsøn Doe"), (GUEST, "403"), (WRONG, "407")]:
        how = {"proxy": server.base, "proxy_auth": BasicAuth(*account, encoding="utf-8")}
        yield f"proxy, {account.text()}", expected, partial(ask, "GET", url, **how)
