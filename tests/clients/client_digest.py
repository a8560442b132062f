"""Digest by hand, over a socket: right in every form, and wrong in every one that can be thought of."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

from answers import Answer, seen
from curl import curl
from digest import Challenge, Proof, parameters
from server import COLON, GUEST, GUILD, JASON, MUFASA, NOBODY, ODD, WRONG, Account, Server
from wire import alike, ask, authorization, told

ALGORITHMS = ("md5", "sha-256", "sha-512-256")
PATH = "/digest/sha-256"


def cases(server: Server):
    groups = (proofs, forms, captures, replays, nonces, sessions, old_form, bodies, hashed_names, backslashes)
    for group in (*groups, without, bent, targets, strangers):
        yield from group(server)


def challenge(server: Server, path: str) -> Challenge:
    return Challenge.read(ask(server, "GET", path).challenges())


def fresh(server: Server, path: str = PATH, account: Account = MUFASA) -> Proof:
    return Proof(challenge(server, path), account, "GET", path)


def present(server: Server, proof: Proof, target: str | None = None, **changed: str | None) -> Answer:
    line = authorization(proof.line(**changed))
    return ask(server, proof.method, target or proof.uri, *line, body=proof.body)


def answered(server: Server, path: str = PATH, account: Account = MUFASA, **changed: str | None) -> str:
    return seen(present(server, fresh(server, path, account), **changed))


def proofs(server: Server):
    """Right ones are taken, and proved in return."""
    for algorithm in ALGORITHMS:
        for path in (f"/digest/{algorithm}{ODD}", f"/digest-rspauth/{algorithm}"):
            for account in (MUFASA, JASON, COLON):
                expected = f"200 {account.name}, rspauth"
                yield f"{path} {account.name}", expected, partial(proved, server, path, account)
            yield f"{path} guest", "403", partial(answered, server, path, GUEST)
            yield f"{path} HEAD", "200 mufasa, rspauth", partial(proved, server, path, MUFASA, "HEAD")


def proved(server: Server, path: str, account: Account, method: str = "GET") -> str:
    proof = replace(fresh(server, path, account), method=method)
    answer = present(server, proof)
    info = parameters(", ".join(answer.all("authentication-info")))
    mutual = info.get("rspauth") == proof.rspauth() and info.get("nc") == proof.nc()
    return seen(answer) + (", rspauth" if mutual else f", WRONG INFO {info}")


def forms(server: Server):
    """What the grammar allows is taken however it is written."""
    for name, changed in [
        ("algorithm, qop and nc quoted", {"algorithm": '"SHA-256"', "qop": '"auth"', "nc": '"00000001"'}),
        ("algorithm in lower case", {"algorithm": "sha-256"}),
        ("an unknown parameter", {"x-unknown": '"a, b"'}),
        ("empty elements in the list", {"algorithm": "SHA-256,,  "}),
        ("userhash=false", {"userhash": "false"}),
    ]:
        yield name, "200 mufasa", partial(answered, server, **changed)
    extended = {"username": None, "username*": "UTF-8''J%C3%A4s%C3%B8n%20Doe"}
    yield "username*", "200 Jäsøn Doe", partial(answered, server, PATH, JASON, **extended)
    yield "a response in upper case", "200 mufasa", partial(upper_case, server)
    yield "another letter case of Digest", "200 mufasa", partial(other_case, server)
    yield "a target in absolute form", "200 mufasa", partial(asked_for, server, PATH, server.url(PATH))
    yield "a uri in absolute form", "200 mufasa", partial(asked_for, server, server.url(PATH), server.url(PATH))
    expected = "200 mufasa > 200 mufasa > 401 stale > 401 stale"
    yield "counts from 0", expected, partial(counted, server, PATH, 0, 1, 0, 1)
    yield "a count in upper case", "200 mufasa > 401 stale > 401 stale", partial(in_capitals, server)
    yield "the last count and the one after", "200 mufasa > 401 stale", partial(counted, server, PATH, 4095, 4096)
    yield "counts out of order", "200 mufasa > 200 mufasa > 200 mufasa", partial(counted, server, PATH, 3, 1, 2)


def upper_case(server: Server) -> str:
    proof = fresh(server)
    return seen(present(server, proof, response=f'"{proof.response().upper()}"'))


def other_case(server: Server) -> str:
    line = fresh(server).line().replace("Digest", "dIGEST", 1)
    return told(server, "GET", PATH, *authorization(line))


def asked_for(server: Server, uri: str, target: str) -> str:
    """The digest is right, for `uri`."""
    return seen(present(server, replace(fresh(server), uri=uri), target))


def counted(server: Server, path: str, *numbers: int) -> str:
    proof = fresh(server, path)
    return seen(present(server, replace(proof, count=number)) for number in numbers)


def in_capitals(server: Server) -> str:
    """The count 171 as `000000AB`, as `000000ab`, and as `000000AB` again."""
    proof = replace(fresh(server), count=171)
    return seen(present(server, replace(proof, capitals=capitals)) for capitals in (True, False, True))


def captures(server: Server):
    """The line that curl sent, sent again."""
    for algorithm in ("md5", "sha-256"):
        path = f"/digest/{algorithm}/a"
        for name, expected, method, target in [
            ("as it was", "401 stale", "GET", path),
            ("HEAD", "401", "HEAD", path),
            ("PUT", "401", "PUT", path),
            ("with a query", "400", "GET", path + "?b"),
            ("another path", "400", "GET", f"/digest/{algorithm}/b"),
            ("another route", "400", "GET", f"/digest-rspauth/{algorithm}/a"),
        ]:
            yield f"{algorithm}: captured, {name}", expected, partial(again, server, path, method, target)


def again(server: Server, path: str, method: str, target: str) -> str:
    exchange = curl("--digest", "--user", MUFASA.text(), server.url(path))
    if seen(exchange.answers) != "401 > 200 mufasa":
        return f"FIRST {seen(exchange.answers)}"
    return told(server, method, target, *authorization(exchange.authorizations()[-1]))


def replays(server: Server):
    """What was good once is good for nothing else."""
    for algorithm in ALGORITHMS:
        path = f"/digest/{algorithm}"
        expected = "200 mufasa > 401 stale > 200 mufasa > 401 stale"
        yield f"{algorithm}: a count twice", expected, partial(counted, server, path, 1, 1, 2, 1)
        racers = "1 x 200 mufasa, 31 x 401 stale"
        yield f"{algorithm}: a count 32 times at once", racers, partial(race, server, path)
        path = f"/digest-stale/{algorithm}"
        yield f"{path}: two counts", "200 mufasa > 401 stale", partial(counted, server, path, 1, 2)
    yield "a used count and a wrong password", "200 mufasa > 401", partial(wrong_after_right, server)
    yield "a line twice in a request", "400", partial(twice, server)


def race(server: Server, path: str) -> str:
    proof = fresh(server, path)
    with ThreadPoolExecutor(32) as pool:
        sent = [pool.submit(present, server, proof) for _ in range(32)]
    answers = Counter(seen(each.result()) for each in sent)
    return ", ".join(f"{count} x {answer}" for answer, count in sorted(answers.items()))


def wrong_after_right(server: Server) -> str:
    proof = fresh(server)
    return seen(present(server, each) for each in (proof, replace(proof, account=WRONG)))


def twice(server: Server) -> str:
    line = fresh(server).line()
    return told(server, "GET", PATH, *authorization(line, line))


def nonces(server: Server):
    """RFC 7616 section 3.3: stale only where the digest is right, or it would tell guessers who is."""
    for algorithm in ALGORITHMS:
        path = f"/digest/{algorithm}"
        yield f"{algorithm}: a nonce that was never issued", "401 stale", partial(forged, server, path, MUFASA)
        yield f"{algorithm}: such a nonce, a wrong password", "401", partial(forged, server, path, WRONG)
        yield f"{algorithm}: such a nonce, nobody", "401", partial(forged, server, path, NOBODY)
        path = f"/digest-nextnonce/{algorithm}"
        expected = "200 mufasa > 200 mufasa > 200 mufasa"
        yield f"{path}: each answer names a nonce", expected, partial(next_nonces, server, path)
    # Counts are kept apart by protection space: a nonce that was good for both would be good twice.
    yield "a nonce of another protection space", "401 stale", partial(elsewhere, server, "/digest/sha-512-256")


def forged(server: Server, path: str, account: Account) -> str:
    asked = challenge(server, path)
    last = "0" if asked.nonce[-1] != "0" else "1"
    asked = replace(asked, nonce=asked.nonce[:-1] + last)
    return seen(present(server, Proof(asked, account, "GET", path)))


def next_nonces(server: Server, path: str) -> str:
    proof, answers = fresh(server, path), []
    for _ in range(3):
        answers.append(present(server, proof))
        info = parameters(", ".join(answers[-1].all("authentication-info")))
        proof = replace(proof, challenge=replace(proof.challenge, nonce=info["nextnonce"]))
    return seen(answers)


def elsewhere(server: Server, path: str) -> str:
    asked = replace(challenge(server, PATH), nonce=challenge(server, path).nonce)
    return seen(present(server, Proof(asked, MUFASA, "GET", PATH)))


def sessions(server: Server):
    for algorithm in ALGORITHMS:
        path = f"/digest/{algorithm}-sess"
        for account, expected in [(MUFASA, "200 mufasa, rspauth"), (JASON, "200 Jäsøn Doe, rspauth")]:
            yield f"{path} {account.name}", expected, partial(proved, server, path, account)
        yield f"{path}, wrong", "401", partial(answered, server, path, WRONG)
        expected = "200 mufasa > 401 stale > 200 mufasa"
        yield f"{path}: a count twice", expected, partial(counted, server, path, 1, 1, 2)
        # Qt, w3m and others send such a client nonce, which could be chosen so that a response becomes the key.
        digits = "0123456789abcdef" * (2 if algorithm == "md5" else 4)
        for name, cnonce, taken in [
            ("a cnonce like a hash", digits, True),
            ("a cnonce like a hash in upper case", digits.upper(), None),
            ("a cnonce with a colon", "00000001:c", False),
        ]:
            once, never = "200 mufasa > 401 stale", "401 > 401"
            expected = once if taken is None else never
            yield f"{path}: {name}", expected, partial(hash_like, server, path, cnonce)
            quirks = f"/digest-quirks/{algorithm}-sess"
            expected = never if taken is False else once
            yield f"{quirks}: {name}", expected, partial(hash_like, server, quirks, cnonce)
        expected = "200 mufasa > 200 mufasa > 401"
        yield f"{path}: the key of other nonces", expected, partial(other_key, server, path)
        named = {"algorithm": algorithm.upper()}
        yield f"{path}, under the name of {algorithm}", "401", partial(answered, server, path, **named)


def hash_like(server: Server, path: str, cnonce: str) -> str:
    proof = replace(fresh(server, path), cnonce=cnonce)
    return seen(present(server, proof) for _ in range(2))


def other_key(server: Server, path: str) -> str:
    """A client makes a key for each request; that of the first is good for the first alone."""
    first = fresh(server, path)
    second = replace(first, count=2, cnonce="another")
    third = replace(first, count=3)
    kept = f'"{replace(third, cnonce="another").response()}"'
    return seen([present(server, first), present(server, second), present(server, third, response=kept)])


def old_form(server: Server):
    """RFC 2069, where it is asked for; a nonce is good for one request then."""
    for algorithm in ALGORITHMS:
        path = f"/digest-noqop/{algorithm}"
        yield path, "200 mufasa > 401 stale", partial(in_old_form, server, path)
        yield f"{path}, wrong", "401 > 401", partial(in_old_form, server, path, WRONG)
        yield f"/digest/{algorithm}, the old form", "400 > 400", partial(in_old_form, server, f"/digest/{algorithm}")


def in_old_form(server: Server, path: str, account: Account = MUFASA) -> str:
    proof = replace(fresh(server, path, account), qop=None)
    return seen(present(server, proof) for _ in range(2))


def bodies(server: Server):
    """What `auth-int` covers."""
    for algorithm in ALGORITHMS:
        for path in (f"/digest-auth-int/{algorithm}", f"/digest-both-qop/{algorithm}"):
            for name, expected, sent in [
                ("a body", "200 mufasa", b"a=b"),
                ("another body", "401", b"a=c"),
                ("more of a body", "401", b"a=b&c"),
                ("none of the body", "401", b""),
            ]:
                yield f"{path}, {name}", expected, partial(covered, server, path, b"a=b", sent)
            yield f"{path}, 1 MiB", "200 mufasa", partial(covered, server, path, LARGE, LARGE)
            yield f"{path}, more", "413", partial(covered, server, path, LARGE + b"x", LARGE + b"x")
            yield f"{path}, nobody", "401", partial(covered, server, path, b"a=b", b"a=b", NOBODY)
            expected = "401 > 200 mufasa > 401 stale"
            yield f"{path}, a bad body and then the good one", expected, partial(bad_then_good, server, path)
        plain = f"/digest-auth-int/{algorithm}"
        yield f"{plain}, qop=auth", "400", partial(answered, server, plain)
        plain = f"/digest-both-qop/{algorithm}"
        yield f"{plain}, qop=auth", "200 mufasa, rspauth", partial(proved, server, plain, MUFASA)


LARGE = b"x" * 1024 * 1024


def covering(server: Server, path: str, body: bytes, account: Account = MUFASA) -> Proof:
    return replace(fresh(server, path, account), method="POST", qop="auth-int", body=body)


def covered(server: Server, path: str, body: bytes, sent: bytes, account: Account = MUFASA) -> str:
    proof = covering(server, path, body, account)
    return told(server, "POST", path, *authorization(proof.line()), body=sent)


def bad_then_good(server: Server, path: str) -> str:
    """A count is spent by a body that verifies, and by no other."""
    line = authorization(covering(server, path, b"a=b").line())
    return seen(ask(server, "POST", path, *line, body=sent) for sent in (b"a=c", b"a=b", b"a=b"))


def hashed_names(server: Server):
    for algorithm in ALGORITHMS:
        path = f"/digest-userhash/{algorithm}"
        for account, expected in [(MUFASA, "200 mufasa"), (JASON, "200 Jäsøn Doe"), (WRONG, "401"), (NOBODY, "401")]:
            yield f"{path} {account.text()}", expected, partial(by_hash, server, path, account)
        yield f"{path}, by name", "200 mufasa", partial(answered, server, path)
        yield f"{path}, a name that is none", "401", partial(answered, server, path, userhash="true")
        yield f"/digest/{algorithm}, by hash", "401", partial(by_hash, server, f"/digest/{algorithm}", MUFASA)


def by_hash(server: Server, path: str, account: Account) -> str:
    return seen(present(server, replace(fresh(server, path, account), userhash=True)))


def backslashes(server: Server):
    r"""The name `GUILD\ada`, as curl writes it and as requests does."""
    unescaped = {"username": f'"{GUILD.name}"'}
    for algorithm in ALGORITHMS:
        plain, quirks = f"/digest/{algorithm}", f"/digest-quirks/{algorithm}"
        for path in (plain, quirks):
            yield f"{path} {GUILD.name}, escaped", f"200 {GUILD.name}", partial(answered, server, path, GUILD)
        yield f"{plain} {GUILD.name}, unescaped", "401", partial(answered, server, plain, GUILD, **unescaped)
        expected = f"200 {GUILD.name}"
        yield f"{quirks} {GUILD.name}, unescaped", expected, partial(answered, server, quirks, GUILD, **unescaped)
        yield f"{quirks} {GUILD.name}, wrong", "401", partial(answered, server, quirks, WRONG, **unescaped)


def without(server: Server):
    for name in ("username", "realm", "nonce", "uri", "response", "qop", "nc", "cnonce"):
        yield f"without {name}", "400", partial(answered, server, **{name: None})
    # RFC 7616 section 3.3: that means MD5, which is not offered here.
    yield "without algorithm", "401", partial(answered, server, algorithm=None)


def bent(server: Server):
    """Each parameter in turn malformed, or another than was offered."""
    for name, changed, expected in [
        ("algorithm=MD5", {"algorithm": "MD5"}, "401"),
        ("algorithm=SHA-256-sess", {"algorithm": "SHA-256-sess"}, "401"),
        ("another realm", {"realm": '"other"'}, "401"),
        ("qop=auth-int", {"qop": "auth-int"}, "400"),
        ("nc=1", {"nc": "1"}, "400"),
        ("nc=00000000, which the response does not cover", {"nc": "00000000"}, "401"),
        ("nc=0000000g", {"nc": "0000000g"}, "400"),
        ("a response that is too short", {"response": '"abc"'}, "401"),
        ("a response that is too long", {"response": f'"{"0" * 128}"'}, "401"),
        ("a response that is not hexadecimal", {"response": f'"{"z" * 64}"'}, "400"),
        ("an empty response", {"response": '""'}, "401"),
        ("an empty cnonce", {"cnonce": '""'}, "400"),
        ("a cnonce of 4 KiB", {"cnonce": f'"{"c" * 4096}"'}, "400"),
        ("userhash=true", {"userhash": "true"}, "401"),
        ("userhash=maybe", {"userhash": "maybe"}, "400"),
        ("username twice", {"username": '"mufasa", username="mufasa"'}, "400"),
        ("username and username*", {"username*": "UTF-8''mufasa"}, "400"),
        ("response twice", {"response": f'"{"0" * 64}", Response="{"0" * 64}"'}, "400"),
        ("an unclosed quote", {"response": '"abc'}, "400"),
    ]:
        yield name, expected, partial(answered, server, **changed)


def targets(server: Server):
    """The digest is right, for a target that was not asked for."""
    for uri in ("*", "/", PATH + "/", PATH + "?", "/digest/sha-25%36", "/digest//sha-256", PATH.upper()):
        yield f"uri={uri}", "400", partial(asked_for, server, uri, PATH)
    foreign = "http://example.org" + PATH
    yield f"uri={foreign}", "400", partial(asked_for, server, foreign, PATH)


def strangers(server: Server):
    """A name that exists and one that does not are refused alike, to the octet."""
    for algorithm in ALGORITHMS:
        name = f"{algorithm}: a name that exists, and one that does not"
        yield name, "alike", partial(wrong_and_nobody, server, f"/digest/{algorithm}")


def wrong_and_nobody(server: Server, path: str) -> str:
    return alike(*(present(server, fresh(server, path, who)) for who in (WRONG, NOBODY)))
