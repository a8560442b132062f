"""A client that does what no client should: a socket, and Digest computed by hand."""

import base64
import re
from concurrent.futures import ThreadPoolExecutor
from collections import Counter
from dataclasses import replace

from answers import Answer, seen
from curl import curl
from digest import Proof, parameters
from server import COLON, GUEST, JASON, LOW_TOKEN, MUFASA, NOBODY, ODD, TOKEN, WRONG, Account, Server
from wire import Connection, ask, authorization, challenge

ALGORITHMS = ("md5", "sha-256", "sha-512-256")
NAMES = {"md5": "MD5", "sha-256": "SHA-256", "sha-512-256": "SHA-512-256"}


def cases(server: Server):
    groups = (proofs, replays, bent_parameters, lines, connections, basic, bearer, secrets)
    for group in groups:
        for name, expected, act in group(server):
            yield name, expected, act


def fresh(server: Server, path: str, account: Account = MUFASA, method: str = "GET") -> Proof:
    return Proof(challenge(server, path), account, method, path)


def present(server: Server, proof: Proof, target: str | None = None, **changed) -> Answer:
    sent = authorization(proof.line(**changed))
    return ask(server, proof.method, target or proof.uri, *sent)


def proofs(server: Server):
    """Right ones are taken, and proved in return; in every form that the grammar allows."""
    for algorithm in ALGORITHMS:
        path = f"/digest/{algorithm}{ODD}"
        for account in (MUFASA, JASON, COLON):
            yield f"{algorithm} {account.name}", f"200 {account.name}, rspauth", proved(server, path, account)
        yield f"{algorithm} guest", "403", lambda path=path: seen(present(server, fresh(server, path, GUEST)))
        yield f"{algorithm} HEAD", "200 mufasa, rspauth", proved(server, path, MUFASA, "HEAD")
    path = "/digest/sha-256"
    for name, changed in [
        ("algorithm, qop and nc quoted", {"algorithm": '"SHA-256"', "qop": '"auth"', "nc": '"00000001"'}),
        ("algorithm in lower case", {"algorithm": "sha-256"}),
        ("an unknown parameter", {"x-unknown": '"a, b"'}),
        ("empty elements in the list", {"algorithm": "SHA-256,,  "}),
        ("userhash=false", {"userhash": "false"}),
    ]:
        yield name, "200 mufasa", lambda changed=changed: seen(present(server, fresh(server, path), **changed))
    extended = {"username": None, "username*": "UTF-8''J%C3%A4s%C3%B8n%20Doe"}
    yield "username*", "200 Jäsøn Doe", lambda: seen(present(server, fresh(server, path, JASON), **extended))
    yield "a response in upper case", "200 mufasa", lambda: upper_case(server, path)
    yield "another letter case of Digest", "200 mufasa", lambda: other_case(server, path)
    yield "a target in absolute form", "200 mufasa", lambda: absolute(server, path, path)
    yield "a uri in absolute form", "200 mufasa", lambda: absolute(server, path, server.url(path))
    yield "counts out of order", "200 mufasa > 200 mufasa > 200 mufasa", lambda: counts(server, path, 3, 1, 2)


def proved(server: Server, path: str, account: Account, method: str = "GET"):
    def act() -> str:
        proof = fresh(server, path, account, method)
        answer = present(server, proof)
        info = parameters(", ".join(answer.all("authentication-info")))
        mutual = info.get("rspauth") == proof.rspauth() and info.get("nc") == proof.nc()
        return seen(answer) + (", rspauth" if mutual else f", WRONG INFO {info}")

    return act


def upper_case(server: Server, path: str) -> str:
    proof = fresh(server, path)
    return seen(present(server, proof, response=f'"{proof.response().upper()}"'))


def other_case(server: Server, path: str) -> str:
    line = fresh(server, path).line().replace("Digest", "dIGEST", 1)
    return seen(ask(server, "GET", path, *authorization(line)))


def absolute(server: Server, path: str, uri: str) -> str:
    proof = replace(fresh(server, path), uri=uri)
    return seen(present(server, proof, server.url(path)))


def counts(server: Server, path: str, *numbers: int) -> str:
    proof = fresh(server, path)
    return seen(present(server, replace(proof, count=number)) for number in numbers)


def replays(server: Server):
    """What was good once is good for nothing else."""
    for algorithm in ("md5", "sha-256"):
        path = f"/digest/{algorithm}/a"
        line = captured(server, path)
        yield f"{algorithm}: the line that curl sent, again", "401 stale", again(server, "GET", path, line)
        yield f"{algorithm}: the same line, HEAD", "401", again(server, "HEAD", path, line)
        yield f"{algorithm}: the same line, POST", "401", again(server, "POST", path, line)
        yield f"{algorithm}: the same line, another target", "400", again(server, "GET", path + "?b", line)
        other = f"/digest/{algorithm}/b"
        yield f"{algorithm}: the same line, another path", "400", again(server, "GET", other, line)
    for algorithm in ALGORITHMS:
        path = f"/digest/{algorithm}"
        expected = "200 mufasa > 401 stale > 200 mufasa > 401 stale"
        yield f"{algorithm}: a count twice", expected, lambda path=path: counts(server, path, 1, 1, 2, 1)
        racers = "1 x 200 mufasa, 31 x 401 stale"
        yield f"{algorithm}: a count 32 times at once", racers, lambda path=path: race(server, path)
        forged = lambda path=path, account=MUFASA: seen(present(server, with_nonce(server, path, account)))
        # RFC 7616 section 3.3: stale only where the digest is right, or it would tell guessers who is.
        yield f"{algorithm}: a nonce that was never issued", "401 stale", forged
        wrong = lambda path=path: seen(present(server, with_nonce(server, path, WRONG)))
        yield f"{algorithm}: such a nonce and a wrong password", "401", wrong
    yield "a nonce of another protection space", "401 stale", lambda: elsewhere(server)
    yield "a used count and a wrong password", "200 mufasa > 401", lambda: wrong_after_right(server)


    for algorithm in ALGORITHMS:
        path = f"/digest-stale/{algorithm}"
        expected = "200 mufasa > 401 stale"
        yield f"{path}: two counts", expected, lambda path=path: counts(server, path, 1, 2)
        path = f"/digest-nextnonce/{algorithm}"
        expected = "200 mufasa > 200 mufasa > 200 mufasa"
        yield f"{path}: each answer names a nonce", expected, lambda path=path: next_nonces(server, path)


def next_nonces(server: Server, path: str) -> str:
    proof, answers = fresh(server, path), []
    for _ in range(3):
        answers.append(present(server, proof))
        info = parameters(", ".join(answers[-1].all("authentication-info")))
        proof = replace(proof, challenge=replace(proof.challenge, nonce=info["nextnonce"]))
    return seen(answers)


def captured(server: Server, path: str) -> str:
    exchange = curl("--digest", "--user", MUFASA.text(), server.url(path))
    assert seen(exchange.answers) == "401 > 200 mufasa", seen(exchange.answers)
    return exchange.authorizations()[-1]


def again(server: Server, method: str, path: str, line: str):
    length = ["Content-Length: 0"] if method == "POST" else []
    return lambda: seen(ask(server, method, path, *authorization(line), *length))


def race(server: Server, path: str) -> str:
    proof = fresh(server, path)
    with ThreadPoolExecutor(32) as pool:
        answers = Counter(pool.map(lambda _: seen(present(server, proof)), range(32)))
    return ", ".join(f"{count} x {answer}" for answer, count in sorted(answers.items()))


def with_nonce(server: Server, path: str, account: Account) -> Proof:
    proof = fresh(server, path, account)
    last = proof.challenge.nonce[-1]
    forged = proof.challenge.nonce[:-1] + ("0" if last != "0" else "1")
    return replace(proof, challenge=replace(proof.challenge, nonce=forged))


def elsewhere(server: Server) -> str:
    """Counts are kept apart by protection space: a nonce that was good for both would be good twice."""
    path = "/digest/sha-256"
    foreign = challenge(server, "/digest/sha-512-256")
    asked = replace(challenge(server, path), nonce=foreign.nonce)
    return seen(present(server, Proof(asked, MUFASA, "GET", path)))


def wrong_after_right(server: Server) -> str:
    proof = fresh(server, "/digest/sha-256")
    wrong = replace(proof, account=WRONG)
    return seen([present(server, proof), present(server, wrong)])


def bent_parameters(server: Server):
    """Each parameter in turn missing, malformed, or another than was offered."""
    path = "/digest/sha-256"
    required = ("username", "realm", "nonce", "uri", "response", "qop", "nc", "cnonce")
    for name in required:
        yield f"without {name}", "400", bent(server, path, **{name: None})
    for name, changed, expected in [
        ("without algorithm, which means MD5", {"algorithm": None}, "401"),
        ("algorithm=MD5", {"algorithm": "MD5"}, "401"),
        ("algorithm=SHA-256-sess", {"algorithm": "SHA-256-sess"}, "401"),
        ("another realm", {"realm": '"other"'}, "401"),
        ("qop=auth-int", {"qop": "auth-int"}, "400"),
        ("nc=1", {"nc": "1"}, "400"),
        ("nc=00000000", {"nc": "00000000"}, "400"),
        ("nc=0000000g", {"nc": "0000000g"}, "400"),
        ("a response that is too short", {"response": '"abc"'}, "400"),
        ("a response that is not hexadecimal", {"response": f'"{"z" * 64}"'}, "400"),
        ("an empty response", {"response": '""'}, "400"),
        ("an empty cnonce", {"cnonce": '""'}, "400"),
        ("a cnonce of 4 KiB", {"cnonce": f'"{"c" * 4096}"'}, "400"),
        ("userhash=true", {"userhash": "true"}, "401"),
        ("userhash=maybe", {"userhash": "maybe"}, "400"),
        ("username twice", {"username": '"mufasa", username="mufasa"'}, "400"),
        ("username and username*", {"username*": "UTF-8''mufasa"}, "400"),
        ("response twice", {"response": f'"{"0" * 64}", Response="{"0" * 64}"'}, "400"),
        ("an unclosed quote", {"response": '"abc'}, "400"),
    ]:
        yield name, expected, bent(server, path, **changed)
    for uri in ("*", "/", path + "/", path + "?", "/digest/sha-25%36", server.url(path)[:-1]):
        yield f"uri {uri.replace(server.base, '..')}", "400", lambda uri=uri: uri_for(server, path, uri)


def bent(server: Server, path: str, **changed):
    return lambda: seen(present(server, fresh(server, path), **changed))


def uri_for(server: Server, path: str, uri: str) -> str:
    """The digest is right, for the wrong target."""
    return seen(present(server, replace(fresh(server, path), uri=uri), path))


def lines(server: Server):
    """Authorization is one line (RFC 9110 section 11.6.2), and credentials are in no other field."""
    basic = basic_line(MUFASA)
    for name, sent in [
        ("the same line twice", [basic, basic]),
        ("a wrong line and a right one", [basic_line(WRONG), basic]),
        ("a right line and a wrong one", [basic, basic_line(WRONG)]),
        ("a line of another scheme before it", ["Bearer x", basic]),
        ("an empty line before it", ["", basic]),
    ]:
        yield name, "400", lambda sent=sent: seen(ask(server, "GET", "/basic", *authorization(*sent)))
    yield "Digest twice", "400", lambda: twice(server)
    optional = lambda: seen(ask(server, "GET", "/optional", *authorization(basic, basic)))
    yield "two lines, where credentials are optional", "400", optional
    proxy_line = f"Proxy-Authorization: {basic}"
    yield "Proxy-Authorization at an origin", "401", lambda: seen(ask(server, "GET", "/basic", proxy_line))
    origin = lambda: seen(ask(server, "GET", "/proxy-auth", *authorization(basic)))
    yield "Authorization at a proxy", "407", origin
    two_lines = lambda: seen(ask(server, "GET", "/proxy-auth", proxy_line, proxy_line))
    yield "Proxy-Authorization twice", "400", two_lines
    yield "a line of 17 KiB", "400", lambda: seen(ask(server, "GET", "/basic", *authorization("Basic " + "A" * 17408)))
    forged = ["X-User: bXVmYXNh", "X-Forwarded-User: mufasa", "Remote-User: mufasa"]
    yield "who the caller says they are", "401", lambda: seen(ask(server, "GET", "/basic", *forged))
    options = ["Origin: http://example.org", "Access-Control-Request-Method: GET"]
    yield "a CORS preflight, which was not switched on", "401", lambda: seen(ask(server, "OPTIONS", "/basic", *options))


def twice(server: Server) -> str:
    line = fresh(server, "/digest/sha-256").line()
    return seen(ask(server, "GET", "/digest/sha-256", *authorization(line, line)))


def connections(server: Server):
    """A connection is nobody's: each request stands for itself."""
    good, bad = authorization(basic_line(MUFASA)), authorization(basic_line(WRONG))
    chain = [good, [], bad, good, authorization(basic_line(COLON))]
    expected = "200 mufasa > 401 > 401 > 200 mufasa > 200 colon"
    yield "one after the other on a connection", expected, lambda: in_turn(server, chain)
    yield "all sent before the first answer", expected, lambda: pipelined(server, chain)


def in_turn(server: Server, chain: list[list[str]]) -> str:
    with Connection(server) as connection:
        return seen([connection.ask("GET", "/basic", *sent) for sent in chain])


def pipelined(server: Server, chain: list[list[str]]) -> str:
    with Connection(server) as connection:
        for sent in chain:
            connection.send("GET", "/basic", *sent)
        return seen([connection.answer() for _ in chain])


def basic_line(account: Account | bytes) -> str:
    text = account if isinstance(account, bytes) else account.text().encode()
    return "Basic " + base64.b64encode(text).decode()


def basic(server: Server):
    encoded = base64.b64encode(MUFASA.text().encode()).decode()
    for name, line, expected in [
        ("Basic, right", f"Basic {encoded}", "200 mufasa"),
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
        ("an empty line", "", "401"),
        ("a scheme that is not ours", "Negotiate abc", "401"),
        ("a scheme that starts like ours", f"Basics {encoded}", "401"),
    ]:
        yield name, expected, lambda line=line: seen(ask(server, "GET", "/basic", *authorization(line)))


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
        yield name, expected, lambda line=line: seen(ask(server, "GET", "/bearer", *authorization(line)))


def secrets(server: Server):
    """A name that exists and one that does not are refused alike, to the octet."""
    yield "Basic: a name that exists, and one that does not", "alike", lambda: alike(
        ask(server, "GET", "/basic", *authorization(basic_line(WRONG))),
        ask(server, "GET", "/basic", *authorization(basic_line(NOBODY))),
    )
    for algorithm in ALGORITHMS:
        path = f"/digest/{algorithm}"
        yield f"{algorithm}: a name that exists, and one that does not", "alike", lambda path=path: alike(
            present(server, fresh(server, path, WRONG)), present(server, fresh(server, path, NOBODY))
        )


def alike(one: Answer, other: Answer) -> str:
    shown = [shape(one), shape(other)]
    return "alike" if shown[0] == shown[1] else f"DIFFERENT: {shown}"


def shape(answer: Answer) -> tuple:
    """Everything but the time and the nonce, whose length counts."""
    nonce = lambda value: re.sub(r'nonce="([^"]*)"', lambda it: f"nonce={len(it[1])}", value)
    fields = [(name, nonce(value)) for name, value in answer.fields if name != "date"]
    return answer.status, fields, answer.body
