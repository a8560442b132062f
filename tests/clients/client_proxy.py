"""Several clients, through a forward proxy that has accounts of its own."""

from functools import partial

import httpx
import requests

from answers import Answer, seen
from curl import curl
from server import MUFASA, WRONG, Account, Server

ADA = Account("ada", "lovelace")
STRANGER = Account("ada", "wrong")


def cases(server: Server):
    for group in (curls, tunnels, libraries):
        yield from group(server)


def ask(server: Server, *arguments: str) -> str:
    return seen(curl("--proxy", server.proxy, *arguments).answers)


def curls(server: Server):
    """The proxy takes what is meant for it, and hands on what is not."""
    public, space = server.url("/public"), server.url("/digest/sha-256")
    known, stranger = ["--proxy-user", ADA.text()], ["--proxy-user", STRANGER.text()]
    user, wrong = ["--digest", "--user", MUFASA.text()], ["--digest", "--user", WRONG.text()]
    for name, expected, arguments in [
        ("no credentials", "407", [public]),
        ("credentials for the origin alone", "407", [*user, space]),
        ("--proxy-basic", "200 nobody", ["--proxy-basic", *known, public]),
        ("--proxy-basic, wrong", "407", ["--proxy-basic", *stranger, public]),
        ("--proxy-digest", "407 > 200 nobody", ["--proxy-digest", *known, public]),
        ("--proxy-digest, wrong", "407 > 407", ["--proxy-digest", *stranger, public]),
        ("--proxy-anyauth", "407 > 200 nobody", ["--proxy-anyauth", *known, public]),
        ("--proxy-digest and --digest", "407 > 401 > 200 mufasa", ["--proxy-digest", *known, *user, space]),
        ("--proxy-digest and --digest, wrong", "407 > 401 > 401", ["--proxy-digest", *known, *wrong, space]),
        ("--proxy-basic and --digest", "401 > 200 mufasa", ["--proxy-basic", *known, *user, space]),
    ]:
        yield f"curl {name}", expected, partial(ask, server, *arguments)


def tunnels(server: Server):
    """CONNECT, whose target is an authority."""
    space = server.url("/digest/sha-256")
    through = ["--proxytunnel", "--digest", "--user", MUFASA.text(), space]
    known = ["--proxy-user", ADA.text(), *through]
    # The answer of the proxy to CONNECT is 200 as well, and has no user.
    basic, digest = "200 nobody > 401 > 200 mufasa", "407 > 200 nobody > 401 > 200 mufasa"
    yield "curl CONNECT, --proxy-basic", basic, partial(ask, server, "--proxy-basic", *known)
    yield "curl CONNECT, --proxy-digest", digest, partial(ask, server, "--proxy-digest", *known)
    refused = "raises CurlFailed"
    yield "curl CONNECT, no credentials", refused, partial(ask, server, *through)
    wrong = ["--proxy-user", STRANGER.text(), *through]
    yield "curl CONNECT, --proxy-digest, wrong", refused, partial(ask, server, "--proxy-digest", *wrong)


def libraries(server: Server):
    for account, expected in [(ADA, "200 mufasa"), (STRANGER, "407")]:
        proxy = server.proxy.replace("://", f"://{account.in_url()}")
        yield f"requests, {account.text()}", expected, partial(by_requests, server, proxy)
        yield f"httpx, {account.text()}", expected, partial(by_httpx, server, proxy)


def by_requests(server: Server, proxy: str) -> str:
    auth = requests.auth.HTTPDigestAuth(*MUFASA)
    it = requests.get(server.url("/digest/sha-256"), auth=auth, proxies={"http": proxy}, timeout=30)
    return seen(Answer(it.status_code, list(it.headers.items()), it.content or None))


def by_httpx(server: Server, proxy: str) -> str:
    auth = httpx.DigestAuth(*MUFASA)
    with httpx.Client(proxy=proxy, auth=auth, timeout=30) as client:
        it = client.get(server.url("/digest/sha-256"))
    return seen(Answer(it.status_code, it.headers.multi_items(), it.content or None))
