"""WebSockets in Chromium, whose pages offer a token as a subprotocol: the page of the example `websocket`, and scripts."""

import asyncio
from functools import partial

from chromium import Page, close, page
from server import LOW_TOKEN, WRONG, Server

# Opens a WebSocket, sends a text, and returns what a script learns.
OPEN = """new Promise((done) => {{
    const got = [];
    const socket = new WebSocket({url!r}, {protocols});
    socket.onopen = () => {{ got.push(`open ${{socket.protocol}}`); socket.send('milk'); }};
    socket.onmessage = ({{ data }}) => {{ got.push(data); socket.close(1000); }};
    socket.onclose = ({{ code }}) => done([...got, code].join(', '));
}}).catch((error) => error.name)"""

REFUSED = "1006"
ECHOED = "open bearer, milk, 1000"


def cases(server: Server):
    example = server.websocket
    yield "the page with its token", "connected by bearer: hello ada, ada: milk", partial(talk, example)
    yield "the page with a wrong token", "closed with 1006, 401", partial(refused, example, "guess")
    yield "the page with a token that is no name", "SyntaxError, none", partial(refused, example, "a/b=")
    for name, base in (("HTTP/1", server.base), ("TLS", server.tls)):
        yield from scripts(name, base)
    protocols = f"['bearer', '{LOW_TOKEN}']"
    other = server.base.replace("127.0.0.1", "localhost")
    yield "a page of another origin with the token", f"{ECHOED}, 101", partial(script, other, server.base, protocols)
    yield "a page of another origin without it", f"{REFUSED}, 401", partial(script, other, server.base, "['bearer']")


def scripts(name: str, base: str):
    """Pages of the same origin. Over TLS, Chromium opens the WebSocket over HTTP/2."""
    # Over HTTP/2, the answer to an extended CONNECT is 200 in place of 101 (RFC 8441 section 5).
    opened, refused = ("200", "no cause") if name == "TLS" else ("101", "401")
    opened, refused = f"{ECHOED}, {opened}", f"{REFUSED}, {refused}"
    for offered, expected in [
        (["bearer", LOW_TOKEN], opened),
        (["chat", "bearer", LOW_TOKEN, "mqtt"], opened),
        ([LOW_TOKEN, "bearer"], refused),
        (["bearer", WRONG.name], refused),
        (["bearer"], refused),
        ([], refused),
    ]:
        yield f"{name}: {' '.join(offered) or 'nothing'}", expected, partial(script, base, base, repr(offered))


class Handshakes:
    """The statuses of the handshakes of a page, which its scripts do not learn."""

    def __init__(self, opened: Page):
        self.statuses: list[str] = []
        opened.listeners.append(self.notice)

    def notice(self, method: str, params: dict) -> None:
        if method == "Network.webSocketHandshakeResponseReceived":
            self.statuses.append(str(params["response"]["status"]))
        elif method == "Network.webSocketFrameError":
            # Chromium names the cause over HTTP/1 alone.
            is_401 = "HTTP Authentication failed" in params["errorMessage"]
            self.statuses.append("401" if is_401 else params["errorMessage"] or "no cause")

    def last(self) -> str:
        return self.statuses[-1] if self.statuses else "none"


async def script(origin: str, base: str, protocols: str) -> str:
    async with await page() as opened:
        handshakes = Handshakes(opened)
        await opened.visit(f"{origin}/public")
        url = f"{base}/websocket".replace("http", "ws", 1)
        learned = await opened.run(OPEN.format(url=url, protocols=protocols))
        return f"{learned}, {handshakes.last()}"


async def talk(base: str) -> str:
    async with await page() as opened:
        await opened.visit(f"{base}/")
        await connect(opened, "t0ken")
        await until(opened, "document.querySelector('#messages li')")
        await opened.run("document.getElementById('note').value = 'milk'")
        await opened.run("document.querySelector('#say button').click()")
        await until(opened, "document.querySelectorAll('#messages li').length == 2")
        status = await opened.run("document.getElementById('status').textContent")
        said = await opened.run("[...document.querySelectorAll('#messages li')].map((item) => item.textContent).join(', ')")
        return f"{status}: {said}"


async def refused(base: str, token: str) -> str:
    async with await page() as opened:
        handshakes = Handshakes(opened)
        await opened.visit(f"{base}/")
        await connect(opened, token)
        await until(opened, "document.getElementById('status').textContent != 'not connected'")
        status = await opened.run("document.getElementById('status').textContent")
        return f"{status}, {handshakes.last()}"


async def connect(opened: Page, token: str) -> None:
    await opened.run(f"document.getElementById('token').value = {token!r}")
    await opened.run("document.querySelector('#open button').click()")


async def until(opened: Page, condition: str) -> None:
    for _ in range(500):
        if await opened.run(f"Boolean({condition})"):
            return
        await asyncio.sleep(0.02)
    raise RuntimeError(condition)
