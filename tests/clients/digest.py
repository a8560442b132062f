"""Digest (RFC 7616), computed by hand: what a client sends, and what the server proves in return."""

import hashlib
import re
from dataclasses import dataclass

from server import Account

HASHES = {"MD5": "md5", "SHA-256": "sha256", "SHA-512-256": "sha512_256"}


def hashed(algorithm: str, *parts: str) -> str:
    return hashlib.new(HASHES[algorithm], ":".join(parts).encode()).hexdigest()


def parameters(value: str) -> dict[str, str]:
    """The auth-params of a field value that holds one challenge, or an Authentication-Info."""
    pairs = re.findall(r'([\w*]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))', value)
    return {name.lower(): quoted or token for name, quoted, token in pairs}


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

    def nc(self) -> str:
        return f"{self.count:08x}"

    def response(self, method: str | None = None) -> str:
        asked = self.challenge
        a1 = hashed(asked.algorithm, self.account.name, asked.realm, self.account.password)
        a2 = hashed(asked.algorithm, self.method if method is None else method, self.uri)
        return hashed(asked.algorithm, a1, asked.nonce, self.nc(), self.cnonce, "auth", a2)

    def rspauth(self) -> str:
        """RFC 7616 section 3.5: the method is left out."""
        return self.response("")

    def parameters(self) -> dict[str, str]:
        """In their wire form."""
        return {
            "username": f'"{self.account.name}"',
            "realm": f'"{self.challenge.realm}"',
            "nonce": f'"{self.challenge.nonce}"',
            "uri": f'"{self.uri}"',
            "algorithm": self.challenge.algorithm,
            "qop": "auth",
            "nc": self.nc(),
            "cnonce": f'"{self.cnonce}"',
            "response": f'"{self.response()}"',
        }

    def line(self, **changed: str | None) -> str:
        """The credentials; with some parameters changed, or left out where that is None."""
        found = {**self.parameters(), **changed}
        kept = (f"{name}={value}" for name, value in found.items() if value is not None)
        return "Digest " + ", ".join(kept)
