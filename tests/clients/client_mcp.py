"""The official Python client of MCP on `examples/mcp_server`, with a real authorization server and no change."""

import urllib.parse
from functools import partial

# It comes with `mcp`, which does not accept `httpx`.
import httpx2
import requests
from mcp.client.auth import OAuthClientProvider
from mcp.client.client import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import AuthorizationCodeResult, OAuthClientInformationFull, OAuthClientMetadata

from answers import Answer, seen
from server import Server
from tokens import REFUSED, Issuer

# The client's own URL, to which a login leads. No program listens there.
BACK = "http://127.0.0.1:9300/cb"
# A client that the authorization server knows. One that registers may ask only for the scopes of its registration.
KNOWN = "pre"
CALLER = "hello ada"
STEP_UP = "ada may write"

# What each session of an official client does, and what it gets: what the tools say, and the scopes of each login.
SESSIONS = [
    ("registers", "", ["whoami"], f"{CALLER}; logs in for mcp:read"),
    ("known client", KNOWN, ["whoami"], f"{CALLER}; logs in for mcp:read"),
    ("steps up", KNOWN, ["whoami", "put"], f"{CALLER}, {STEP_UP}; logs in for mcp:read, mcp:read mcp:write"),
    ("steps up at once", KNOWN, ["put", "whoami"], f"{STEP_UP}, {CALLER}; logs in for mcp:read, mcp:read mcp:write"),
]


def cases(server: Server):
    url = f"{server.mcp}/mcp"
    for name, known, tools, expected in SESSIONS:
        # This client adds `offline_access`, because the metadata of the authorization server list that scope.
        expected = expected.replace("mcp:read", "mcp:read offline_access")
        yield name, expected, partial(session, url, known, tools)
    yield "lists the tools", "whoami put", partial(tools_of, url)
    yield from refusals(Issuer(server.issuer), url)


def summary(said: list[str], scopes: list[str]) -> str:
    return f"{', '.join(said)}; logs in for {', '.join(scopes)}"


class Login:
    """A storage in memory, and the person: follows the redirects of a login up to the one back to the client."""

    def __init__(self, known: str):
        self.tokens, self.scopes, self.result = None, [], {}
        self.common = {"redirect_uris": [BACK], "token_endpoint_auth_method": "none"}
        self.client = OAuthClientInformationFull(client_id=known, **self.common) if known else None

    def provider(self, url: str) -> OAuthClientProvider:
        grants = ["authorization_code", "refresh_token"]
        client = OAuthClientMetadata(client_name="test", application_type="native", grant_types=grants, **self.common)
        return OAuthClientProvider(url, client, self, self.redirect, self.callback)

    async def get_tokens(self):
        return self.tokens

    async def set_tokens(self, tokens):
        self.tokens = tokens

    async def get_client_info(self):
        return self.client

    async def set_client_info(self, client):
        self.client = client

    async def redirect(self, url: str) -> None:
        self.scopes.append(parameters(url)["scope"])
        async with httpx2.AsyncClient() as browser:
            while not url.startswith(BACK):
                url = urllib.parse.urljoin(url, (await browser.get(url)).headers["location"])
        self.result = parameters(url)

    async def callback(self) -> AuthorizationCodeResult:
        result = self.result
        return AuthorizationCodeResult(code=result["code"], state=result["state"], iss=result.get("iss"))


def parameters(url: str) -> dict[str, str]:
    return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(url).query))


async def session(url: str, known: str, tools: list[str]) -> str:
    login = Login(known)
    async with httpx2.AsyncClient(auth=login.provider(url)) as http:
        async with Client(streamable_http_client(url, http_client=http)) as client:
            said = [(await client.call_tool(tool, {})).content[0].text for tool in tools]
    return summary(said, login.scopes)


async def tools_of(url: str) -> str:
    async with httpx2.AsyncClient(auth=Login(KNOWN).provider(url)) as http:
        async with Client(streamable_http_client(url, http_client=http)) as client:
            return " ".join(tool.name for tool in (await client.list_tools()).tools)


def refusals(issuer: Issuer, url: str):
    """Tokens that the server refuses, and the scopes that the challenge names."""
    read, both = "mcp:read", "mcp:read mcp:write"
    for name, expected, token in [
        ("no token", f"401; {read}", None),
        ("expired", f"{REFUSED}; {read}", partial(issuer.token, url, scope=read, client="expired")),
        ("another audience", f"{REFUSED}; {read}", partial(issuer.token, f"{url}/other", scope=read)),
        ("opaque", f"{REFUSED}; {read}", partial(issuer.token, "", scope=read)),
        ("no scope", f"403 insufficient_scope; {read}", partial(issuer.token, url, scope="read")),
        ("no scope for the tool", f"403 insufficient_scope; {both}", partial(issuer.token, url, scope=read)),
    ]:
        yield name, expected, partial(refusal, url, token, "whoami" if name == "no scope" else "put")


def refusal(url: str, token, tool: str) -> str:
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": tool, "arguments": {}}}
    fields = {"Accept": "application/json, text/event-stream"}
    if token:
        fields["Authorization"] = f"Bearer {token()}"
    response = requests.post(url, json=message, headers=fields, timeout=30)
    challenge = response.headers["WWW-Authenticate"]
    answer = Answer(response.status_code, list(response.headers.items()), response.content or None)
    assert '/.well-known/oauth-protected-resource/mcp"' in challenge, challenge
    scopes = challenge.partition('scope="')[2].partition('"')[0]
    return f"{seen(answer)}; {scopes}"
