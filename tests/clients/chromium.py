"""Controls a headless Chromium through its DevTools protocol."""

import asyncio
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import aiohttp

from answers import Answer
from server import Account

COMMANDS = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = [
    "--headless",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    # Without these, Chromium would fetch updates and lists from the internet, which a test must not depend on.
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-proxy-server",
    "--remote-debugging-port=0",
]


def program() -> str:
    """The path of the first installed program, by the names of different systems."""
    return next(filter(None, map(shutil.which, COMMANDS)))


# The browser that all cases of one client share.
_browsers: list["Browser"] = []


async def page(**context) -> "Page":
    """Opens a page in the shared browser, which starts with the first page."""
    if not _browsers:
        _browsers.append(Browser())
        await _browsers[0].connect()
    return await _browsers[0].page(**context)


async def close() -> None:
    """Ends the shared browser. A client has this function under the same name, for the runner."""
    while _browsers:
        await _browsers.pop().close()


class Browser:
    def __init__(self):
        self._folder = tempfile.mkdtemp(prefix="chromium-")
        # As root, Chromium starts only without its sandbox.
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
        arguments = [program(), *ARGUMENTS, *sandbox, f"--user-data-dir={self._folder}", "about:blank"]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self._process = subprocess.Popen(arguments, **quiet)
        self._sent = 0
        self._waiting: dict[int, asyncio.Future] = {}
        self._pages: dict[str, Page] = {}

    async def connect(self) -> None:
        port, path = await self._endpoint()
        self._session = aiohttp.ClientSession()
        self._socket = await self._session.ws_connect(f"ws://127.0.0.1:{port}{path}", max_msg_size=0)
        self._reader = asyncio.create_task(self._read())

    async def _endpoint(self) -> list[str]:
        # Chromium writes the port that it chose, and the path of its WebSocket, to this file.
        port_file = Path(self._folder, "DevToolsActivePort")
        for _ in range(300):
            lines = port_file.read_text().split() if port_file.exists() else []
            if len(lines) == 2:
                return lines
            await asyncio.sleep(0.1)
        raise RuntimeError("Chromium did not start within 30 s")

    async def _read(self) -> None:
        async for message in self._socket:
            self._dispatch(message.json())

    def _dispatch(self, message: dict) -> None:
        waiting = self._waiting.pop(message.get("id", 0), None)
        page = self._pages.get(message.get("sessionId", ""))
        if waiting and "error" in message:
            waiting.set_exception(RuntimeError(message["error"]["message"]))
        elif waiting:
            waiting.set_result(message["result"])
        elif page and "method" in message:
            page.notice(message["method"], message["params"])

    async def send(self, method: str, session: str | None = None, **params) -> dict:
        self._sent += 1
        message = {"id": self._sent, "method": method, "params": params}
        self._waiting[self._sent] = asyncio.get_running_loop().create_future()
        await self._socket.send_json({**message, "sessionId": session} if session else message)
        return await self._waiting.get(message["id"])

    async def page(self, **context) -> "Page":
        """Opens a page in a new browser context, which shares neither a cache nor credentials with other pages."""
        made = await self.send("Target.createBrowserContext", disposeOnDetach=True, **context)
        target = await self.send("Target.createTarget", url="about:blank", **made)
        attached = await self.send("Target.attachToTarget", targetId=target["targetId"], flatten=True)
        page = Page(self, attached["sessionId"], made["browserContextId"])
        self._pages[attached["sessionId"]] = page
        await page.enable()
        return page

    async def close(self) -> None:
        await self.send("Browser.close")
        await self._session.close()
        self._process.wait(30)
        shutil.rmtree(self._folder, ignore_errors=True)


class Page:
    def __init__(self, browser: Browser, session: str, context: str):
        self._browser, self._session, self._context = browser, session, context
        self._tasks: set[asyncio.Task] = set()
        self._responses: dict[str, dict] = {}
        # The response that brought the last page.
        self._document: dict = {}
        self._loaded = asyncio.Event()
        # These get each event of the page, for tests that need more of them.
        self.listeners: list[Callable[[str, dict], None]] = []
        # The accounts that the next password prompts get, one each. The prompts after these are cancelled.
        self._typing: list[Account] = []
        self.prompts: list[str] = []
        # The protocol that brought the last page, for example `h2`.
        self.protocol = ""

    async def __aenter__(self) -> "Page":
        return self

    async def __aexit__(self, *_) -> None:
        await self._browser.send("Target.disposeBrowserContext", browserContextId=self._context)

    def send(self, method: str, **params):
        return self._browser.send(method, self._session, **params)

    async def enable(self) -> None:
        await self.send("Network.enable")
        await self.send("Page.enable")
        await self.send("Fetch.enable", handleAuthRequests=True)
        # The test certificate is self-signed.
        await self.send("Security.setIgnoreCertificateErrors", ignore=True)

    def notice(self, method: str, params: dict) -> None:
        for listener in self.listeners:
            listener(method, params)
        if method == "Fetch.requestPaused":
            self._soon(self.send("Fetch.continueRequest", requestId=params["requestId"]))
        elif method == "Fetch.authRequired":
            self._soon(self._prompted(params))
        elif method == "Network.responseReceived":
            self._responses[params["requestId"]] = params["response"]
            self._document = params["response"] if params["type"] == "Document" else self._document
        elif method == "Page.loadEventFired":
            self._loaded.set()

    def _soon(self, awaited) -> None:
        task = asyncio.ensure_future(awaited)
        self._tasks.add(task)
        task.add_done_callback(self._forget)

    def _forget(self, task: asyncio.Task) -> None:
        # A page that closes may still have a request under way, for example the request for its icon. The task then
        # ends with an error that does not matter. Reading the exception keeps asyncio from printing a warning.
        self._tasks.discard(task)
        task.cancelled() or task.exception()

    async def _prompted(self, params: dict) -> None:
        challenge = params["authChallenge"]
        self.prompts.append(f"{challenge['source']} {challenge['scheme']}".lower())
        answer = self._next_answer()
        await self.send("Fetch.continueWithAuth", requestId=params["requestId"], authChallengeResponse=answer)

    def _next_answer(self) -> dict[str, str]:
        if not self._typing:
            return {"response": "CancelAuth"}
        account = self._typing.pop(0)
        return {"response": "ProvideCredentials", "username": account.name, "password": account.password}

    async def visit(self, url: str, *typing: Account) -> Answer:
        """Opens the URL and types these accounts into the password prompts."""
        self._typing, self.prompts = list(typing), []
        self._loaded.clear()
        page = await self.send("Page.navigate", url=url)
        await self._loaded.wait()
        response = self._responses[page["loaderId"]]
        self.protocol = response["protocol"]
        return shown(head(response), await self.run("document.body.innerText"))

    async def go(self, script: str) -> Answer:
        """Runs a script that leads to another page, and cancels all password prompts."""
        self._typing, self.prompts = [], []
        self._loaded.clear()
        await self.run(script)
        await self._loaded.wait()
        return shown(head(self._document), await self.run("document.body.innerText"))

    async def fetch(self, url: str, options: str = "{}", typing: tuple[Account, ...] = ()) -> Answer | str:
        """Calls `fetch` in the page. Returns the response, or the name of the error if there is none."""
        self._typing, self.prompts = list(typing), []
        script = f"""fetch({url!r}, {options})
            .then(async (response) => ({{
                status: response.status, fields: [...response.headers], body: await response.text()
            }}))
            .catch((error) => error.name)"""
        got = await self.run(script)
        if isinstance(got, str):
            return got
        fields = [tuple(field) for field in got["fields"]]
        return Answer(got["status"], fields, got["body"].encode() or None)

    async def run(self, script: str):
        done = await self.send("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        return done["result"].get("value")


def head(response: dict) -> Answer:
    fields = response["headers"].items()
    lines = [(name, line) for name, value in fields for line in value.split("\n")]
    return Answer(response["status"], lines)


def shown(answer: Answer, text: str | None) -> Answer:
    """Adds the text of a page as the body. For a refusal without a body, Chromium shows a page of its own instead."""
    return Answer(answer.status, answer.fields, text.encode() if text and answer.status == 200 else None)
