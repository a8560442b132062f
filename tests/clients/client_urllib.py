"""Tests `urllib` of the Python standard library: Basic, Digest, and a proxy."""

import sys
import urllib.request as client
from functools import partial
from urllib.error import HTTPError

from answers import Answer, seen
from server import COLON, EXPECTED, GUEST, GUILD, JASON, MUFASA, NOBODY, ODD, WRONG, Account, Server
from tokens import token_cases

# urllib computes SHA-256 since Python 3.14.
KNOWS_SHA_256 = sys.version_info >= (3, 14)


def cases(server: Server):
    for group in (basic, jwt, digest, several_challenges, proxy):
        yield from group(server)


def ask(url: str, *handlers: client.BaseHandler, method: str = "GET", data: bytes | None = None, **fields: str) -> str:
    """Describes the last response. urllib does not show the 401 before it."""
    opener = client.build_opener(*handlers)
    request = client.Request(url, data, fields, method=method)
    try:
        with opener.open(request, timeout=30) as response:
            return seen(Answer(response.status, response.getheaders(), response.read() or None))
    except HTTPError as error:
        return seen(Answer(error.code, list(error.headers.items()), error.read() or None))


def manager(server: Server, account: Account) -> client.HTTPPasswordMgr:
    passwords = client.HTTPPasswordMgrWithDefaultRealm()
    passwords.add_password("interop", server.base, *account)
    return passwords


def basic(server: Server):
    url = server.url("/basic")
    for account, expected in EXPECTED:
        auth = client.HTTPBasicAuthHandler(manager(server, account))
        yield f"HTTPBasicAuthHandler {account.text()}", expected, partial(ask, url, auth)
    yield "no credentials", "401", partial(ask, url)
    for method in ("HEAD", "POST", "PUT"):
        auth = client.HTTPBasicAuthHandler(manager(server, MUFASA))
        data = None if method == "HEAD" else b"x" * 1000
        act = partial(ask, url, auth, method=method, data=data)
        yield f"HTTPBasicAuthHandler {method}", "200 mufasa", act


def jwt(server: Server):
    for name, path, token, expected in token_cases(server):
        yield f"JWT, {name}", expected, partial(ask, server.url(path), Authorization=f"Bearer {token}")


def digest(server: Server):
    md5 = server.url("/digest/md5")
    for account, expected in [
        (MUFASA, "200 mufasa"),
        (COLON, "200 colon"),
        (GUEST, "403"),
        (WRONG, "401"),
        (NOBODY, "401"),
    ]:
        auth = client.HTTPDigestAuthHandler(manager(server, account))
        yield f"HTTPDigestAuthHandler md5 {account.text()}", expected, partial(ask, md5, auth)
    # It does not escape a backslash. Only a route with the quirk reads the name that it means.
    for path, expected in [("/digest/md5", "401"), ("/digest-quirks/md5", f"200 {GUILD.name}")]:
        auth = client.HTTPDigestAuthHandler(manager(server, GUILD))
        yield f"HTTPDigestAuthHandler {path} {GUILD.name}", expected, partial(ask, server.url(path), auth)
    yield f"HTTPDigestAuthHandler md5 {ODD}", "200 mufasa", partial(with_digest, server, md5 + ODD)
    for method in ("HEAD", "POST", "PUT"):
        data = None if method == "HEAD" else b"x" * 1000
        act = partial(with_digest, server, md5, method=method, data=data)
        yield f"HTTPDigestAuthHandler md5 {method}", "200 mufasa", act
    sha_256 = server.url("/digest/sha-256")
    expected = "200 mufasa" if KNOWS_SHA_256 else "raises ValueError"
    yield "HTTPDigestAuthHandler sha-256", expected, partial(with_digest, server, sha_256)


def with_digest(server: Server, url: str, **how) -> str:
    return ask(url, client.HTTPDigestAuthHandler(manager(server, MUFASA)), **how)


def several_challenges(server: Server):
    for order in ("md5,basic", "basic,md5"):
        url = server.url(f"/multi/lines/{order}")
        passwords = manager(server, MUFASA)
        both = client.HTTPDigestAuthHandler(passwords), client.HTTPBasicAuthHandler(passwords)
        yield f"both handlers, {order}", "200 mufasa", partial(ask, url, *both)


def proxy(server: Server):
    url = server.url("/proxy-auth")
    through = client.ProxyHandler({"http": server.base})
    yield "ProxyHandler, no credentials", "407", partial(ask, url, through)
    for account, expected in [(MUFASA, "200 mufasa"), (JASON, "200 Jäsøn Doe"), (GUEST, "403"), (WRONG, "407")]:
        auth = client.ProxyBasicAuthHandler(manager(server, account))
        yield f"ProxyBasicAuthHandler {account.text()}", expected, partial(ask, url, through, auth)
