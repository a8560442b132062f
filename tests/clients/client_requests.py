"""Tests the Python library requests: Basic, Bearer, Digest, and a proxy."""

from functools import partial

import requests
from requests.auth import HTTPBasicAuth, HTTPDigestAuth, HTTPProxyAuth

from answers import Answer, seen
from digest import used
from server import COLON, GUEST, GUILD, JASON, LOW_TOKEN, MUFASA, NOBODY, ODD, TOKEN, WRONG, Server
from server import APPLICATION_TOKEN, TOKENS_IN_BASIC, TOKENS_IN_BEARER
from tokens import token_cases

ADMITTED = "401 > 200 mufasa"
REFUSED = "401 > 401"


def cases(server: Server):
    for group in (basic, bearer, application_tokens, api_keys, jwt, digest, digests, sessions, several_challenges, proxy):
        yield from group(server)


def answer(response: requests.Response) -> Answer:
    # `headers` joins the lines of a field, which is enough for these cases.
    return Answer(response.status_code, list(response.headers.items()), response.content or None)


def ask(method: str, url: str, **how) -> str:
    response = requests.request(method, url, timeout=30, **how)
    return seen(answer(each) for each in [*response.history, response])


def basic(server: Server):
    url = server.url("/basic")
    for account, expected in [
        (MUFASA, "200 mufasa"),
        (COLON, "200 colon"),
        (GUEST, "403"),
        (WRONG, "401"),
        (NOBODY, "401"),
        # requests encodes a `str` as ISO-8859-1, which has no euro sign.
        (JASON, "raises UnicodeEncodeError"),
    ]:
        auth = HTTPBasicAuth(*account)
        yield f"HTTPBasicAuth {account.text()}", expected, partial(ask, "GET", url, auth=auth)
    utf8 = HTTPBasicAuth(*JASON.utf8())
    yield "HTTPBasicAuth, UTF-8 bytes", "200 Jäsøn Doe", partial(ask, "GET", url, auth=utf8)
    yield "no credentials", "401", partial(ask, "GET", url)
    yield "account in the URL", "200 mufasa", partial(ask, "GET", server.url("/basic", MUFASA))
    for method in ("HEAD", "POST", "PUT"):
        sent = {"auth": HTTPBasicAuth(*MUFASA), "data": None if method == "HEAD" else b"x" * 100_000}
        yield f"HTTPBasicAuth {method}", "200 mufasa", partial(ask, method, url, **sent)


def application_tokens(server: Server):
    for path, account, expected in TOKENS_IN_BASIC:
        auth = HTTPBasicAuth(*account)
        yield f"HTTPBasicAuth {account.text()} {path}", expected, partial(ask, "GET", server.url(path), auth=auth)
    for path, token, expected in TOKENS_IN_BEARER:
        sent = {"Authorization": f"Bearer {token}"}
        yield f"Bearer {token} {path}", expected, partial(ask, "GET", server.url(path), headers=sent)


def api_keys(server: Server):
    for key, expected in [(APPLICATION_TOKEN, "200 mufasa"), ("another", "401"), ("", "400"), ("a b", "400")]:
        yield f"X-Api-Key {key}", expected, partial(ask, "GET", server.url("/api-key"), headers={"X-Api-Key": key})


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
        for account, expected in [
            (MUFASA, ADMITTED),
            (COLON, "401 > 200 colon"),
            (GUEST, "401 > 403"),
            (WRONG, REFUSED),
            (NOBODY, REFUSED),
            # requests sends the name as ISO-8859-1, but hashes it as UTF-8. The server finds no account of that name.
            (JASON, REFUSED),
        ]:
            name = f"HTTPDigestAuth {algorithm} {account.text()}"
            yield name, expected, partial(with_digest, "GET", url, account)
        # It does not escape a backslash. Only a route with the quirk reads the name that it means.
        for path, expected in [("/digest", REFUSED), ("/digest-quirks", f"401 > 200 {GUILD.name}")]:
            act = partial(with_digest, "GET", server.url(f"{path}/{algorithm}"), GUILD)
            yield f"HTTPDigestAuth {path}/{algorithm} {GUILD.name}", expected, act
        query = "/a?x=%2F&y=a,b;c"
        yield f"HTTPDigestAuth {algorithm} {query}", ADMITTED, partial(with_digest, "GET", url + query, MUFASA)
        # requests leaves the part after a semicolon in the path out of the digest. The `uri` parameter then differs
        # from the request target, and the server answers 400.
        yield f"HTTPDigestAuth {algorithm} {ODD}", "401 > 400", partial(with_digest, "GET", url + ODD, MUFASA)
        yield f"HTTPDigestAuth {algorithm} HEAD", ADMITTED, partial(with_digest, "HEAD", url, MUFASA)
        for method in ("POST", "PUT"):
            sent = {"data": b"x" * 100_000}
            act = partial(with_digest, method, url, MUFASA, **sent)
            yield f"HTTPDigestAuth {algorithm} {method}", ADMITTED, act
    unknown = server.url("/digest/sha-512-256")
    # requests does not know the algorithm, and repeats the request without credentials.
    yield "HTTPDigestAuth sha-512-256", REFUSED, partial(with_digest, "GET", unknown, MUFASA)


def digests(server: Server):
    """Variants of Digest: sessions, no qop, hashed names, `auth-int`, `nextnonce` and `rspauth`."""
    for algorithm in ("md5", "sha-256"):
        for start, end, expected in [
            ("/digest", "-sess", REFUSED if algorithm == "sha-256" else ADMITTED),
            ("/digest-noqop", "", ADMITTED),
            ("/digest-userhash", "", ADMITTED),
            ("/digest-both-qop", "", ADMITTED),
            # requests knows only `auth`, and repeats the request without credentials.
            ("/digest-auth-int", "", REFUSED),
            ("/digest-nextnonce", "", ADMITTED),
            ("/digest-rspauth", "", ADMITTED),
        ]:
            url = server.url(f"{start}/{algorithm}{end}")
            act = partial(with_digest, "POST", url, MUFASA, data=b"a=b")
            yield f"HTTPDigestAuth {start}/{algorithm}{end}", expected, act
            act = partial(with_digest, "POST", url, WRONG, data=b"a=b")
            yield f"HTTPDigestAuth {start}/{algorithm}{end}, wrong", REFUSED, act


def with_digest(method: str, url: str, account, **how) -> str:
    return ask(method, url, auth=HTTPDigestAuth(*account), **how)


def sessions(server: Server):
    for algorithm in ("md5", "sha-256"):
        expected = f"{ADMITTED} > 200 mufasa > 200 mufasa, nonces 1, counts 1 2 3"
        yield f"Session, {algorithm}", expected, partial(session, server, f"/digest/{algorithm}")
        path = f"/digest-stale/{algorithm}"
        # When the server says that the nonce is stale, requests uses the new nonce.
        stale = f"{ADMITTED} > 401 stale > 200 mufasa > 401 stale > 200 mufasa, nonces 3, counts 1 2 1 2 1"
        yield f"Session, {path}", stale, partial(session, server, path)


def session(server: Server, path: str) -> str:
    with requests.Session() as client:
        client.auth = HTTPDigestAuth(*MUFASA)
        last = [client.get(server.url(f"{path}/{number}"), timeout=30) for number in range(3)]
    every = [each for response in last for each in [*response.history, response]]
    lines = [each.request.headers.get("Authorization", "") for each in every]
    return f"{seen(answer(each) for each in every)}, {used([line for line in lines if line])}"


def several_challenges(server: Server):
    # requests reads all challenges as a single one, so it uses the last algorithm. That works because the challenges of
    # the server have the same nonce.
    for order in ("sha-256,md5", "md5,sha-256", "basic,sha-256", "basic,md5"):
        for layout in ("lines", "line"):
            path = f"/multi/{layout}/{order}"
            yield f"HTTPDigestAuth {path}", ADMITTED, partial(with_digest, "GET", server.url(path), MUFASA)
    path = "/multi/lines/sha-256,basic"
    auth = HTTPBasicAuth(*MUFASA)
    yield f"HTTPBasicAuth {path}", "200 mufasa", partial(ask, "GET", server.url(path), auth=auth)


def proxy(server: Server):
    url = server.url("/proxy-auth")
    through = {"http": server.base}
    yield "proxy, no credentials", "407", partial(ask, "GET", url, proxies=through)
    for account, expected in [(MUFASA, "200 mufasa"), (GUEST, "403"), (WRONG, "407")]:
        proxies = {"http": server.url("", account)}
        yield f"proxy, {account.text()}", expected, partial(ask, "GET", url, proxies=proxies)
    auth = HTTPProxyAuth(*MUFASA)
    yield "HTTPProxyAuth", "200 mufasa", partial(ask, "GET", url, proxies=through, auth=auth)
