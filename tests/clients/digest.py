"""Computes Digest (RFC 7616): the credentials of a client, and the proof (`rspauth`) that the server returns."""

import hashlib
import re
from dataclasses import dataclass

from server import Account

HASHES = {"MD5": "md5", "SHA-256": "sha256", "SHA-512-256": "sha512_256"}


def hashed(algorithm: str, *parts: str) -> str:
    return hashed_bytes(algorithm, ":".join(parts).encode())


def hashed_bytes(algorithm: str, data: bytes) -> str:
    return hashlib.new(HASHES[algorithm.removesuffix("-sess")], data).hexdigest()


def parameters(value: str) -> dict[str, str]:
    """Reads the parameters of a field value: one challenge, credentials, or `Authentication-Info`."""
    pairs = re.findall(r'([\w*]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))', value)
    return {name.lower(): quoted or token for name, quoted, token in pairs}


def quoted(text: str) -> str:
    escaped = re.sub(r'(["\\])', r"\\\1", text)
    return f'"{escaped}"'


def used(lines: list[str]) -> str:
    """Describes the nonces and counts of these credentials, for example `nonces 1, counts 1 2 3`."""
    found = [parameters(line) for line in lines]
    counts = " ".join(str(int(each["nc"], 16)) for each in found)
    return f"nonces {len({each['nonce'] for each in found})}, counts {counts}"


@dataclass(frozen=True)
class Challenge:
    realm: str
    algorithm: str
    nonce: str

    @classmethod
    def read(cls, value: str) -> "Challenge":
        found = parameters(value)
        return cls(found["realm"], found["algorithm"], found["nonce"])


@dataclass(frozen=True)
class Proof:
    """The values from which a client computes its credentials. A test makes wrong ones with `dataclasses.replace`."""

    challenge: Challenge
    account: Account
    method: str
    uri: str
    count: int = 1
    cnonce: str = "0a4f113b"
    # The value None makes the form of RFC 2069, which has no qop, no count and no cnonce.
    qop: str | None = "auth"
    body: bytes = b""
    userhash: bool = False
    # Whether the digits of the count are in upper case.
    capitals: bool = False

    def nc(self) -> str:
        return f"{self.count:08X}" if self.capitals else f"{self.count:08x}"

    def a1(self) -> str:
        """The hash of A1, RFC 7616 section 3.4.2. The session form hashes it once more, with the nonces."""
        challenge, (name, password) = self.challenge, self.account
        a1 = hashed(challenge.algorithm, name, challenge.realm, password)
        session = challenge.algorithm.endswith("-sess")
        return hashed(challenge.algorithm, a1, challenge.nonce, self.cnonce) if session else a1

    def response(self, method: str | None = None) -> str:
        challenge = self.challenge
        covered = [self.method if method is None else method, self.uri]
        if self.qop == "auth-int":
            covered.append(hashed_bytes(challenge.algorithm, self.body))
        counted = [self.nc(), self.cnonce, self.qop] if self.qop else []
        a2 = hashed(challenge.algorithm, *covered)
        return hashed(challenge.algorithm, self.a1(), challenge.nonce, *counted, a2)

    def rspauth(self) -> str:
        """The proof of the server, RFC 7616 section 3.5. It is the response with an empty method."""
        return self.response("")

    def name(self) -> str:
        name = self.account.name
        return hashed(self.challenge.algorithm, name, self.challenge.realm) if self.userhash else name

    def parameters(self) -> dict[str, str | None]:
        """The parameters as the client sends them, with quotes where RFC 7616 section 3.4 requires them."""
        found: dict[str, str | None] = {
            "username": quoted(self.name()),
            "realm": f'"{self.challenge.realm}"',
            "nonce": f'"{self.challenge.nonce}"',
            "uri": f'"{self.uri}"',
            "algorithm": self.challenge.algorithm,
            "response": f'"{self.response()}"',
        }
        if self.qop:
            found |= {"qop": self.qop, "nc": self.nc(), "cnonce": f'"{self.cnonce}"'}
        if self.userhash:
            found["userhash"] = "true"
        return found

    def line(self, **changed: str | None) -> str:
        """The value of `Authorization`. `changed` replaces parameters, or omits them if the new value is None.

    For example, `realm='"other"'` replaces the realm, and `nonce=None` omits the nonce.
    """
        found = {**self.parameters(), **changed}
        kept = (f"{name}={value}" for name, value in found.items() if value is not None)
        return "Digest " + ", ".join(kept)
