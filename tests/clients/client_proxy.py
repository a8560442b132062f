"""Tests curl, requests and httpx through a forward proxy that has its own accounts."""

from functools import partial

import httpx
import requests

from answers import Answer, seen
from curl import curl
from server import MUFASA, WRONG, Account, Server

ADA = Account("ada", "lovelace")
WRONG_ADA = Account("ada", "wrong")


def cases(server: Server):
    for group in (curls, tunnels, libraries):
        yield from group(server)


def ask(server: Server, *arguments: str) -> str:
    return seen(curl("--proxy", server.proxy, *arguments).answers)


def curls(server: Server):
    """The proxy reads `Proxy-Authorization` and forwards `Authorization` to the origin server."""
    public, guarded = server.url("/public"), server.url("/digest/sha-256")
    ada, wrong_ada = ["--proxy-user", ADA.text()], ["--proxy-user", WRONG_ADA.text()]
    user, wrong = ["--digest", "--user", MUFASA.text()], ["--digest", "--user", WRONG.text()]
    for name, expected, arguments in [
        ("no credentials", "407", [public]),
        ("credentials for the origin alone", "407", [*user, guarded]),
        ("--proxy-basic", "200 nobody", ["--proxy-basic", *ada, public]),
        ("--proxy-basic, wrong", "407", ["--proxy-basic", *wrong_ada, public]),
        ("--proxy-digest", "407 > 200 nobody", ["--proxy-digest", *ada, public]),
        ("--proxy-digest, wrong", "407 > 407", ["--proxy-digest", *wrong_ada, public]),
        ("--proxy-anyauth", "407 > 200 nobody", ["--proxy-anyauth", *ada, public]),
        ("--proxy-digest and --digest", "407 > 401 > 200 mufasa", ["--proxy-digest", *ada, *user, guarded]),
        ("--proxy-digest and --digest, wrong", "407 > 401 > 401", ["--proxy-digest", *ada, *wrong, guarded]),
        ("--proxy-basic and --digest", "401 > 200 mufasa", ["--proxy-basic", *ada, *user, guarded]),
    ]:
        yield f"curl {name}", expected, partial(ask, server, *arguments)


def tunnels(server: Server):
    """CONNECT, whose request target is an authority (host and port), not a path."""
    url = server.url("/digest/sha-256")
    through = ["--proxytunnel", "--digest", "--user", MUFASA.text(), url]
    ada = ["--proxy-user", ADA.text(), *through]
    # The first `200 nobody` is the proxy's response to CONNECT. It names no user.
    basic, digest = "200 nobody > 401 > 200 mufasa", "407 > 200 nobody > 401 > 200 mufasa"
    yield "curl CONNECT, --proxy-basic", basic, partial(ask, server, "--proxy-basic", *ada)
    yield "curl CONNECT, --proxy-digest", digest, partial(ask, server, "--proxy-digest", *ada)
    refused = "raises CurlFailed"
    yield "curl CONNECT, no credentials", refused, partial(ask, server, *through)
    wrong = ["--proxy-user", WRONG_ADA.text(), *through]
    yield "curl CONNECT, --proxy-digest, wrong", refused, partial(ask, server, "--proxy-digest", *wrong)


def libraries(server: Server):
    for account, expected in [(ADA, "200 mufasa"), (WRONG_ADA, "407")]:
        proxy = server.proxy.replace("://", f"://{account.in_url()}")
        yield f"requests, {account.text()}", expected, partial(by_requests, server, proxy)
        yield f"httpx, {account.text()}", expected, partial(by_httpx, server, proxy)


def by_requests(server: Server, proxy: str) -> str:
    auth = requests.auth.HTTPDigestAuth(*MUFASA)
    response = requests.get(server.url("/digest/sha-256"), auth=auth, proxies={"http": proxy}, timeout=30)
    return seen(Answer(response.status_code, list(response.headers.items()), response.content or None))


def by_httpx(server: Server, proxy: str) -> str:
    auth = httpx.DigestAuth(*MUFASA)
    with httpx.Client(proxy=proxy, auth=auth, timeout=30) as client:
        response = client.get(server.url("/digest/sha-256"))
    return seen(Answer(response.status_code, response.headers.multi_items(), response.content or None))
