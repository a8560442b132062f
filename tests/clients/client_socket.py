"""A client that does what no client should: a socket, and lines written by hand."""

import base64
from functools import partial

from answers import seen
from server import COLON, GUEST, LOW_TOKEN, MUFASA, NOBODY, TOKEN, WRONG, Account, Server
from wire import Connection, alike, ask, authorization, told


def cases(server: Server):
    for group in (lines, strangers, concealed, connections, basic, bearer):
        yield from group(server)


def basic_line(account: Account | bytes) -> str:
    text = account if isinstance(account, bytes) else account.text().encode()
    return "Basic " + base64.b64encode(text).decode()


GOOD = basic_line(MUFASA)


def lines(server: Server):
    """Authorization is one line (RFC 9110 section 11.6.2)."""
    for name, sent in [
        ("the same line twice", [GOOD, GOOD]),
        ("a wrong line and a right one", [basic_line(WRONG), GOOD]),
        ("a right line and a wrong one", [GOOD, basic_line(WRONG)]),
        ("a line of another scheme before it", ["Bearer x", GOOD]),
        ("an empty line before it", ["", GOOD]),
        ("a line of 17 KiB", ["Basic " + "A" * 17408]),
    ]:
        for path in ("/basic", "/optional"):
            yield f"{path}, {name}", "400", partial(told, server, "GET", path, *authorization(*sent))
    twice = [f"Proxy-Authorization: {GOOD}"] * 2
    yield "Proxy-Authorization twice", "400", partial(told, server, "GET", "/proxy-auth", *twice)


def strangers(server: Server):
    """Credentials are in no other field, and nobody is whom they say they are."""
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
    yield "a CORS preflight, which was not switched on", "401", partial(told, server, "OPTIONS", "/basic", *preflight)
    yield "a method that nobody has heard of", "401", partial(told, server, "FOO", "/basic")
    yield "a name that exists, and one that does not", "alike", partial(wrong_and_nobody, server)


def wrong_and_nobody(server: Server) -> str:
    return alike(*(ask(server, "GET", "/basic", *authorization(basic_line(who))) for who in (WRONG, NOBODY)))


def concealed(server: Server):
    """Nobody can tell what is concealed from what is not there."""
    for method in ("GET", "HEAD", "POST", "DELETE", "OPTIONS", "FOO"):
        for name, sent in [
            ("no credentials", []),
            ("wrong", authorization(basic_line(WRONG))),
            ("guest", authorization(basic_line(GUEST))),
            ("malformed", authorization("Basic !")),
            ("twice", authorization(GOOD, GOOD)),
        ]:
            yield f"/concealed, {method}, {name}", "alike", partial(there_and_nowhere, server, method, sent)


def there_and_nowhere(server: Server, method: str, sent: list[str]) -> str:
    there, nowhere = (ask(server, method, path, *sent) for path in ("/concealed", "/nowhere"))
    return alike(there, nowhere) if there.status == 404 else seen(there)


def connections(server: Server):
    """A connection is nobody's: each request stands for itself."""
    chain = [[GOOD], [], [basic_line(WRONG)], [GOOD], [basic_line(COLON)]]
    expected = "200 mufasa > 401 > 401 > 200 mufasa > 200 colon"
    yield "one after the other on a connection", expected, partial(in_turn, server, chain)
    yield "all sent before the first answer", expected, partial(pipelined, server, chain)
    # The server waits 5 seconds for the body, and then sends the refusal that it had before.
    stalled = partial(told, server, "PUT", "/basic", "Content-Length: 10")
    yield "a body that is announced and never sent", "401", stalled


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
        ("Basic and nothing", "Basic", "400"),
        ("Basic, not base64", "Basic !!!!", "400"),
        ("Basic, no colon", basic_line(b"mufasa"), "400"),
        ("Basic, a control character", basic_line(b"mufasa:Circle\x00of Life"), "400"),
        ("Basic, ISO-8859-1", basic_line("Jäsøn Doe:Sécret".encode("latin-1")), "401"),
        ("Basic, a tab after the scheme", f"Basic\t{encoded}", "400"),
        ("Basic, parameters", 'Basic realm="interop"', "400"),
        ("Basic, twice in a line", f"{GOOD}, {GOOD}", "400"),
        ("an empty line", "", "401"),
        ("a scheme that is not ours", "Negotiate abc", "401"),
        ("a scheme that starts like ours", f"Basics {encoded}", "401"),
    ]:
        yield name, expected, partial(told, server, "GET", "/basic", *authorization(line))


def bearer(server: Server):
    for name, line, expected in [
        ("Bearer, right", f"Bearer {TOKEN}", "200 mufasa"),
        ("bearer", f"bearer {TOKEN}", "200 mufasa"),
        ("Bearer, too little scope", f"Bearer {LOW_TOKEN}", "403 insufficient_scope"),
        ("Bearer and nothing", "Bearer", "400 invalid_request"),
        ("Bearer, a comma", f"Bearer {TOKEN},", "400 invalid_request"),
        ("Bearer, quoted", f'Bearer "{TOKEN}"', "400 invalid_request"),
        ("Bearer, another", "Bearer x", "401 invalid_token"),
    ]:
        yield name, expected, partial(told, server, "GET", "/bearer", *authorization(line))
