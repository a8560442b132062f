"""The addresses of the servers under test, and the accounts of the conformance server."""

from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import quote, urlsplit


class Account(NamedTuple):
    name: str
    password: str

    def text(self) -> str:
        return f"{self.name}:{self.password}"

    def utf8(self) -> tuple[bytes, bytes]:
        return self.name.encode(), self.password.encode()

    def in_url(self) -> str:
        return f"{quote(self.name, safe='')}:{quote(self.password, safe='')}@"


MUFASA = Account("mufasa", "Circle of Life")
JASON = Account("Jäsøn Doe", "Sécret, €r nöt?")
COLON = Account("colon", "a:b::c")
GUILD = Account("GUILD\\ada", "lovelace")
GUEST = Account("guest", "guest")
WRONG = Account("mufasa", "circle of life")
NOBODY = Account("nobody here", "Circle of Life")

# The response that each account gets from a route whose policy refuses `guest`. A client gets these only if it can send
# every name and password. For example, requests cannot send those of `JASON` as text.
EXPECTED = [
    (MUFASA, "200 mufasa"),
    (JASON, "200 Jäsøn Doe"),
    (COLON, "200 colon"),
    (GUEST, "403"),
    (WRONG, "401"),
    (NOBODY, "401"),
]

REALM = "interop"
TOKEN = "good-token_1.2~3+4/5=="
LOW_TOKEN = "low-token"
# As Laravel issues it: no b64token. Clients send it with Bearer, or as one half of Basic, the other half being empty.
APPLICATION_TOKEN = "5|kq8Zr0vT3xWb"
TOKEN_AS_NAME = Account(APPLICATION_TOKEN, "")
TOKEN_AS_PASSWORD = Account("", APPLICATION_TOKEN)

# Which half is accepted where: the route, the account, and the response.
TOKENS_IN_BASIC = [
    ("/basic-token-as-name", TOKEN_AS_NAME, "200 mufasa"),
    ("/basic-token-as-name", TOKEN_AS_PASSWORD, "401"),
    ("/basic-token-as-name", Account("5|another", ""), "401"),
    ("/basic-token-as-password", TOKEN_AS_PASSWORD, "200 mufasa"),
    ("/basic-token-as-password", TOKEN_AS_NAME, "401"),
    ("/basic-token-as-password", Account("", "5|another"), "401"),
    ("/basic", TOKEN_AS_NAME, "401"),
    ("/basic", TOKEN_AS_PASSWORD, "401"),
]
# The same for Bearer.
TOKENS_IN_BEARER = [
    ("/bearer-visible-ascii", APPLICATION_TOKEN, "200 mufasa"),
    ("/bearer-visible-ascii", "5|another", "401 invalid_token"),
    ("/bearer-visible-ascii", f"{APPLICATION_TOKEN} x", "400 invalid_request"),
    ("/bearer", APPLICATION_TOKEN, "400 invalid_request"),
]

# A target that some clients rewrite. The client must use the same bytes in the request line and in the digest.
ODD = "/a;b=c?x=%2F&y=a,b"


@dataclass(frozen=True)
class Gateway:
    """An S3 gateway (`examples/s3_gateway`), which keeps objects on disk, and the id of its process."""

    base: str
    process: int


# The access key of the conformance server and of the gateways.
ACCESS_KEY_ID = "AKIDEXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
REGION = "us-east-1"


@dataclass(frozen=True)
class Server:
    base: str
    # The same routes over TLS, and the path of the server's certificate.
    tls: str
    certificate: str
    # The forward proxy (`examples/proxy.rs`).
    proxy: str
    gateway: Gateway
    # A second gateway, over TLS, with the same certificate.
    gateway_tls: Gateway
    # The S3 server, and another one through TLS.
    s3: str = ""
    s3_tls: str = ""
    # The authorization server (`issuer.mjs`), and a second one in the same process, which is down until it is told.
    issuer: str = ""
    late_issuer: str = ""
    # Conformance servers that accept the tokens of an issuer: two of the first issuer, and one of the second.
    resources: tuple[str, ...] = ()
    # A second real issuer (`nanoidp`), and a conformance server that accepts its tokens.
    nanoidp: str = ""
    nanoidp_resource: str = ""
    # The MCP server (`examples/mcp_server`), with the first issuer.
    mcp: str = ""
    # The showcase (`examples/showcase`).
    showcase: str = ""
    # The page with HOBA (`examples/hoba`).
    hoba: str = ""
    # The page with a WebSocket (`examples/websocket`).
    websocket: str = ""
    # Another conformance server that accepts the tokens of the first issuer.
    dpop: str = ""

    def url(self, path: str, account: Account | None = None) -> str:
        user = account.in_url() if account else ""
        return f"http://{user}{self.authority}{path}"

    @property
    def authority(self) -> str:
        return urlsplit(self.base).netloc

    @property
    def address(self) -> tuple[str, int]:
        parts = urlsplit(self.base)
        return parts.hostname or "", parts.port or 80
