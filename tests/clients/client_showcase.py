"""Tests the page of the showcase in Chromium: each button, the messages that it shows, and the verdicts.

A result has the exchange as the page shows it, and the verdict. For example, `GET 401 > computes > GET Digest 200; 200:
the server admits ada.` is a login with Digest. Each case also fails if the page shows other messages than the browser
sent and received, or if the browser shows a password prompt, reports an error or asks another server.
"""

import asyncio
import json
from functools import partial
from urllib.parse import urlsplit

from chromium import Page, close, page
from server import Server

NO_CREDENTIALS = "401: the client sends no credentials. The challenge says which ones the server accepts."
NO_PASSWORD = "401: the server does not know this password."
NO_TOKEN = "401: the server does not know this token."
NO_SCOPE = "403: the server knows the caller, but the token does not have the scope that this route needs."
NO_GUESS = "400: the layer does not guess which of the two is meant. (fetch joins two fields into one line.)"
ADA, ROBOT = "200: the server admits ada.", "200: the server admits robot."
PROOF = f"{ADA} The password was in no message. The server's proof is right, too."
REPLAY = "401: the server accepts a proof once. The new nonce (stale=true) is worth nothing without the password."
LOGIN = "GET 401 > computes > GET Digest"

# Each button: the exchange, and the verdict.
ATTEMPTS = {
    "basic-right": ("GET Basic 200", ADA),
    "basic-wrong": ("GET Basic 401", NO_PASSWORD),
    "basic-none": ("GET 401", NO_CREDENTIALS),
    "digest-right": (f"{LOGIN} 200", PROOF),
    "digest-wrong": (f"{LOGIN} 401", NO_PASSWORD),
    "digest-none": ("GET 401", NO_CREDENTIALS),
    "digest-replay": (f"{LOGIN} 200 > GET Digest 401", REPLAY),
    "bearer-right": ("GET Bearer 200", ROBOT),
    "bearer-wrong": ("GET Bearer 401", NO_TOKEN),
    "bearer-none": ("GET 401", NO_CREDENTIALS),
    "scope-right": ("POST Bearer 200", ROBOT),
    "scope-without": ("POST Bearer 403", NO_SCOPE),
    "scope-wrong": ("POST Bearer 401", NO_TOKEN),
    "scope-none": ("POST 401", NO_CREDENTIALS),
    "all-none": ("GET 401", NO_CREDENTIALS),
    "all-basic": ("GET Basic 200", ADA),
    "all-digest": (f"{LOGIN} 200", PROOF),
    "all-bearer": ("GET Bearer 200", ROBOT),
    "all-wrong": ("GET Basic 401", NO_PASSWORD),
    "all-two": ("GET Basic 400", NO_GUESS),
}

ROUTES = ("/basic", "/digest", "/bearer", "/bearer/write", "/all")

# The values that the page explains, by button.
CHALLENGE = "realm charset algorithm qop nonce"
LOGIN_MEANINGS = f"{CHALLENGE} | username realm nonce uri algorithm qop nc cnonce response | rspauth cnonce nc qop"
MEANINGS = {
    "basic-none": "realm charset",
    "basic-right": "token68",
    "digest-right": LOGIN_MEANINGS,
    "digest-replay": f"{LOGIN_MEANINGS} | all as above | nonce stale and the rest as above",
    "bearer-wrong": "token68 | realm error",
    "scope-without": "token68 | realm error scope",
    "all-none": f"realm | {CHALLENGE} | realm charset",
    "all-two": "token68 | token68",
}

# A script in each page that makes a violation of the Content-Security-Policy an error of the console.
REPORT_VIOLATIONS = """addEventListener('securitypolicyviolation', (violation) =>
    console.error('CSP', violation.effectiveDirective, violation.blockedURI))"""
NO_CRYPTOGRAPHY = "Object.defineProperty(Crypto.prototype, 'subtle', { value: undefined })"
# Firefox hides a field of several lines like this.
NO_CHALLENGE = "fetch = async () => new Response('', { status: 401 })"
MARKUP = """fetch = async () => new Response('<img src=x><script>', {
    status: 401, headers: { 'WWW-Authenticate': 'Basic realm="<img src=y>"' }
})"""

SECTION = "document.querySelector('[data-attempt={}]').closest('section')"
PRESSED = """new Promise((done) => {
    const look = () => document.querySelector('[data-attempt=%s][aria-current=true]') ? done() : setTimeout(look, 5);
    look();
})"""
STEPS = """[...%s.querySelectorAll('.exchange > li')].map((step) =>
    [...step.querySelectorAll('pre')].map((pre) => pre.textContent.trimEnd().split('\\n')))"""
EXPLAINED = """[...%s.querySelectorAll('.meanings dl')].map((list) =>
    [...list.children].map((one) => one.textContent))"""


def cases(server: Server):
    for group in (attempts, meanings, layouts, others):
        yield from group(server)


class Watch:
    """Records the messages of the routes under test, and everything that must not happen."""

    def __init__(self, base: str):
        self.base = base
        # The fields `Authorization` and `WWW-Authenticate` by the ids of the requests.
        self.sent: dict[str, list[str]] = {}
        self.received: dict[str, list[str]] = {}
        self.troubles: list[str] = []

    def notice(self, method: str, params: dict) -> None:
        if method == "Network.requestWillBeSent":
            self._request(params["requestId"], params["request"])
        elif method == "Network.responseReceivedExtraInfo":
            self.received[params["requestId"]] = field(params["headers"], "www-authenticate")
        elif method == "Log.entryAdded":
            self._logged(params["entry"])
        elif method in ("Runtime.exceptionThrown", "Runtime.consoleAPICalled"):
            self.troubles.append(json.dumps(params)[:300])

    async def messages(self) -> list[tuple[list[str], list[str]]]:
        # Chromium reports the lines of a response apart from the rest, and possibly later.
        while not self.sent.keys() <= self.received.keys():
            await asyncio.sleep(0.01)
        return [(lines, self.received[name]) for name, lines in self.sent.items()]

    def _request(self, name: str, request: dict) -> None:
        if not request["url"].startswith((f"{self.base}/", "data:")):
            self.troubles.append(f"a request to {request['url']}")
        elif urlsplit(request["url"]).path in ROUTES:
            self.sent[name] = field(request["headers"], "authorization")

    def _logged(self, entry: dict) -> None:
        # Chromium logs each refusal as an error of the network.
        refusal = entry["source"] == "network" and "responded with a status of 4" in entry["text"]
        if not refusal or "favicon" in entry.get("url", ""):
            self.troubles.append(f"{entry['source']}: {entry['text']}")


def field(headers: dict[str, str], name: str) -> list[str]:
    """The lines of a field."""
    return [line for key, value in headers.items() if key.lower() == name for line in value.split("\n")]


class Opened:
    """The page of the showcase, with what the browser reports about it."""

    def __init__(self, page: Page, base: str):
        self.page, self.base, self.watch = page, base, Watch(base)

    async def load(self, *scripts: str) -> "Opened":
        self.page.listeners.append(self.watch.notice)
        for domain in ("Log", "Runtime"):
            await self.page.send(f"{domain}.enable")
        for script in (REPORT_VIOLATIONS, *scripts):
            await self.page.send("Page.addScriptToEvaluateOnNewDocument", source=script)
        await self.page.visit(f"{self.base}/")
        return self

    async def press(self, attempt: str) -> None:
        """Presses a button with the keyboard, and waits until the page has shown the result."""
        await self.page.run(f"document.querySelector('[data-attempt={attempt}]').focus()")
        for kind in ("keyDown", "keyUp"):
            await self.page.send("Input.dispatchKeyEvent", type=kind, key="Enter", windowsVirtualKeyCode=13, text="\r")
        await self.page.run(PRESSED % attempt)

    async def verdict(self, attempt: str) -> str:
        return await self.page.run(f"{SECTION.format(attempt)}.querySelector('[role=status]').textContent")

    async def steps(self, attempt: str) -> list[list[list[str]]]:
        """The lines of the request and of the response of each step. A computation has none."""
        return await self.page.run(STEPS % SECTION.format(attempt))

    def troubles(self) -> str:
        found = [*self.watch.troubles, *(f"a prompt: {prompt}" for prompt in self.page.prompts)]
        return f" TROUBLES: {found}" if found else ""


async def opened(server: Server, act, *scripts: str) -> str:
    async with await page() as tab:
        shown = await Opened(tab, server.showcase).load(*scripts)
        return await act(shown) + shown.troubles()


def attempts(server: Server):
    for name, (exchange, verdict) in ATTEMPTS.items():
        yield name, f"{exchange}; {verdict}", partial(opened, server, partial(pressed, name))


async def pressed(attempt: str, shown: Opened) -> str:
    await shown.press(attempt)
    steps = await shown.steps(attempt)
    exchange = " > ".join(map(described, steps))
    other = await differences([step for step in steps if step], shown.watch)
    return f"{exchange}; {await shown.verdict(attempt)}{other}"


def described(step: list[list[str]]) -> str:
    if not step:
        return "computes"
    request, response = step
    words = [request[0].split()[0], *(field.split()[0] for field in values(request, "Authorization"))]
    return " ".join([*words, response[0].split()[1]])


def values(lines: list[str], name: str) -> list[str]:
    return [line.removeprefix(f"{name}: ") for line in lines if line.startswith(f"{name}: ")]


async def differences(steps: list[list[list[str]]], watch: Watch) -> str:
    """Compares the messages on the page with those that the browser sent and received."""
    shown = [(values(request, "Authorization"), values(response, "www-authenticate")) for request, response in steps]
    messages = await watch.messages()
    return "" if shown == messages else f" BUT THE MESSAGES WERE {messages}"


def meanings(server: Server):
    for name, expected in MEANINGS.items():
        yield f"{name}, meanings", expected, partial(opened, server, partial(explained, name))


async def explained(attempt: str, shown: Opened) -> str:
    await shown.press(attempt)
    lists = await shown.page.run(EXPLAINED % SECTION.format(attempt))
    return " | ".join(" ".join(map(term, one[::2], one[1::2])) for one in lists)


def term(name: str, meaning: str) -> str:
    if meaning == "As above.":
        return {"all": "all as above", "the rest": "and the rest as above"}[name]
    if "does not know" in meaning and "token" not in meaning:
        return f"{name} WITHOUT A MEANING"
    return name.split("=")[0] if "=" in name.rstrip("=") else "token68"


def layouts(server: Server):
    for width in (360, 1200):
        for theme in ("light", "dark"):
            act = partial(opened, server, partial(widths, width, theme))
            yield f"{width} pixels, {theme}", f"{width}, then {width}", act


async def widths(width: int, theme: str, shown: Opened) -> str:
    """The width of the content, before and after all buttons were pressed."""
    size = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": True}
    await shown.page.send("Emulation.setDeviceMetricsOverride", **size)
    features = [{"name": "prefers-color-scheme", "value": theme}]
    await shown.page.send("Emulation.setEmulatedMedia", features=features)
    before = await shown.page.run("document.documentElement.scrollWidth")
    for attempt in ATTEMPTS:
        await shown.press(attempt)
    return f"{before}, then {await shown.page.run('document.documentElement.scrollWidth')}"


def others(server: Server):
    yield "Tab reaches each button", " ".join(ATTEMPTS), partial(opened, server, tabbed)
    labels = f"{len(ATTEMPTS)} buttons, 5 statuses, 0 without a name"
    yield "labels for screen readers", labels, partial(opened, server, labelled)
    hidden = "This browser hides challenges from scripts if there are several of them"
    for name, attempt, script, expected in [
        ("without cryptography", "digest-right", NO_CRYPTOGRAPHY, "This page cannot compute Digest here"),
        ("without challenges", "all-digest", NO_CHALLENGE, hidden),
    ]:
        yield name, expected, partial(opened, server, partial(first_sentence, attempt), script)
    yield "without an answer", "No answer: does the server still run?", partial(opened, server, offline)
    yield "markup in a response", f"0 images, {NO_PASSWORD}", partial(opened, server, markup, MARKUP)


async def tabbed(shown: Opened) -> str:
    reached = []
    for _ in range(60):
        for kind in ("rawKeyDown", "keyUp"):
            await shown.page.send("Input.dispatchKeyEvent", type=kind, key="Tab", windowsVirtualKeyCode=9)
        reached.append(await shown.page.run("document.activeElement.dataset.attempt ?? ''"))
    return " ".join(dict.fromkeys(filter(None, reached)))


async def labelled(shown: Opened) -> str:
    nodes = (await shown.page.send("Accessibility.getFullAXTree"))["nodes"]
    roles = [(node["role"]["value"], node.get("name", {}).get("value", "")) for node in nodes if not node["ignored"]]
    count = [role for role, _ in roles].count
    unnamed = [role for role, name in roles if role in ("button", "group", "heading", "link", "region") and not name]
    return f"{count('button')} buttons, {count('status')} statuses, {len(unnamed)} without a name"


async def first_sentence(attempt: str, shown: Opened) -> str:
    await shown.press(attempt)
    return (await shown.verdict(attempt)).split(". ")[0]


async def offline(shown: Opened) -> str:
    conditions = {"offline": True, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
    await shown.page.send("Network.emulateNetworkConditions", **conditions)
    await shown.press("basic-right")
    shown.watch.troubles = [trouble for trouble in shown.watch.troubles if "ERR_INTERNET_DISCONNECTED" not in trouble]
    return await shown.verdict("basic-right")


async def markup(shown: Opened) -> str:
    await shown.press("basic-wrong")
    images = await shown.page.run("document.querySelectorAll('img').length")
    return f"{images} images, {await shown.verdict('basic-wrong')}"
