"""A real authorization server (`oidc-provider`): its tokens at conformance servers that know nothing but its URL."""

import asyncio
import time
from functools import cache, partial

import httpx
import requests

import client_node
from answers import Answer, seen
from client_requests import ask
from curl import curl
from server import Server
from tokens import REFUSED, Issuer, decoded

# The shortest time between two fetches of keys, in seconds, and a little more.
INTERVAL = 30.5
ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA", "Ed25519")

close = client_node.close


def cases(server: Server):
    issuer, late_issuer = Issuer(server.issuer), Issuer(server.late_issuer)
    first, second, late = (Resource(base) for base in server.resources)
    start = Start(issuer, late_issuer, late)
    yield from start.before()
    withdrawal = Withdrawal(issuer, second)
    yield from withdrawal.before()
    yield from tokens(issuer, first)
    yield from rotation(issuer, first)
    yield from withdrawal.after()
    yield from start.after()
    # Last, because an unknown key makes the server fetch.
    other = partial(late_issuer.token, first.url)
    yield "a token of another issuer", REFUSED, partial(with_token, by_requests, first.url, other)


class Resource:
    """A conformance server with `--issuer`."""

    def __init__(self, base: str):
        self.url = f"{base}/jwt"
        # When the server last asked the issuer for keys.
        self.asked = 0.0

    def answer(self, token: str | None) -> Answer:
        fields = {"Authorization": f"Bearer {token}"} if token else {}
        response = requests.get(self.url, headers=fields, timeout=30)
        return Answer(response.status_code, list(response.headers.items()), response.content or None)

    def first_answer(self, token: str) -> Answer:
        """The answer to the first token, for which the server asks for keys."""
        answer = self.answer(token)
        self.asked = time.monotonic()
        return answer

    def wait(self) -> None:
        """Waits until the server may ask again."""
        time.sleep(max(0.0, self.asked + INTERVAL - time.monotonic()))


def tokens(issuer: Issuer, resource: Resource):
    """Tokens of each algorithm, with three clients, and tokens that are refused."""
    yield "the first token", "200 svc-ES256", lambda: seen(resource.first_answer(issuer.token(resource.url)))
    for alg in ALGORITHMS:
        token = cache(partial(issuer.token, resource.url, alg))
        wide = cache(partial(issuer.token, resource.url, alg, "read write"))
        yield f"{alg}, what is signed", f"{alg} at+jwt", partial(header, token)
        for client, act in (("requests", by_requests), ("curl", by_curl), ("node", by_node)):
            admitted, below = f"200 svc-{alg}", f"{resource.url}/write"
            yield f"{alg}, {client}", admitted, partial(with_token, act, resource.url, token)
            yield f"{alg}, {client}, write", admitted, partial(with_token, act, below, wide)
            yield f"{alg}, {client}, no write", "403 insufficient_scope", partial(with_token, act, below, token)
    for name, token in [
        ("opaque", partial(issuer.token, "")),
        ("another audience", partial(issuer.token, "https://other.example")),
        ("expired", partial(issuer.token, resource.url, client="expired")),
    ]:
        yield name, REFUSED, partial(with_token, by_requests, resource.url, token)


def header(token) -> str:
    shown = decoded(token().split(".")[0])
    return f"{shown['alg']} {shown['typ']}"


def with_token(act, url: str, token):
    return act(url, f"Bearer {token()}")


def by_requests(url: str, credentials: str) -> str:
    return ask("GET", url, headers={"Authorization": credentials})


def by_curl(url: str, credentials: str) -> str:
    return seen(curl("--header", f"Authorization: {credentials}", url).answers)


async def by_node(url: str, credentials: str) -> str:
    return await client_node.ask({"url": url, "fields": {"authorization": credentials}})


def rotation(issuer: Issuer, resource: Resource):
    """The issuer signs with new keys while eight clients fetch tokens and use them at once."""

    async def act() -> str:
        resource.wait()
        async with httpx.AsyncClient(timeout=30, trust_env=False) as client:
            until = time.monotonic() + 3
            uses = [use_tokens(client, until) for _ in range(8)]
            *used, _ = await asyncio.gather(*uses, rotate(1.0))
        answers, keys = {answer for each in used for answer, _ in each}, {key for each in used for _, key in each}
        print(f"      {sum(map(len, used))} tokens during a rotation")
        return f"{' and '.join(sorted(answers))}, {len(keys)} keys"

    async def rotate(after: float) -> None:
        await asyncio.sleep(after)
        await asyncio.to_thread(issuer.change, "rotate")

    async def use_tokens(client: httpx.AsyncClient, until: float) -> list[tuple[str, str]]:
        used = []
        while time.monotonic() < until:
            token = await asyncio.to_thread(issuer.token, resource.url)
            response = await client.get(resource.url, headers={"Authorization": f"Bearer {token}"})
            answer = Answer(response.status_code, response.headers.multi_items(), response.content or None)
            used.append((seen(answer), decoded(token.split(".")[0])["kid"]))
        return used

    yield "a rotation: no good token is refused", "200 svc-ES256, 2 keys", act


class Withdrawal:
    """The issuer publishes a key no more. The server learns that with its next fetch."""

    def __init__(self, issuer: Issuer, resource: Resource):
        self.issuer, self.resource = issuer, resource
        self.old = cache(partial(issuer.token, resource.url, "RS256"))

    def before(self):
        yield "a key, published", "200 svc-RS256", lambda: seen(self.resource.first_answer(self.old()))

    def after(self):
        yield "the key, withdrawn, before the next fetch", "200 svc-RS256", self.withdraw
        yield "a new key", "200 svc-RS256", self.new_key
        yield "the key, withdrawn, after the fetch", REFUSED, lambda: seen(self.resource.answer(self.old()))

    def withdraw(self) -> str:
        self.issuer.change("rotate")
        self.issuer.change(f"withdraw?kid={decoded(self.old().split('.')[0])['kid']}")
        return seen(self.resource.answer(self.old()))

    def new_key(self) -> str:
        self.resource.wait()
        return seen(self.resource.answer(self.issuer.token(self.resource.url, "RS256")))


class Start:
    """The issuer does not answer when the resource server starts, and does so later."""

    def __init__(self, issuer: Issuer, late_issuer: Issuer, resource: Resource):
        self.issuer, self.late_issuer, self.resource = issuer, late_issuer, resource

    def before(self):
        yield "the issuer is down, no token", "401", lambda: seen(self.resource.answer(None))
        yield "the issuer is down, a token", "503, retry in 30 s", self.down
        yield "the issuer has started, no fetch yet", "503", self.start

    def after(self):
        yield "the issuer has started, after the interval", "200 svc-ES256", self.up

    def down(self) -> str:
        answer = self.resource.first_answer(self.issuer.token(self.resource.url))
        wait = int(answer.all("retry-after")[0])
        return f"{seen(answer)}, retry in {30 if 28 <= wait <= 30 else wait} s"

    def start(self) -> str:
        self.issuer.change("later")
        return seen(self.resource.answer(self.late_issuer.token(self.resource.url)))

    def up(self) -> str:
        self.resource.wait()
        return seen(self.resource.answer(self.late_issuer.token(self.resource.url)))
