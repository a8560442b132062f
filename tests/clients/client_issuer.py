"""Real authorization servers (`oidc-provider`, `nanoidp`): their tokens at conformance servers that know nothing but URLs."""

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
from tokens import REFUSED, Issuer, NanoIdp, decoded

# The shortest time between two fetches of keys, in seconds, and a little more.
INTERVAL = 30.5
# For so long a server may accept an opaque token that is revoked, in seconds, and a little more.
REMEMBERED = 60.5
ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA", "Ed25519")

close = client_node.close


def cases(server: Server):
    issuer, late_issuer = Issuer(server.issuer), Issuer(server.late_issuer)
    first, second, late = (Resource(base) for base in server.resources)
    start = Start(issuer, late_issuer, late)
    yield from start.before()
    revocation = Revocation(issuer, first)
    yield from revocation.before()
    nanoidp = SecondIssuer(NanoIdp(server.nanoidp), Resource(server.nanoidp_resource), issuer)
    yield from nanoidp.before()
    withdrawal = Withdrawal(issuer, second)
    yield from withdrawal.before()
    yield from tokens(issuer, first)
    yield from introspection(issuer, first, second)
    yield from rotation(issuer, first)
    yield from withdrawal.after()
    yield from start.after()
    yield from nanoidp.after()
    yield from revocation.after()
    # Last, because an unknown key makes the server fetch.
    other = partial(late_issuer.token, first.url)
    yield "a token of another issuer", REFUSED, partial(with_token, by_requests, first.url, other)


class Resource:
    """A conformance server with `--issuer`."""

    def __init__(self, base: str):
        self.url, self.introspect, self.either = (f"{base}/{path}" for path in ("jwt", "introspect", "either"))
        # When the server last asked the issuer for keys.
        self.asked = 0.0

    def answer(self, token: str | None, url: str = "") -> Answer:
        fields = {"Authorization": f"Bearer {token}"} if token else {}
        response = requests.get(url or self.url, headers=fields, timeout=30)
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


def introspection(issuer: Issuer, resource: Resource, with_key: Resource):
    """Opaque tokens, alone and beside JWTs. The server authenticates with a secret, and another one with a key."""
    url, either = resource.introspect, resource.either
    token = cache(partial(issuer.token, url))
    wide = cache(partial(issuer.token, url, scope="read write"))
    jwt = cache(partial(issuer.token, resource.url))
    yield "an opaque token", "no JWT", lambda: "a JWT" if "." in token() else "no JWT"
    for client, act in (("requests", by_requests), ("curl", by_curl), ("node", by_node)):
        yield f"opaque, {client}", "200 svc-ES256", partial(with_token, act, url, token)
        yield f"opaque, {client}, no write", "403 insufficient_scope", partial(with_token, act, f"{url}/write", token)
        yield f"opaque, {client}, write", "200 svc-ES256", partial(with_token, act, f"{url}/write", wide)
        yield f"opaque, {client}, beside JWTs", "200 svc-ES256", partial(with_token, act, either, token)
        yield f"JWT, {client}, beside opaque tokens", "200 svc-ES256", partial(with_token, act, either, jwt)
    for name, path, refused in [
        ("opaque, another audience", url, partial(issuer.token, "")),
        ("opaque, unknown", url, lambda: "unknown"),
        ("opaque, unknown, beside JWTs", either, lambda: "unknown"),
        ("JWT, expired, beside opaque tokens", either, partial(issuer.token, resource.url, client="expired")),
        ("JWT, its signature cut, beside opaque tokens", either, lambda: jwt()[:-9]),
    ]:
        yield name, REFUSED, partial(with_token, by_requests, path, refused)
    # This issuer answers 400 to every JWT, and says nothing about the token.
    yield "a JWT where only opaque tokens are", "503", partial(with_token, by_requests, url, jwt)
    of_key = partial(issuer.token, with_key.introspect)
    yield "opaque, the server signs in with a key", "200 svc-ES256", partial(with_token, by_requests, with_key.introspect, of_key)


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


class Revocation:
    """The issuer revokes opaque tokens. The server learns that when the answer that it remembers is too old."""

    def __init__(self, issuer: Issuer, resource: Resource):
        self.issuer, self.resource = issuer, resource
        self.token = cache(partial(issuer.token, resource.introspect))
        self.used = 0.0

    def before(self):
        yield "revoked before its first use", REFUSED, self.unused
        yield "used, and then revoked", "200 svc-ES256", self.use

    def after(self):
        yield "revoked a minute ago", REFUSED, self.late

    def unused(self) -> str:
        token = self.issuer.token(self.resource.introspect)
        self.issuer.revoke(token)
        return self.answer(token)

    def use(self) -> str:
        self.used = time.monotonic()
        answer = self.answer(self.token())
        self.issuer.revoke(self.token())
        return answer

    def late(self) -> str:
        time.sleep(max(0.0, self.used + REMEMBERED - time.monotonic()))
        return self.answer(self.token())

    def answer(self, token: str) -> str:
        return seen(self.resource.answer(token, self.resource.introspect))


class SecondIssuer:
    """`nanoidp`, whose tokens have another type, and which introspects its JWTs."""

    def __init__(self, idp: NanoIdp, resource: Resource, other: Issuer):
        self.idp, self.resource, self.other = idp, resource, other
        self.old = cache(idp.token)

    def before(self):
        yield "nanoidp, what is signed", "RS256 JWT", partial(header, self.old)
        yield "nanoidp", self.admitted(), lambda: seen(self.resource.first_answer(self.old()))
        for path in (self.resource.introspect, self.resource.either):
            yield f"nanoidp, {path.rsplit('/', 1)[1]}", self.admitted(), partial(self.answer, self.old, path)
        yield "nanoidp, introspect, cut", REFUSED, partial(self.answer, lambda: self.old()[:-9], self.resource.introspect)

    def after(self):
        yield "nanoidp, a new key", self.admitted(), self.new_key
        for path in (self.resource.url, self.resource.introspect, self.resource.either):
            yield f"nanoidp, the old key, {path.rsplit('/', 1)[1]}", self.admitted(), partial(self.answer, self.old, path)
        other = partial(self.other.token, self.resource.either)
        yield "nanoidp, a token of oidc-provider", REFUSED, partial(self.answer, other, self.resource.either)

    def admitted(self) -> str:
        return "200 demo-client"

    def new_key(self) -> str:
        self.idp.rotate()
        self.resource.wait()
        return self.answer(self.idp.token, self.resource.url)

    def answer(self, token, url: str) -> str:
        return seen(self.resource.answer(token(), url))


class Start:
    """The issuer does not answer when the resource server starts, and does so later."""

    def __init__(self, issuer: Issuer, late_issuer: Issuer, resource: Resource):
        self.issuer, self.late_issuer, self.resource = issuer, late_issuer, resource

    def before(self):
        yield "the issuer is down, no token", "401", lambda: seen(self.resource.answer(None))
        yield "the issuer is down, a token", "503, retry in 30 s", self.down
        yield "the issuer is down, an opaque token", "503", lambda: seen(self.resource.answer("t0ken", self.resource.introspect))
        yield "the issuer has started, no fetch yet", "503", self.start

    def after(self):
        yield "the issuer has started, after the interval", "200 svc-ES256", self.up
        yield "the issuer has started, an opaque token", "200 svc-ES256", self.opaque

    def down(self) -> str:
        answer = self.resource.first_answer(self.issuer.token(self.resource.url))
        wait = int(answer.all("retry-after")[0])
        return f"{seen(answer)}, retry in {30 if 28 <= wait <= 30 else wait} s"

    def start(self) -> str:
        self.issuer.change("later")
        return seen(self.resource.answer(self.late_issuer.token(self.resource.url)))

    def opaque(self) -> str:
        token = self.late_issuer.token(self.resource.introspect)
        return seen(self.resource.answer(token, self.resource.introspect))

    def up(self) -> str:
        self.resource.wait()
        return seen(self.resource.answer(self.late_issuer.token(self.resource.url)))
