"""Tests the Python library requests-scram, which adds SCRAM to requests.

It reads `WWW-Authenticate` as one challenge, so it works where SCRAM is the only scheme or the first one. It sends `data`
without quotes. It does not check the proof of the server; `tests/scram_oracle.rs` does that with another client.
"""

import base64
import contextlib
import io
from functools import partial

import requests
from requests_scram import HTTPSCRAMAuth

from answers import Answer, seen
from server import GUEST, JASON, MUFASA, NOBODY, WRONG, Server

PATH = "/scram/sha-256"


def cases(server: Server):
    # There is no case over TLS: from the third request on, the library ignores the certificate of the test.
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
    yield "no credentials", "401", partial(plain, url)


def plain(url: str) -> str:
    return seen(answer(requests.get(url, timeout=30)))


def answer(response: requests.Response) -> Answer:
    return Answer(response.status_code, list(response.headers.items()), response.content or None)


def ask(method: str, url: str, account, mechanism: str = "SCRAM-SHA-256", **how) -> str:
    """The answers to all requests of an exchange, and whether the last one has a proof of the server or an error."""
    every: list[requests.Response] = []
    with requests.Session() as session:
        for prefix, adapter in session.adapters.items():
            adapter.send = partial(recorded, adapter.send, every)
        error = ""
        auth = HTTPSCRAMAuth(*account, mechanisms=[mechanism])
        # The library prints the fields of each response.
        with contextlib.redirect_stdout(io.StringIO()):
            try:
                session.request(method, url, timeout=30, auth=auth, **how)
            except Exception as raised:
                error = f", then {type(raised).__name__}"
    return seen(answer(each) for each in every) + words(every[-1]) + error


def recorded(send, every: list, request, **how) -> requests.Response:
    response = send(request, **how)
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
