"""JSON Web Tokens for the cases: those that the conformance server issues itself, and those of a real issuer."""

import base64
import json
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from server import JASON, MUFASA, ODD, Server


class TokenCase(NamedTuple):
    name: str
    path: str
    token: str
    expected: str


REFUSED = "401 invalid_token"


def token_cases(server: Server) -> Iterator[TokenCase]:
    """Good and bad tokens at `/jwt`, with the answer that every client gets."""
    good = own_token(server, scope="read")
    head, claims, signature = good.split(".")
    yield TokenCase("good", "/jwt", good, f"200 {MUFASA.name}")
    yield TokenCase(f"good {ODD}", f"/jwt{ODD}", good, f"200 {MUFASA.name}")
    yield TokenCase("other name", "/jwt", own_token(server, sub=JASON.name), f"200 {JASON.name}")
    yield TokenCase("8 KB", "/jwt", own_token(server, scope="s" * 5500), f"200 {MUFASA.name}")
    yield TokenCase("write", "/jwt/write", own_token(server, scope="read write"), f"200 {MUFASA.name}")
    yield TokenCase("no write", "/jwt/write", good, "403 insufficient_scope")
    yield TokenCase("expired", "/jwt", own_token(server, ttl="-60"), REFUSED)
    yield TokenCase("another audience", "/jwt", own_token(server, aud="https://other.example"), REFUSED)
    other = own_token(server, sub="guest").split(".")
    yield TokenCase("other claims", "/jwt", f"{head}.{other[1]}.{signature}", REFUSED)
    yield TokenCase("other signature", "/jwt", f"{head}.{claims}.{other[2]}", REFUSED)
    unsigned = encoded({"alg": "none", "typ": "at+jwt"})
    yield TokenCase("no signature", "/jwt", f"{unsigned}.{claims}.", REFUSED)
    yield TokenCase("no JWT", "/jwt", "another", REFUSED)
    yield TokenCase("revoked", "/jwt", revoked(server), REFUSED)


def own_token(server: Server, **asked: str) -> str:
    """A token of the conformance server. It is good for longer than the cases of a client take."""
    with urlopen(server.url("/jwt-token?" + urlencode({"ttl": "600", **asked}))) as response:
        return response.read().decode()


def revoked(server: Server) -> str:
    token = own_token(server)
    token_id = claims_of(token)["jti"]
    with urlopen(Request(server.url(f"/revoke?jti={token_id}"), method="POST")) as response:
        assert response.status == 204, response.status
    return token


def claims_of(token: str) -> dict:
    return decoded(token.split(".")[1])


def decoded(part: str) -> dict:
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def encoded(part: dict) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


class Issuer(NamedTuple):
    """The authorization server of `issuer.mjs`."""

    url: str

    def token(self, resource: str, alg: str = "ES256", scope: str = "read", client: str = "") -> str:
        """A token of a client without a person, whose name is `svc-ALG` unless `client` names another."""
        client = client or f"svc-{alg}"
        form = urlencode({"grant_type": "client_credentials", "scope": scope, **({"resource": resource} if resource else {})})
        account = base64.b64encode(f"{client}:s3cret".encode()).decode()
        request = Request(f"{self.url}/token", form.encode(), {"Authorization": f"Basic {account}"})
        with urlopen(request) as response:
            return json.load(response)["access_token"]

    def revoke(self, token: str, client: str = "svc-ES256") -> None:
        """Revokes an opaque token of a client (RFC 7009)."""
        account = base64.b64encode(f"{client}:s3cret".encode()).decode()
        form = urlencode({"token": token}).encode()
        with urlopen(Request(f"{self.url}/token/revocation", form, {"Authorization": f"Basic {account}"})) as response:
            assert response.status == 200, response.status

    def change(self, path: str) -> None:
        with urlopen(Request(f"{self.url}/test/{path}", method="POST")) as response:
            assert response.read() == b"done"


class NanoIdp(NamedTuple):
    """The issuer `nanoidp`. Its tokens are JWTs with the type `JWT` and the audience `my-app`."""

    url: str

    def token(self) -> str:
        account = base64.b64encode(b"demo-client:demo-secret").decode()
        form = b"grant_type=client_credentials"
        with urlopen(Request(f"{self.url}/token", form, {"Authorization": f"Basic {account}"})) as response:
            return json.load(response)["access_token"]

    def rotate(self) -> None:
        """Signs with a new key from now on. The old key stays published."""
        with urlopen(Request(f"{self.url}/api/keys/rotate", method="POST")) as response:
            assert response.status == 200, response.status
