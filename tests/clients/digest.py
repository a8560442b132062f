"""Digest (RFC 7616), computed by hand: what a client sends, and what the server proves in return."""

import hashlib
import re
from dataclasses import dataclass

from server import Account

HASHES = {"MD5": "md5", "SHA-256": "sha256", "SHA-512-256": "sha512_256"}


def hashed(algorithm: str, *parts: str) -> str:
    return hashed_octets(algorithm, ":".join(parts).encode())


def hashed_octets(algorithm: str, octets: bytes) -> str:
    return hashlib.new(HASHES[algorithm.removesuffix("-sess")], octets).hexdigest()


def parameters(value: str) -> dict[str, str]:
    """The auth-params of a field value that holds one challenge, or an Authentication-Info."""
    pairs = re.findall(r'([\w*]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))', value)
    return {name.lower(): quoted or token for name, quoted, token in pairs}


def quoted(text: str) -> str:
    escaped = re.sub(r'(["\\])', r"\\\1", text)
    return f'"{escaped}"'


def used(lines: list[str]) -> str:
    """How many nonces there are in these credentials, and the counts."""
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
    """The answer to a challenge. The fields can be bent, one at a time, with `dataclasses.replace`."""

    challenge: Challenge
    account: Account
    method: str
    uri: str
    count: int = 1
    cnonce: str = "0a4f113b"
    # None is the form of RFC 2069.
    qop: str | None = "auth"
    body: bytes = b""
    userhash: bool = False
    # Whether the digits of the count are in upper case.
    capitals: bool = False

    def nc(self) -> str:
        return f"{self.count:08X}" if self.capitals else f"{self.count:08x}"

    def a1(self) -> str:
        """RFC 7616 section 3.4.2: hashed once more in a session, with the nonces of this request."""
        asked, (name, password) = self.challenge, self.account
        a1 = hashed(asked.algorithm, name, asked.realm, password)
        session = asked.algorithm.endswith("-sess")
        return hashed(asked.algorithm, a1, asked.nonce, self.cnonce) if session else a1

    def response(self, method: str | None = None) -> str:
        asked = self.challenge
        covered = [self.method if method is None else method, self.uri]
        if self.qop == "auth-int":
            covered.append(hashed_octets(asked.algorithm, self.body))
        counted = [self.nc(), self.cnonce, self.qop] if self.qop else []
        return hashed(asked.algorithm, self.a1(), asked.nonce, *counted, hashed(asked.algorithm, *covered))

    def rspauth(self) -> str:
        """RFC 7616 section 3.5: the method is left out."""
        return self.response("")

    def name(self) -> str:
        name = self.account.name
        return hashed(self.challenge.algorithm, name, self.challenge.realm) if self.userhash else name

    def parameters(self) -> dict[str, str | None]:
        """In their wire form."""
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
        """The credentials; with some parameters changed, or left out where that is None."""
        found = {**self.parameters(), **changed}
        kept = (f"{name}={value}" for name, value in found.items() if value is not None)
        return "Digest " + ", ".join(kept)
