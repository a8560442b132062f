"""HOBA by hand (RFC 7486): a key pair of `cryptography`, the text that it signs, and the requests with it."""

import base64
import hashlib
import os
import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import requests
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

REGISTER = "/.well-known/hoba/register"


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def new_key(bits: int = 2048) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


@dataclass
class Device:
    """A device with its own key and its own cookies, at one server."""

    base: str
    key: rsa.RSAPrivateKey = field(default_factory=new_key)
    http: requests.Session = field(default_factory=requests.Session)

    def public(self, encoding: serialization.Encoding) -> bytes:
        return self.key.public_key().public_bytes(encoding, serialization.PublicFormat.SubjectPublicKeyInfo)

    @property
    def pem(self) -> str:
        return self.public(serialization.Encoding.PEM).decode()

    @property
    def kid(self) -> str:
        return base64url(hashlib.sha256(self.public(serialization.Encoding.DER)).digest())

    @property
    def account(self) -> str:
        return f"hoba-{self.kid[:16]}"

    @property
    def origin(self) -> str:
        parts = urlsplit(self.base)
        port = parts.port or {"http": 80, "https": 443}[parts.scheme]
        return f"{parts.scheme}://{parts.hostname}:{port}"

    def form(self, **changed: str) -> dict[str, str]:
        return {"pub": self.pem, "kidtype": "0", "kid": self.kid, **changed}

    def register(self, path: str = REGISTER, fields: dict | None = None, **changed: str) -> str:
        """Registers the key. Returns the status and the state of the registration."""
        url = self.base + path
        response = self.http.post(url, data=self.form(**changed), headers=fields, timeout=30)
        return f"{response.status_code} {response.headers.get('hobareg', '-')}"

    def challenge(self, path: str = "/hoba") -> str:
        response = requests.get(self.base + path, timeout=30)
        return challenge_of(response)

    def fresh(self) -> str:
        """A challenge of `getchal`."""
        return requests.post(f"{self.base}/.well-known/hoba/getchal", timeout=30).text.strip()

    def credentials(self, challenge: str, /, **changed: str) -> str:
        """The field for a challenge. `changed` are parts of the signed text that differ from the right ones."""
        nonce = base64url(os.urandom(16))
        parts = {"nonce": nonce, "alg": "0", "origin": self.origin, "realm": "", "kid": self.kid, "challenge": challenge}
        text = "".join(f"{len(part.encode())}:{part}" for part in {**parts, **changed}.values())
        signature = self.key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f'HOBA result="{self.kid}.{challenge}.{nonce}.{base64url(signature)}"'

    def send(self, credentials: str | None, path: str = "/hoba", method: str = "GET", **fields: str):
        fields |= {"Authorization": credentials} if credentials else {}
        return self.http.request(method, self.base + path, headers=fields, timeout=30)

    def signed(self, path: str = "/hoba", method: str = "GET"):
        """Sends a signed request with a fresh challenge."""
        return self.send(self.credentials(self.fresh()), path, method)


def challenge_of(response: requests.Response) -> str:
    found = re.fullmatch(r'HOBA challenge="([\w-]+)", max-age="0"', response.headers["www-authenticate"])
    return found[1]
