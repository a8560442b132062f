"""Tests the Python library requests-scram, which adds SCRAM to requests.

It reads `WWW-Authenticate` as one challenge, so it works where SCRAM is the only scheme or the first one. It sends `data`
without quotes. It does not check the proof of the server; `tests/scram_oracle.rs` does that with another client. It has no
logins with one request (RFC 7804 section 5.1), so these are made by hand.
"""

import base64
import contextlib
import hashlib
import hmac
import io
import re
import secrets
from functools import partial

import requests
from requests_scram import HTTPSCRAMAuth

from answers import Answer, seen
from server import GUEST, JASON, MUFASA, NOBODY, WRONG, Server

PATH = "/scram/sha-256"
AGAIN = "/scram/reauthentication"


def cases(server: Server):
    url = server.url(PATH)
    for account, expected in [
        (MUFASA, "401 > 401 > 200 mufasa proven"),
        (JASON, "401 > 401 > 200 Jäsøn Doe proven"),
        (GUEST, "401 > 401 > 403 proven"),
        (WRONG, "401 > 401 > 401 other-error, then ScramException"),
        (NOBODY, "401 > 401 > 401 other-error, then ScramException"),
    ]:
        yield f"HTTPSCRAMAuth {account.text()}", expected, partial(ask, "GET", url, account)
    for method in ("HEAD", "POST", "PUT"):
        sent = {"data": None if method == "HEAD" else b"x" * 100_000}
        expected = "401 > 401 > 200 mufasa proven"
        yield f"HTTPSCRAMAuth {method}", expected, partial(ask, method, url, MUFASA, **sent)
    below = server.url(PATH + "/a;b=c?x=%2F&y=a,b")
    yield "HTTPSCRAMAuth, a path below", "401 > 401 > 200 mufasa proven", partial(ask, "GET", below, MUFASA)
    for account, expected in [(MUFASA, "401 > 401 > 200 mufasa proven"), (WRONG, "401 > 401 > 401 other-error, then ScramException")]:
        act = partial(ask, "GET", server.url("/scram/sha-1"), account, mechanism="SCRAM-SHA-1")
        yield f"HTTPSCRAMAuth sha-1 {account.text()}", expected, act
    expected = "401 > 401 > 200 mufasa proven"
    yield "HTTPSCRAMAuth, TLS", expected, partial(ask, "GET", f"{server.tls}{PATH}", MUFASA, certificate=server.certificate)
    yield "HTTPSCRAMAuth, a challenge with sr", expected, partial(ask, "GET", server.url(AGAIN), MUFASA)
    yield "no credentials", "401", partial(plain, url)
    by_hand = "200 proven > 200 proven > 200 proven > 401 > 401 > 401"
    yield "one request, by hand", by_hand, partial(one_request, server.url(AGAIN), MUFASA)


def plain(url: str) -> str:
    return seen(answer(requests.get(url, timeout=30)))


def answer(response: requests.Response) -> Answer:
    return Answer(response.status_code, list(response.headers.items()), response.content or None)


def ask(method: str, url: str, account, mechanism: str = "SCRAM-SHA-256", certificate: str = "", **how) -> str:
    """The answers to all requests of an exchange, and whether the last one has a proof of the server or an error."""
    every: list[requests.Response] = []
    with requests.Session() as session:
        for prefix, adapter in session.adapters.items():
            adapter.send = partial(recorded, adapter.send, every, certificate)
        error = ""
        auth = HTTPSCRAMAuth(*account, mechanisms=[mechanism])
        # The library prints the fields of each response.
        with contextlib.redirect_stdout(io.StringIO()):
            try:
                session.request(method, url, timeout=30, auth=auth, **how)
            except Exception as raised:
                error = f", then {type(raised).__name__}"
    return seen(answer(each) for each in every) + words(every[-1]) + error


def recorded(send, every: list, certificate: str, request, **how) -> requests.Response:
    # From the third request on, the library forgets the certificate, so it is named here for each request.
    response = send(request, **(how | {"verify": certificate} if certificate else how))
    every.append(response)
    return response


def words(last: requests.Response) -> str:
    """`proven` if the server sent its proof, and the error that it sent in the challenge."""
    info = last.headers.get("Authentication-Info", "")
    challenge = last.headers.get("WWW-Authenticate", "")
    for field in (info, challenge):
        if 'data="' in field:
            message = base64.b64decode(field.split('data="')[1].rstrip('"')).decode()
            return " proven" if message.startswith("v=") else f" {message.removeprefix('e=')}"
    return ""


class Exchange:
    """SCRAM-SHA-256 by hand, from RFC 5802 and RFC 7804."""

    def __init__(self, url: str, account):
        self.url = url
        self.nonce = secrets.token_urlsafe(18)
        self.bare = f"n={account.name},r={self.nonce}"
        offered = param(self.send(None), "sr")
        begun = self.send(f'data="{base64.b64encode(f"n,,{self.bare}".encode()).decode()}"')
        self.sid, self.sr = param(begun, "sid"), offered
        self.server_first = base64.b64decode(param(begun, "data")).decode()
        self.server_nonce, self.salt, self.iterations = re.fullmatch("r=([^,]+),s=([^,]+),i=([0-9]+)", self.server_first).groups()
        salt = base64.b64decode(self.salt)
        self.salted = hashlib.pbkdf2_hmac("sha256", account.password.encode(), salt, int(self.iterations))

    def send(self, params: str | None) -> requests.Response:
        headers = {} if params is None else {"Authorization": f"SCRAM-SHA-256 {params}"}
        return requests.get(self.url, headers=headers, timeout=30)

    def finish(self) -> str:
        """The second request of the exchange."""
        return self.prove(self.server_first, self.server_nonce)

    def again(self, uses: int, has_sid: bool = True) -> str:
        """A login with one request: the count starts with the iterations."""
        nonce = f"{self.nonce}{int(self.iterations) + uses}{self.sr}"
        return self.prove(f"r={nonce},s={self.salt},i={self.iterations}", nonce, has_sid)

    def prove(self, server_first: str, nonce: str, has_sid: bool = True) -> str:
        without_proof = f"c=biws,r={nonce}"
        messages = f"{self.bare},{server_first},{without_proof}".encode()
        key = mac(self.salted, b"Client Key")
        signature = mac(hashlib.sha256(key).digest(), messages)
        proof = bytes(a ^ b for a, b in zip(key, signature))
        data = base64.b64encode(f"{without_proof},p={base64.b64encode(proof).decode()}".encode()).decode()
        response = self.send(f'sid="{self.sid}", data="{data}"' if has_sid else f'data="{data}"')
        expected = b"v=" + base64.b64encode(mac(mac(self.salted, b"Server Key"), messages))
        proven = f'data="{base64.b64encode(expected).decode()}"' in response.headers.get("Authentication-Info", "")
        return f"{response.status_code}{' proven' if proven else ''}"


def mac(key: bytes, message: bytes) -> bytes:
    return hmac.digest(key, message, "sha256")


def param(response: requests.Response, name: str) -> str:
    return re.search(f'{name}="([^"]*)"', response.headers["WWW-Authenticate"])[1]


def one_request(url: str, account) -> str:
    """An exchange, two logins with one request, a replay, a count that is too small, and a message without a sid."""
    exchange = Exchange(url, account)
    steps = [exchange.finish(), exchange.again(0), exchange.again(1), exchange.again(1), exchange.again(-1)]
    return " > ".join([*steps, exchange.again(2, has_sid=False)])
