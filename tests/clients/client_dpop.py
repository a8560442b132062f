"""Two clients of DPoP for Node at a conformance server, with the bound tokens of a real authorization server."""

import json
import os
import subprocess
import sys
from functools import partial
from pathlib import Path

from answers import Answer, seen
from server import ODD, Server

SCRIPT = Path(__file__).with_name("dpop.mjs")
# Where `./test` has installed it.
MODULES = Path(__file__).parents[2] / ".tools/node"
# Those of the package `dpop`.
ALGORITHMS = ("ES256", "Ed25519", "RS256", "PS256")

ADMITTED = "200 svc-ES256"
BAD_PROOF = "401 invalid_dpop_proof"
BAD_TOKEN = "401 invalid_token"
NO_NONCE = "401 use_dpop_nonce"


def cases(server: Server):
    for group in (by_itself, by_hand):
        yield from group(server)


def by_itself(server: Server):
    """`openid-client` does all by itself: it repeats a refused request once, and takes new nonces from responses."""
    plain, with_nonce = f"{server.dpop}/dpop", f"{server.dpop}/dpop-nonce"
    for key in (*ALGORITHMS, "ES384"):
        yield f"openid-client, {key}", ADMITTED, partial(ask, server, "openid-client", key, [{"url": plain}])
    many = [{"url": plain, "method": method} for method in ("GET", "POST", "PUT", "GET")]
    yield "openid-client, methods", " > ".join([ADMITTED] * 4), partial(ask, server, "openid-client", "ES256", many)
    odd = [{"url": plain + ODD}]
    yield f"openid-client, {ODD}", ADMITTED, partial(ask, server, "openid-client", "ES256", odd)
    twice = [{"url": with_nonce}, {"url": with_nonce}]
    expected = f"{NO_NONCE} > {ADMITTED} > {ADMITTED}"
    yield "openid-client, repeats with the nonce", expected, partial(ask, server, "openid-client", "ES256", twice)
    # A nonce is good for ten seconds, and a response has the next one in the last two.
    aged = [{"url": with_nonce}, {"url": with_nonce, "wait": 8.5}, {"url": with_nonce, "wait": 4}]
    expected = f"{NO_NONCE} > {ADMITTED} > {ADMITTED} > {ADMITTED}"
    yield "openid-client, a nonce from a 200", expected, partial(ask, server, "openid-client", "ES256", aged)
    late = [{"url": with_nonce}, {"url": with_nonce, "wait": 11}]
    expected = f"{NO_NONCE} > {ADMITTED} > {NO_NONCE} > {ADMITTED}"
    yield "openid-client, an old nonce", expected, partial(ask, server, "openid-client", "ES256", late)


def by_hand(server: Server):
    """`dpop` makes a proof, and the test sends it, right or wrong."""
    url, with_nonce = f"{server.dpop}/dpop", f"{server.dpop}/dpop-nonce"
    for key in ALGORITHMS:
        yield f"dpop, {key}", ADMITTED, partial(ask, server, "dpop", key, [{"url": url}])
    for name, expected, steps in [
        ("a proof twice", f"{ADMITTED} > {BAD_PROOF}", [{"url": url}, {"url": url, "again": True}]),
        ("another method", BAD_PROOF, [{"url": url, "htm": "POST"}]),
        ("another path", BAD_PROOF, [{"url": url, "htu": f"{url}/a"}]),
        ("another host", BAD_PROOF, [{"url": url, "htu": "http://evil.example/dpop"}]),
        ("another spelling", ADMITTED, [{"url": url, "htu": f"{server.dpop}/x/../%64pop?a#b"}]),
        ("another key", BAD_TOKEN, [{"url": url, "stolen": True}]),
        ("for another token", BAD_PROOF, [{"url": url, "for": "plain"}]),
        ("a plain token", BAD_TOKEN, [{"url": url, "token": "plain"}]),
        ("no proof", BAD_PROOF, [{"url": url, "bare": True}]),
        ("two proofs", BAD_PROOF, [{"url": url, "twice": True}]),
        ("a bound token with Bearer", BAD_TOKEN, [{"url": url, "scheme": "Bearer"}]),
        ("a plain token with Bearer", ADMITTED, [{"url": url, "token": "plain", "scheme": "Bearer", "bare": True}]),
        ("a nonce", f"{NO_NONCE} > {ADMITTED}", [{"url": with_nonce}, {"url": with_nonce, "nonce": True}]),
    ]:
        yield f"dpop, {name}", expected, partial(ask, server, "dpop", "ES256", steps)


def ask(server: Server, client: str, key: str, steps: list[dict]) -> str:
    asked = {"client": client, "issuer": server.issuer, "audience": f"{server.dpop}/jwt", "key": key, "steps": steps}
    command = ["node", SCRIPT, MODULES, json.dumps(asked)]
    environment = {"PATH": os.environ["PATH"]}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    print(done.stderr, file=sys.stderr)
    return seen(answer(each) for each in json.loads(done.stdout))


def answer(shown: dict) -> Answer:
    fields = [tuple(each) for each in shown["fields"]]
    return Answer(shown["status"], fields, shown["body"].encode() or None)
