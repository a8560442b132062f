"""Mutual by hand (RFC 8120, RFC 8121): the groups, the proofs of both sides, and the messages of a client.

The numbers of the groups are made here: the primes by the formula of RFC 3526, and the base points by `cryptography`.
"""

import base64
import hashlib
import re
import secrets
import ssl
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit

import requests
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from answers import Answer


def variable_integer(number: int) -> bytes:
    """`VI`: seven bits in each byte, the most significant first. All bytes but the last have the highest bit."""
    last, number = number & 0x7F, number >> 7
    parts = [last]
    while number:
        parts.append(0x80 | number & 0x7F)
        number >>= 7
    return bytes(reversed(parts))


def variable_string(text: bytes) -> bytes:
    return variable_integer(len(text)) + text


def pi_times(power: int) -> int:
    """The whole part of pi times 2^power, by Machin's formula."""
    scale = power + 64

    def arctan_of_inverse(number: int) -> int:
        term, total, divisor, sign = (1 << scale) // number, 0, 1, 1
        while term:
            total += sign * (term // divisor)
            term //= number * number
            divisor, sign = divisor + 2, -sign
        return total

    return 4 * (4 * arctan_of_inverse(5) - arctan_of_inverse(239)) >> 64


def prime(bits: int, constant: int) -> int:
    """A prime of RFC 3526."""
    return 2**bits - 2 ** (bits - 64) - 1 + 2**64 * (pi_times(bits - 130) + constant)


@dataclass(frozen=True)
class Integers:
    """Integers modulo a prime of RFC 3526, with the generator 2."""

    prime: int

    @property
    def length(self) -> int:
        return self.prime.bit_length() // 8

    @property
    def order(self) -> int:
        return (self.prime - 1) // 2

    def of_base(self, exponent: int) -> int:
        return pow(2, exponent, self.prime)

    def power(self, element: int, exponent: int) -> int:
        return pow(element, exponent, self.prime)

    def product(self, one: int, other: int) -> int:
        return one * other % self.prime

    def is_element(self, number: int) -> bool:
        return 1 < number < self.prime - 1

    def bad(self) -> dict[str, int]:
        """Numbers that are no key."""
        return {"0": 0, "1": 1, "q-1": self.prime - 1, "q": self.prime, "q+1": self.prime + 1}


Point = tuple[int, int] | None


@dataclass(frozen=True)
class Curve:
    """A curve of NIST. An element is written as the number `2x + (y mod 2)`."""

    curve: ec.EllipticCurve
    prime: int
    order: int
    length: int

    @property
    def base(self) -> tuple[int, int]:
        numbers = ec.derive_private_key(1, self.curve).public_key().public_numbers()
        return numbers.x, numbers.y

    def right_side(self, x: int) -> int:
        """`x^3 - 3x + b`. The base point tells b."""
        base_x, base_y = self.base
        b = base_y * base_y - base_x**3 + 3 * base_x
        return (x**3 - 3 * x + b) % self.prime

    def add(self, one: Point, other: Point) -> Point:
        if one is None or other is None:
            return one or other
        if one[0] == other[0]:
            if (one[1] + other[1]) % self.prime == 0:
                return None
            slope = (3 * one[0] * one[0] - 3) * pow(2 * one[1], -1, self.prime)
        else:
            slope = (other[1] - one[1]) * pow(other[0] - one[0], -1, self.prime)
        x = (slope * slope - one[0] - other[0]) % self.prime
        return x, (slope * (one[0] - x) - one[1]) % self.prime

    def times(self, point: Point, factor: int) -> Point:
        total = None
        for bit in bin(factor % self.order)[2:]:
            total = self.add(total, total)
            if bit == "1":
                total = self.add(total, point)
        return total

    def point(self, number: int) -> Point:
        """The point of a number, or None if there is none."""
        x, parity = number >> 1, number & 1
        if x >= self.prime:
            return None
        square = self.right_side(x)
        y = pow(square, (self.prime + 1) // 4, self.prime)
        if y * y % self.prime != square:
            return None
        return x, y if y & 1 == parity else self.prime - y

    def number(self, point: Point) -> int:
        assert point is not None, "the point at infinity has no number"
        return 2 * point[0] + (point[1] & 1)

    def of_base(self, exponent: int) -> int:
        return self.number(self.times(self.base, exponent))

    def power(self, element: int, exponent: int) -> int:
        return self.number(self.times(self.point(element), exponent))

    def product(self, one: int, other: int) -> int:
        return self.number(self.add(self.point(one), self.point(other)))

    def is_element(self, number: int) -> bool:
        return self.point(number) is not None

    def bad(self) -> dict[str, int]:
        x = next(x for x in range(2, 100) if self.point(2 * x) is None)
        return {"a number off the curve": 2 * x, "x = p": 2 * self.prime}


@dataclass(frozen=True)
class Algorithm:
    name: str
    group: Integers | Curve
    hash_name: str

    def hash(self, *parts: bytes) -> bytes:
        return hashlib.new(self.hash_name, b"".join(parts)).digest()

    def octets(self, number: int) -> bytes:
        return number.to_bytes(self.group.length, "big")

    def write(self, octets: bytes) -> str:
        """A parameter value: hexadecimal for curves, and base64 in quotes for integers."""
        if isinstance(self.group, Curve):
            return octets.hex()
        return f'"{base64.b64encode(octets).decode()}"'

    def read(self, text: str, length: int) -> bytes:
        octets = bytes.fromhex(text) if isinstance(self.group, Curve) else base64.b64decode(text, validate=True)
        assert len(octets) == length and self.write(octets).strip('"') == text, f"not canonical: {text}"
        return octets

    def key(self, text: str) -> int:
        number = int.from_bytes(self.read(text, self.group.length), "big")
        assert self.group.is_element(number), "the key of the server is no element"
        return number

    def pi(self, scope: str, realm: str, user: str, password: str) -> int:
        salt = b"".join(variable_string(part.encode()) for part in (self.name, scope, realm, user))
        return int.from_bytes(hashlib.pbkdf2_hmac(self.hash_name, password.encode(), salt, 16384), "big")

    def t1(self, kc1: int) -> int:
        return int.from_bytes(self.hash(b"\x01", self.octets(kc1)), "big")

    def t2(self, kc1: int, ks1: int) -> int:
        return int.from_bytes(self.hash(b"\x02", self.octets(kc1), self.octets(ks1)), "big")

    def server_key(self, j: int, kc1: int, secret: int) -> int:
        return self.group.power(self.group.product(j, self.group.power(kc1, self.t1(kc1))), secret)

    def client_z(self, kc1: int, ks1: int, secret: int, pi: int) -> int:
        order = self.group.order
        divisor = (secret * self.t1(kc1) + pi) % order
        exponent = (secret + self.t2(kc1, ks1)) * pow(divisor, -1, order) % order
        return self.group.power(ks1, exponent)

    def server_z(self, kc1: int, ks1: int, secret: int) -> int:
        shared = self.group.product(kc1, self.group.of_base(self.t2(kc1, ks1)))
        return self.group.power(shared, secret)

    def proof(self, side: bytes, kc1: int, ks1: int, z: int, count: int, host: bytes) -> bytes:
        keys = (self.octets(number) for number in (kc1, ks1, z))
        return self.hash(side, *keys, variable_integer(count), variable_string(host))


CLIENT, SERVER = b"\x04", b"\x03"

ORDER_256 = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
ORDER_521 = 2**521 - 0x5AE79787C40D069948033FEB708F65A2FC44A36477663B851449048E16EC79BF7
P_256 = Curve(ec.SECP256R1(), 2**256 - 2**224 + 2**192 + 2**96 - 1, ORDER_256, 33)
P_521 = Curve(ec.SECP521R1(), 2**521 - 1, ORDER_521, 66)

# By name, which is also the last part of the route.
ALGORITHMS = {
    algorithm.name: algorithm
    for algorithm in (
        Algorithm("iso-kam3-ec-p256-sha256", P_256, "sha256"),
        Algorithm("iso-kam3-ec-p521-sha512", P_521, "sha512"),
        Algorithm("iso-kam3-dl-2048-sha256", Integers(prime(2048, 124476)), "sha256"),
        Algorithm("iso-kam3-dl-4096-sha512", Integers(prime(4096, 240904)), "sha512"),
    )
}


def parameters(message: str) -> dict[str, str]:
    """The parameters of a challenge or of `Authentication-Info`, without quotes."""
    found = re.findall(r'([\w*-]+)=("(?:[^"\\]|\\.)*"|[^\s,"]+)', message)
    values = {name: re.sub(r"\\(.)", r"\1", value.strip('"')) for name, value in found}
    assert len(values) == len(found), f"a parameter twice: {message}"
    return values


@dataclass
class Reply:
    """A response, and its parameters of Mutual."""

    response: requests.Response
    challenge: dict[str, str] = field(default_factory=dict)
    info: dict[str, str] = field(default_factory=dict)

    def __post_init__(self):
        challenge = self.response.headers.get("WWW-Authenticate", "")
        assert challenge.count("Mutual") <= 1, "each 401 has exactly one challenge of Mutual"
        self.challenge = parameters(challenge) if challenge.startswith("Mutual ") else {}
        self.info = parameters(self.response.headers.get("Authentication-Info", ""))
        for values in (self.challenge, self.info):
            assert values.get("version", "1") == "1"
            assert len({"reason", "ks1", "vks"} & values.keys()) <= 1
            assert not {"kc1", "vkc"} & values.keys()

    def answer(self) -> Answer:
        return Answer(self.response.status_code, list(self.response.headers.items()), self.response.content or None)


@dataclass
class Client:
    """A user with a password, at one route of one server."""

    url: str
    algorithm: Algorithm
    user: str
    password: str
    # What every message says. A test changes some of it.
    said: dict[str, str] = field(default_factory=dict)
    http: requests.Session = field(default_factory=requests.Session)
    validation: str = "host"

    @property
    def host(self) -> bytes:
        """`vh`: of the validation `host`, with the port always, or the hash of the certificate, which must have SHA-256."""
        parts = urlsplit(self.url)
        if self.validation == "tls-server-end-point":
            pem = ssl.get_server_certificate((parts.hostname, parts.port))
            assert x509.load_pem_x509_certificate(pem.encode()).signature_hash_algorithm.name == "sha256"
            return hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).digest()
        return f"{parts.scheme}://{parts.hostname}:{parts.port or {'http': 80, 'https': 443}[parts.scheme]}".encode()

    def send(self, method: str = "GET", below: str = "", **said: str) -> Reply:
        """Sends the parameters, or no credentials if there are none."""
        fields = {}
        if said:
            text = ", ".join(f"{name}={value}" for name, value in said.items() if value)
            fields["Authorization"] = f"Mutual {text}"
        # Only an argument of the request takes precedence over `REQUESTS_CA_BUNDLE`.
        verify = self.http.verify
        return Reply(self.http.request(method, self.url + below, headers=fields, timeout=60, verify=verify))

    def learn(self) -> Reply:
        """The first request, whose challenge names the protection space."""
        reply = self.send()
        said = reply.challenge
        assert said["algorithm"] == self.algorithm.name and said["validation"] == self.validation, said
        self.said = {
            "version": "1",
            "algorithm": said["algorithm"],
            "validation": said["validation"],
            "auth-scope": f'"{said["auth-scope"]}"',
            "realm": f'"{said["realm"]}"',
        }
        return reply

    @property
    def named(self) -> dict[str, str]:
        if self.user.isascii():
            escaped = self.user.replace("\\", "\\\\").replace('"', '\\"')
            return {"user": f'"{escaped}"'}
        return {"user*": f"UTF-8''{quote(self.user, safe='')}"}

    def exchange(self, kc1: int, **changed: str) -> Reply:
        """The request that names the user and brings the key of the client."""
        key = self.algorithm.write(self.algorithm.octets(kc1))
        return self.send(**{**self.said, **self.named, "kc1": key, **changed})

    def begin(self) -> "Session":
        self.learn()
        secret = 5000 + secrets.randbelow(self.algorithm.group.order - 6000)
        kc1 = self.algorithm.group.of_base(secret)
        reply = self.exchange(kc1)
        assert reply.response.status_code == 401 and "ks1" in reply.challenge, reply.challenge
        assert {name: reply.challenge[name] for name in self.said} == {
            name: value.strip('"') for name, value in self.said.items()
        }
        ks1 = self.algorithm.key(reply.challenge["ks1"])
        assert len(reply.challenge["sid"]) >= 20 and int(reply.challenge["time"]) >= 60
        assert int(reply.challenge["nc-window"]) >= 128 <= int(reply.challenge["nc-max"])
        scope, realm = reply.challenge["auth-scope"], reply.challenge["realm"]
        pi = self.algorithm.pi(scope, realm, self.user, self.password)
        z = self.algorithm.client_z(kc1, ks1, secret, pi)
        return Session(self, reply.challenge, kc1, ks1, z)


@dataclass
class Session:
    client: Client
    challenge: dict[str, str]
    kc1: int
    ks1: int
    z: int

    def proof(self, side: bytes, count: int, host: bytes | None = None) -> bytes:
        host = self.client.host if host is None else host
        return self.client.algorithm.proof(side, self.kc1, self.ks1, self.z, count, host)

    def ask(self, count: int = 1, host: bytes | None = None, how: tuple[str, str] = ("GET", ""), **changed: str) -> Reply:
        """A request with a proof. `changed` are parameters that differ from the right ones."""
        vkc = self.client.algorithm.write(self.proof(CLIENT, count, host))
        said = {**self.client.said, "sid": self.challenge["sid"], "nc": str(count), "vkc": vkc, **changed}
        return self.client.send(*how, **said)

    def is_proven(self, reply: Reply, count: int) -> bool:
        """Whether the server has proved that it knows the password."""
        if "vks" not in reply.info:
            return False
        assert reply.info["sid"] == self.challenge["sid"]
        vks = self.client.algorithm.read(reply.info["vks"], len(self.proof(SERVER, count)))
        assert vks == self.proof(SERVER, count), "the server does not know the password"
        return True
