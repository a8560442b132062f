"""Sends requests over a plain socket that no HTTP library would send, such as one with two `Authorization` fields."""

import base64
from functools import partial

from answers import seen
from server import COLON, GUEST, LOW_TOKEN, MUFASA, NOBODY, TOKEN, WRONG, Account, Server
from wire import Connection, alike, ask, authorization, told


def cases(server: Server):
    for group in (field_lines, other_fields, concealed, connections, basic, bearer):
        yield from group(server)


def basic_line(account: Account | bytes) -> str:
    text = account if isinstance(account, bytes) else account.text().encode()
    return "Basic " + base64.b64encode(text).decode()


GOOD = basic_line(MUFASA)


def field_lines(server: Server):
    """A request has at most one `Authorization` field line (RFC 9110 section 11.6.2)."""
    for name, sent in [
        ("the same line twice", [GOOD, GOOD]),
        ("a wrong line and a right one", [basic_line(WRONG), GOOD]),
        ("a right line and a wrong one", [GOOD, basic_line(WRONG)]),
        ("a line of another scheme before a right one", ["Bearer x", GOOD]),
        ("an empty line before a right one", ["", GOOD]),
        ("a line of 17 KiB", ["Basic " + "A" * 17408]),
    ]:
        for path in ("/basic", "/optional"):
            yield f"{path}, {name}", "400", partial(told, server, "GET", path, *authorization(*sent))
    twice = [f"Proxy-Authorization: {GOOD}"] * 2
    yield "Proxy-Authorization twice", "400", partial(told, server, "GET", "/proxy-auth", *twice)


def other_fields(server: Server):
    """The layer reads credentials only from the field of its server role, and believes no field that names a user."""
    for name, expected, path, sent in [
        ("Proxy-Authorization at an origin", "401", "/basic", [f"Proxy-Authorization: {GOOD}"]),
        ("Authorization at a proxy", "407", "/proxy-auth", authorization(GOOD)),
        ("X-User", "401", "/basic", ["X-User: bXVmYXNh"]),
        ("X-Forwarded-User", "401", "/basic", ["X-Forwarded-User: mufasa"]),
        ("Cookie", "401", "/basic", [f"Cookie: Authorization={GOOD}"]),
        ("X-HTTP-Method-Override", "401", "/basic", ["X-HTTP-Method-Override: OPTIONS"]),
    ]:
        yield name, expected, partial(told, server, "GET", path, *sent)
    preflight = ["Origin: http://example.org", "Access-Control-Request-Method: GET"]
    yield "a CORS preflight, without a CORS layer", "401", partial(told, server, "OPTIONS", "/basic", *preflight)
    yield "an unknown method", "401", partial(told, server, "FOO", "/basic")
    yield "a wrong password and an unknown name", "alike", partial(wrong_and_unknown, server)


def wrong_and_unknown(server: Server) -> str:
    """Compares the refusals, so that a client cannot find out which names exist."""
    accounts = (WRONG, NOBODY)
    return alike(*(ask(server, "GET", "/basic", *authorization(basic_line(account))) for account in accounts))


def concealed(server: Server):
    """Without an admitted login, a client cannot tell a concealed route from a path that does not exist."""
    for method in ("GET", "HEAD", "POST", "DELETE", "OPTIONS", "FOO"):
        for name, sent in [
            ("no credentials", []),
            ("wrong", authorization(basic_line(WRONG))),
            ("guest", authorization(basic_line(GUEST))),
            ("malformed", authorization("Basic !")),
            ("twice", authorization(GOOD, GOOD)),
        ]:
            yield f"/concealed, {method}, {name}", "alike", partial(concealed_and_missing, server, method, sent)


def concealed_and_missing(server: Server, method: str, sent: list[str]) -> str:
    concealed, missing = (ask(server, method, path, *sent) for path in ("/concealed", "/nowhere"))
    return alike(concealed, missing) if concealed.status == 404 else seen(concealed)


def connections(server: Server):
    """The server authenticates each request on its own: a login on a connection does not admit the next request."""
    chain = [[GOOD], [], [basic_line(WRONG)], [GOOD], [basic_line(COLON)]]
    expected = "200 mufasa > 401 > 401 > 200 mufasa > 200 colon"
    yield "five requests, one after the other", expected, partial(in_turn, server, chain)
    yield "five requests, all sent before the first response", expected, partial(pipelined, server, chain)
    # The server waits 5 seconds for the body, and then sends its refusal (`DrainBody`).
    stalled = partial(told, server, "PUT", "/basic", "Content-Length: 10")
    yield "a client that announces a body and never sends it", "401", stalled


def in_turn(server: Server, chain: list[list[str]]) -> str:
    with Connection(server) as connection:
        return seen([connection.ask("GET", "/basic", *authorization(*sent)) for sent in chain])


def pipelined(server: Server, chain: list[list[str]]) -> str:
    with Connection(server) as connection:
        for sent in chain:
            connection.send("GET", "/basic", *authorization(*sent))
        return seen([connection.answer() for _ in chain])


def basic(server: Server):
    encoded = GOOD.removeprefix("Basic ")
    for name, line, expected in [
        ("Basic, right", GOOD, "200 mufasa"),
        ("BASIC", f"BASIC {encoded}", "200 mufasa"),
        ("Basic and several spaces", f"Basic   {encoded}", "200 mufasa"),
        ("Basic, guest", basic_line(GUEST), "403"),
        ("Basic, guest, without padding", basic_line(GUEST).rstrip("="), "400"),
        ("Basic without credentials", "Basic", "400"),
        ("Basic, not base64", "Basic !!!!", "400"),
        ("Basic, no colon", basic_line(b"mufasa"), "400"),
        ("Basic, a control character", basic_line(b"mufasa:Circle\x00of Life"), "400"),
        ("Basic, ISO-8859-1", basic_line("Jäsøn Doe:Sécret".encode("latin-1")), "401"),
        ("Basic, a tab after the scheme", f"Basic\t{encoded}", "400"),
        ("Basic, parameters", 'Basic realm="interop"', "400"),
        ("Basic, two credentials in a line", f"{GOOD}, {GOOD}", "400"),
        ("an empty line", "", "401"),
        ("a scheme that the layer does not have", "Negotiate abc", "401"),
        ("a scheme whose name begins with Basic", f"Basics {encoded}", "401"),
    ]:
        yield name, expected, partial(told, server, "GET", "/basic", *authorization(line))


def bearer(server: Server):
    for name, line, expected in [
        ("Bearer, right", f"Bearer {TOKEN}", "200 mufasa"),
        ("bearer", f"bearer {TOKEN}", "200 mufasa"),
        ("Bearer, too little scope", f"Bearer {LOW_TOKEN}", "403 insufficient_scope"),
        ("Bearer without a token", "Bearer", "400 invalid_request"),
        ("Bearer, a comma", f"Bearer {TOKEN},", "400 invalid_request"),
        ("Bearer, quoted", f'Bearer "{TOKEN}"', "400 invalid_request"),
        ("Bearer, an unknown token", "Bearer x", "401 invalid_token"),
    ]:
        yield name, expected, partial(told, server, "GET", "/bearer", *authorization(line))
