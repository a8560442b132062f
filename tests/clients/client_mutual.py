"""Mutual by hand with all four algorithms: logins, the proof of the server, sessions, and what is refused.

The groups of integers take tenths of seconds for each session, so only the curve P-256 has all cases.
"""

import json
import secrets
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path

import requests
from answers import seen
from mutual import ALGORITHMS, CLIENT, SERVER, Algorithm, Client, Reply, Session, variable_integer, variable_string
from server import COLON, GUEST, JASON, MUFASA, NOBODY, WRONG, Account, Server

P_256 = ALGORITHMS["iso-kam3-ec-p256-sha256"]
VECTORS = Path(__file__).parents[1] / "vectors/mutual_selfgen.json"


def cases(server: Server):
    yield "the encodings of the vectors", "as written", encodings
    for number, exchange in enumerate(json.loads(VECTORS.read_text())["exchanges"], 1):
        name = f"exchange {number} of the vectors, {exchange['algorithm']}"
        yield name, "as computed", partial(computed, exchange)
    for algorithm in ALGORITHMS.values():
        of = partial(client, server, algorithm=algorithm)
        yield from logins(algorithm.name, of)
    of = partial(client, server)
    for group in (users, sessions, refused, tampered, spaces):
        yield from group(of)
    of = partial(client_through_tls, server)
    yield "a login through TLS, with the certificate", "200 mufasa proven", partial(login, of)
    yield "a wrong password through TLS", "401 auth-failed", partial(login, of, WRONG)
    yield "a proof for another certificate", "401 auth-failed", partial(login, of, host=bytes(32))
    yield "a proof for the origin in place of the certificate", "401 auth-failed", partial(login, of, host=server.tls.encode())


def client(server: Server, account: Account = MUFASA, algorithm: Algorithm = P_256) -> Client:
    return Client(server.url(f"/mutual/{algorithm.name}"), algorithm, *account)


def client_through_tls(server: Server, account: Account = MUFASA) -> Client:
    one = Client(f"{server.tls}/mutual-tls", P_256, *account, validation="tls-server-end-point")
    one.http.verify = server.certificate
    return one


def words(reply: Reply, session: Session | None = None, count: int = 1) -> str:
    """The status, the caller, the reason of the challenge, and whether the server has proved itself."""
    proven = session is not None and session.is_proven(reply, count)
    told = [seen(reply.answer()), reply.challenge.get("reason", "key" if "ks1" in reply.challenge else "")]
    return " ".join(word for word in [*told, "proven" if proven else ""] if word)


def login(of, account: Account = MUFASA, **how) -> str:
    session = of(account).begin()
    return words(session.ask(**how), session)


def encodings() -> str:
    table = json.loads(VECTORS.read_text())["encodings"]
    for row in table["VI"]:
        assert variable_integer(int(row["n"])).hex() == row["hex"], row
    for row in table["VS"]:
        # The last row is a long text, in words.
        text = "a" * 10_000 if row["s"] == "a x 10000" else row["s"]
        written = variable_string(text.encode())
        assert written.hex().startswith(row.get("hex") or row["hex_prefix"]), row
        assert len(written) == int(row.get("length", len(row.get("hex", "")) // 2)), row
    return "as written"


def computed(exchange: dict) -> str:
    """Computes an exchange of the vectors on both sides."""
    algorithm, group = ALGORITHMS[exchange["algorithm"]], ALGORITHMS[exchange["algorithm"]].group
    number = {name.removesuffix("_hex"): int(value, 16) for name, value in exchange.items() if name.endswith("_hex")}
    pi = algorithm.pi(*(exchange[name] for name in ("auth_scope", "realm", "user", "password")))
    kc1 = group.of_base(number["S_c1"])
    ks1 = algorithm.server_key(group.of_base(pi), kc1, number["S_s1"])
    z = algorithm.client_z(kc1, ks1, number["S_c1"], pi)
    assert z == algorithm.server_z(kc1, ks1, number["S_s1"]), "the sides do not agree"
    for name, value in {"pi": pi, "J": group.of_base(pi), "K_c1": kc1, "K_s1": ks1, "z": z}.items():
        assert value == number[name], name
    host = bytes.fromhex(exchange["vh_hex"])
    for row in exchange["verification"]:
        for side, name in ((CLIENT, "vkc"), (SERVER, "vks")):
            proof = algorithm.proof(side, kc1, ks1, z, int(row["nc"]), host)
            assert algorithm.write(proof).strip('"') == row[name], f"{name} {row['nc']}"
    return "as computed"


def logins(name: str, of):
    def first() -> str:
        one = of()
        before, session = one.learn(), one.begin()
        # A second exchange with the same key gets another answer, and the first one goes on.
        again = one.exchange(session.kc1)
        assert not {again.challenge[name] for name in ("sid", "ks1")} & {*session.challenge.values()}
        return " > ".join([words(before), words(again), words(session.ask(), session)])

    yield f"{name}: a login", "401 initial > 401 key > 200 mufasa proven", first
    yield f"{name}: a wrong password", "401 auth-failed", partial(login, of, WRONG)
    yield f"{name}: an unknown user", "401 auth-failed", partial(login, of, NOBODY)
    yield f"{name}: a policy refuses", "403 proven", partial(login, of, GUEST)

    def replay() -> str:
        session = of().begin()
        one, two = session.ask(1), session.ask(2)
        again, after = session.ask(1), session.ask(3)
        return " > ".join([words(one, session, 1), words(two, session, 2), words(again), words(after)])

    expected = "200 mufasa proven > 200 mufasa proven > 401 stale-session > 401 stale-session"
    yield f"{name}: a count twice, and the end of the session", expected, replay

    def bad_keys() -> str:
        one = of()
        one.learn()
        replies = [one.exchange(number) for number in one.algorithm.group.bad().values()]
        return " ".join(sorted({words(reply) for reply in replies}))

    yield f"{name}: keys that are no elements", "401 invalid-parameters", bad_keys


def users(of):
    yield "a name and a password beyond ASCII", f"200 {JASON.name} proven", partial(login, of, JASON)
    yield "a password with colons", f"200 {COLON.name} proven", partial(login, of, COLON)

    def shapes() -> str:
        """The challenges for a known and an unknown user, with their values hidden."""
        shapes = []
        # The sid holds the name, so the names have the same length.
        for account in (MUFASA, Account("nobody", MUFASA.password)):
            challenge = of(account).begin().challenge
            hidden = {name: len(challenge[name]) for name in ("sid", "ks1")}
            shapes.append({**challenge, **hidden})
        return "equal" if shapes[0] == shapes[1] else f"{shapes}"

    yield "the key exchange of an unknown user", "equal", shapes


def sessions(of):
    def many() -> str:
        session = of().begin()
        counts = [3, 1, 128, 2]
        return " ".join({words(session.ask(count), session, count) for count in counts})

    yield "counts in any order", "200 mufasa proven", many
    for how in [("HEAD", ""), ("POST", ""), ("PUT", ""), ("GET", "/below?x=%2F")]:
        yield f"{' '.join(how)}", "200 mufasa proven", partial(login, of, how=how)

    def too_high() -> str:
        session = of().begin()
        most = int(session.challenge["nc-max"])
        return f"{words(session.ask(most), session, most)} > {words(session.ask(most + 1))}"

    yield "a count above nc-max", "200 mufasa proven > 401 stale-session", too_high
    yield "the count 0", "401 invalid-parameters", partial(login, of, count=0)

    def rejected() -> str:
        """One guess for each session: a right proof after a wrong one is refused."""
        session = of().begin()
        wrong = session.ask(vkc=session.client.algorithm.write(bytes(32)))
        return f"{words(wrong)} > {words(session.ask())}"

    yield "a wrong proof, and then the right one", "401 auth-failed > 401 stale-session", rejected

    def disturbed() -> str:
        """Another client cannot end a session of which it knows the sid."""
        session = of().begin()
        one = session.ask(1)
        wrong = session.ask(2, vkc=session.client.algorithm.write(bytes(32)))
        return f"{words(one, session, 1)} > {words(wrong)} > {words(session.ask(2), session, 2)}"

    expected = "200 mufasa proven > 401 auth-failed > 200 mufasa proven"
    yield "a wrong proof in the middle of a session", expected, disturbed
    yield "a count over 32 connections at once", "1 x 200 mufasa proven, 31 x 401 stale-session", partial(race, of)

    def two_clients() -> str:
        """The sid of one client with the proof of another."""
        one, other = of().begin(), of(JASON).begin()
        return words(other.ask(sid=one.challenge["sid"]))

    yield "the sid of another session", "401 auth-failed", two_clients


def race(of) -> str:
    """Sends one count of one session over 32 connections. Each is open before the first one sends its proof."""
    session = of().begin()
    start = threading.Barrier(32)

    def one(http: requests.Session) -> str:
        client = replace(session.client, http=http)
        client.send()
        start.wait(60)
        return words(replace(session, client=client).ask(), session)

    with ThreadPoolExecutor(32) as pool:
        told = Counter(pool.map(one, [requests.Session() for _ in range(32)]))
    return ", ".join(f"{count} x {answer}" for answer, count in sorted(told.items()))


def refused(of):
    yield "a proof for another host", "401 auth-failed", partial(login, of, host=b"http://evil.example:80")
    yield "a proof for the host without its port", "401 auth-failed", partial(login, of, host=b"http://127.0.0.1")
    yield "a sid that the server did not make", "401 stale-session", lambda: login(of, sid=secrets.token_hex(64))
    yield "a sid with a changed digit", "401 stale-session", partial(changed_sid, of)
    yield "a sid that is not hexadecimal", "401 invalid-parameters", partial(login, of, sid="xyz")
    yield "a proof of another length", "401 invalid-parameters", partial(login, of, vkc="00")


def changed_sid(of) -> str:
    session = of().begin()
    sid = session.challenge["sid"]
    return words(session.ask(sid=sid[:-1] + ("0" if sid[-1] != "0" else "1")))


def tampered(of):
    """A client that is not at fault refuses these answers of a server."""

    def another_key() -> str:
        """An attacker replaces the key of the server. The proofs then do not fit."""
        session = of().begin()
        other = Session(session.client, session.challenge, session.kc1, session.ks1, session.z + 2)
        return words(other.ask(), None)

    yield "another secret", "401 auth-failed", another_key

    def without_the_password() -> str:
        """A response whose `vks` belongs to another count is no proof."""
        session = of().begin()
        reply = session.ask(1)
        try:
            session.is_proven(reply, 2)
        except AssertionError as error:
            return str(error)
        return "believed"

    yield "a proof of the server for another request", "the server does not know the password", without_the_password


def spaces(of):
    for name, value in [
        ("realm", '"another"'),
        ("auth-scope", '"example.com"'),
        ("algorithm", "iso-kam3-ec-p521-sha512"),
        ("algorithm", "unknown"),
        ("validation", "tls-server-end-point"),
    ]:
        yield f"{name}={value}", "401 initial", partial(in_another_space, of, name, value)
    # Sections 4.1 and 5 of RFC 8120 name two defaults for the auth-scope, so the server takes neither.
    for name, value in [("auth-scope", ""), ("version", "2"), ("version", "")]:
        yield f"{name}={value}", "401 invalid-parameters", partial(in_another_space, of, name, value)
    yield "an unknown parameter", "200 mufasa proven", partial(login, of, later="1")
    yield "the keys of a client and of a server", "401 invalid-parameters", partial(login, of, ks1="00")
    yield "a field that breaks the grammar", "400", lambda: words(of().send(**{"": "abc"}))
    yield "parameters in another case, quoted and in another order", "200 mufasa proven", partial(spelled, of)


def in_another_space(of, name: str, value: str) -> str:
    one = of()
    one.learn()
    one.said[name] = value
    return words(one.exchange(one.algorithm.group.of_base(5000)))


def spelled(of) -> str:
    session = of().begin()
    said = session.client.said
    quoted = {name.title(): f'"{value.strip(chr(34))}"' for name, value in reversed(said.items())}
    vkc = session.proof(CLIENT, 1).hex().upper()
    reply = session.client.send(sid=f'"{session.challenge["sid"].upper()}"', nc='"1"', vkc=f'"{vkc}"', **quoted)
    return words(reply, session)
