"""Python's requests."""

from functools import partial

import requests
from requests.auth import HTTPBasicAuth, HTTPDigestAuth, HTTPProxyAuth

from answers import Answer, seen
from digest import used
from server import COLON, GUEST, GUILD, JASON, LOW_TOKEN, MUFASA, NOBODY, ODD, TOKEN, WRONG, Server

ADMITTED = "401 > 200 mufasa"
REFUSED = "401 > 401"


def cases(server: Server):
    for group in (basic, bearer, digest, digests, sessions, several_challenges, proxy):
        yield from group(server)


def answer(response: requests.Response) -> Answer:
    # `headers` joins the lines of a field, and that is all that is looked at.
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
        # Text is sent as ISO-8859-1, which has no euro sign.
        (JASON, "raises UnicodeEncodeError"),
    ]:
        auth = HTTPBasicAuth(*account)
        yield f"HTTPBasicAuth {account.text()}", expected, partial(ask, "GET", url, auth=auth)
    octets = HTTPBasicAuth(*JASON.octets())
    yield "HTTPBasicAuth, octets of UTF-8", "200 Jäsøn Doe", partial(ask, "GET", url, auth=octets)
    yield "no credentials", "401", partial(ask, "GET", url)
    yield "account in the URL", "200 mufasa", partial(ask, "GET", server.url("/basic", MUFASA))
    for method in ("HEAD", "POST", "PUT"):
        sent = {"auth": HTTPBasicAuth(*MUFASA), "data": None if method == "HEAD" else b"x" * 100_000}
        yield f"HTTPBasicAuth {method}", "200 mufasa", partial(ask, method, url, **sent)


def bearer(server: Server):
    for token, expected in [
        (TOKEN, "200 mufasa"),
        (LOW_TOKEN, "403 insufficient_scope"),
        ("another", "401 invalid_token"),
    ]:
        sent = {"Authorization": f"Bearer {token}"}
        yield f"Bearer {token}", expected, partial(ask, "GET", server.url("/bearer"), headers=sent)


def digest(server: Server):
    for algorithm in ("md5", "sha-256"):
        url = server.url(f"/digest/{algorithm}")
        for account, expected in [
            (MUFASA, ADMITTED),
            (COLON, "401 > 200 colon"),
            (GUEST, "401 > 403"),
            (WRONG, REFUSED),
            (NOBODY, REFUSED),
            # The name is sent as ISO-8859-1 and hashed as UTF-8; in UTF-8 it is nobody's.
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
        # It leaves out of the digest what follows a semicolon in the path: that is another target.
        yield f"HTTPDigestAuth {algorithm} {ODD}", "401 > 400", partial(with_digest, "GET", url + ODD, MUFASA)
        yield f"HTTPDigestAuth {algorithm} HEAD", ADMITTED, partial(with_digest, "HEAD", url, MUFASA)
        for method in ("POST", "PUT"):
            sent = {"data": b"x" * 100_000}
            act = partial(with_digest, method, url, MUFASA, **sent)
            yield f"HTTPDigestAuth {algorithm} {method}", ADMITTED, act
    unknown = server.url("/digest/sha-512-256")
    # It does not know the algorithm, and asks again without credentials.
    yield "HTTPDigestAuth sha-512-256", REFUSED, partial(with_digest, "GET", unknown, MUFASA)


def digests(server: Server):
    """What it makes of the rest of Digest."""
    for algorithm in ("md5", "sha-256"):
        for start, end, expected in [
            ("/digest", "-sess", REFUSED if algorithm == "sha-256" else ADMITTED),
            ("/digest-noqop", "", ADMITTED),
            ("/digest-userhash", "", ADMITTED),
            ("/digest-both-qop", "", ADMITTED),
            # It knows `auth` alone, and asks again without credentials.
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
        # Told that the nonce is stale, it takes the new one.
        stale = f"{ADMITTED} > 401 stale > 200 mufasa > 401 stale > 200 mufasa, nonces 3, counts 1 2 1 2 1"
        yield f"Session, {path}", stale, partial(session, server, path)


def session(server: Server, space: str) -> str:
    with requests.Session() as client:
        client.auth = HTTPDigestAuth(*MUFASA)
        paths = [f"{space}/{number}" for number in range(3)]
        last = [client.get(server.url(path), timeout=30) for path in paths]
    every = [each for response in last for each in [*response.history, response]]
    lines = [each.request.headers.get("Authorization", "") for each in every]
    return f"{seen(answer(each) for each in every)}, {used([line for line in lines if line])}"


def several_challenges(server: Server):
    # It reads all challenges as one, so that the last algorithm wins; the nonce is the same for each.
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
