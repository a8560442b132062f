"""The page of the example `hoba` in Chromium. Each browser context is a device with a key of its own.

With the variable `SHOTS`, a case writes pictures of the page to the folder that it names.
"""

import base64
import json
import os
from functools import partial
from pathlib import Path

from chromium import Page, close, page
from server import Server


def cases(server: Server):
    base = server.hoba
    yield "register, reload, sign out, sign in", "welcome > signed-in > signed-in > signed-out > signed-out > signed-in", partial(whole_life, base)
    yield "the keyboard alone", "signed-in > signed-out", partial(keyboard, base)
    yield "a second device, and its removal", "signed-in 2 > signed-in 1 > signed-out, The server does not know this key. Was the device removed?", partial(two_devices, base)
    yield "an invitation that was used", "welcome, the invitation is unknown, used or expired > welcome, the invitation is unknown, used or expired", partial(used_invitation, base)
    yield "an invitation names its account", "the name is shown > no token in a URL", partial(named_invitation, base)
    yield "the removal of the own device", "Lose access here? > welcome > 401", partial(remove_itself, base)
    yield "a replayed signature", "200 > 401", partial(replay, base)
    yield "the private key cannot be read", "InvalidAccessError", partial(export_private, base)
    yield "a request to another origin, and a second key", "The key of this page is for its own origin. > ConstraintError > same", partial(kept_key, base)
    yield "a lost response", "welcome true > signed-in 1", partial(lost_response, base)
    yield "a script of another source", "blocked", partial(foreign_script, base)
    yield "a page of another origin", "403 > 401", partial(other_origin, base)
    yield "a narrow dark window", "no sideways scrolling", partial(narrow, base)


class Tab:
    """A page of the example, and what a user does on it."""

    def __init__(self, opened: Page, base: str):
        self.page, self.base = opened, base

    async def open(self, fragment: str = "") -> "Tab":
        await self.page.visit(f"{self.base}/{fragment}")
        await self.until("document.querySelector('main > section:not([hidden])')")
        return self

    async def until(self, condition: str) -> None:
        script = f"""new Promise((resolve, reject) => {{
            const start = performance.now();
            const look = () => ({condition}) ? resolve() : performance.now() - start > 20000
                ? reject(new Error('timeout')) : setTimeout(look, 20);
            look();
        }}).then(() => 'there', (error) => error.message)"""
        assert await self.page.run(script) == "there", condition

    async def click(self, name: str) -> None:
        await self.page.run(f"document.getElementById({name!r}).click()")

    async def state(self) -> str:
        return await self.page.run("document.querySelector('main > section:not([hidden])').id")

    async def at(self, state: str) -> "Tab":
        await self.until(f"!document.getElementById({state!r}).hidden")
        return self

    async def said(self) -> str:
        await self.until("document.getElementById('status').textContent")
        return await self.page.run("document.getElementById('status').textContent")

    async def register(self, name: str = "laptop") -> "Tab":
        await self.page.run(f"document.getElementById('device-name').value = {name!r}")
        await self.click_register()
        return await self.at("signed-in")

    async def click_register(self) -> None:
        await self.page.run("document.querySelector('#register button').click()")

    async def devices(self) -> int:
        return await self.page.run("document.querySelectorAll('#devices li').length")

    async def invite(self) -> str:
        await self.click("invite")
        await self.until("!document.getElementById('invitation').hidden")
        return await self.page.run("new URL(document.getElementById('link').value).hash")

    async def remove(self, name: str) -> None:
        await self.page.run(f"document.querySelector('[aria-label=\"Remove {name}\"]').click()")

    async def shot(self, name: str) -> None:
        if "SHOTS" in os.environ:
            picture = await self.page.send("Page.captureScreenshot", captureBeyondViewport=True)
            Path(os.environ["SHOTS"], f"hoba-{name}.png").write_bytes(base64.b64decode(picture["data"]))


async def whole_life(base: str) -> str:
    async with await page() as opened:
        tab = await Tab(opened, base).open()
        states = [await tab.state()]
        await tab.shot("1-welcome")
        await tab.register()
        states.append(await tab.state())
        await tab.shot("2-signed-in")
        states.append(await (await tab.open()).state())
        await tab.click("sign-out")
        states.append(await (await tab.at("signed-out")).state())
        await tab.said()
        await tab.shot("3-signed-out")
        states.append(await (await tab.open()).state())
        await tab.click("sign-in")
        states.append(await (await tab.at("signed-in")).state())
        return " > ".join(states)


async def keyboard(base: str) -> str:
    async with await page() as opened:
        tab = await Tab(opened, base).open()
        # The title has the focus. The next two stops are the name and the button.
        await press(opened, "Tab")
        await press(opened, "Enter")
        states = [await (await tab.at("signed-in")).state()]
        await tab.until("document.activeElement.id == 'signed-in-title'")
        # The stops are: remove, add a device, sign out.
        for _ in range(3):
            await press(opened, "Tab")
        await tab.shot("4-keyboard")
        await press(opened, "Enter")
        states.append(await (await tab.at("signed-out")).state())
        return " > ".join(states)


async def press(opened: Page, key: str) -> None:
    code = {"Tab": 9, "Enter": 13}[key]
    pressed = {"key": key, "code": key, "windowsVirtualKeyCode": code}
    text = {"text": "\r"} if key == "Enter" else {}
    await opened.send("Input.dispatchKeyEvent", type="keyDown", **pressed, **text)
    await opened.send("Input.dispatchKeyEvent", type="keyUp", **pressed)


async def two_devices(base: str) -> str:
    async with await page() as one, await page() as two:
        first = await (await Tab(one, base).open()).register("laptop")
        fragment = await first.invite()
        await first.shot("5-invitation")
        second = await Tab(two, base).open(fragment)
        await second.shot("6-joining")
        await second.register("phone")
        joined = f"{await second.state()} {await second.devices()}"
        assert await two.run("location.hash") == "", "the invitation leaves the address bar"
        await first.open()
        await first.at("signed-in")
        await first.shot("7-two-devices")
        await first.remove("phone")
        await first.until("document.querySelectorAll('#devices li').length == 1")
        left = f"{await first.state()} {await first.devices()}"
        await second.open()
        await second.click("sign-in")
        refused = f"{await second.state()}, {await second.said()}"
        await second.shot("8-removed")
        return f"{joined} > {left} > {refused}"


async def used_invitation(base: str) -> str:
    async with await page() as one, await page() as two, await page() as three:
        first = await (await Tab(one, base).open()).register()
        fragment = await first.invite()
        await (await Tab(two, base).open(fragment)).register()
        third = await Tab(three, base).open(fragment)
        before = f"{await third.state()}, {await third.said()}"
        await third.click_register()
        # The page clears the text first.
        await third.said()
        return f"{before} > {await third.state()}, {await third.said()}"


async def named_invitation(base: str) -> str:
    """The page shows whose account the link is for, and sends the token in forms alone."""
    async with await page() as one, await page() as two:
        first = await (await Tab(one, base).open()).register()
        account = await one.run("document.getElementById('account').textContent")
        fragment = await first.invite()
        second = await Tab(two, base).open(fragment)
        shown = await two.run("document.querySelector('#welcome-text strong').textContent")
        watch = """(() => {
            const original = window.fetch;
            window.urls = [];
            window.fetch = (url, ...rest) => (window.urls.push(String(url)), original(url, ...rest));
        })()"""
        await two.run(watch)
        await second.register("phone")
        token = fragment.partition("=")[2]
        urls = await two.run("window.urls.join(' ')")
        assert "/register" in urls, urls
        named = "the name is shown" if shown == account else f"{shown}, and not {account}"
        return f"{named} > {'a token in a URL' if token in urls else 'no token in a URL'}"


async def remove_itself(base: str) -> str:
    async with await page() as opened:
        tab = await (await Tab(opened, base).open()).register("laptop")
        await opened.run("document.querySelector('#devices button').focus()")
        await tab.remove("laptop")
        asked = await opened.run("document.activeElement.textContent")
        await tab.shot("10-asked")
        await opened.run("document.querySelector('#devices button').click()")
        await tab.at("welcome")
        # The cookie is still there, and its key is not.
        return f"{asked} > {await tab.state()} > {await opened.run('fetch(`/me`).then((got) => got.status)')}"


async def replay(base: str) -> str:
    async with await page() as opened:
        await (await Tab(opened, base).open()).register()
        script = """(async () => {
            const { Device } = await import('/hoba.js');
            const device = await Device.load();
            const challenge = await (await fetch('/.well-known/hoba/getchal', { method: 'POST' })).text();
            const authorization = await device.answer({ challenge });
            const ask = async () => (await fetch('/me', { headers: { authorization }, credentials: 'omit' })).status;
            return `${await ask()} > ${await ask()}`;
        })()"""
        return await opened.run(script)


async def export_private(base: str) -> str:
    async with await page() as opened:
        await (await Tab(opened, base).open()).register()
        script = """(async () => {
            const { Device } = await import('/hoba.js');
            const { pair } = await Device.load();
            return crypto.subtle.exportKey('pkcs8', pair.privateKey).then(() => 'exported', (error) => error.name);
        })()"""
        return await opened.run(script)


async def kept_key(base: str) -> str:
    async with await page() as opened:
        await (await Tab(opened, base).open()).register()
        script = """(async () => {
            const { Device } = await import('/hoba.js');
            const device = await Device.load();
            const sent = await device.fetch('http://127.0.0.1:9/me').then(() => 'sent', (error) => error.message);
            const made = await Device.create().then(() => 'made', (error) => error.name);
            const { kid } = await Device.load();
            return `${sent} > ${made} > ${kid === device.kid ? 'same' : 'other'}`;
        })()"""
        return await opened.run(script)


async def lost_response(base: str) -> str:
    """The server registers the key, and the response does not arrive. The key stays, and a second attempt succeeds."""
    async with await page() as opened:
        tab = await Tab(opened, base).open()
        lose = """(() => {
            const original = window.fetch;
            window.fetch = async (...request) => {
                window.fetch = original;
                await original(...request);
                throw new TypeError('the response is lost');
            };
        })()"""
        await opened.run(lose)
        await tab.click_register()
        await tab.said()
        kept = await opened.run("import('/hoba.js').then(({ Device }) => Device.load()).then((device) => device !== null)")
        states = [f"{await tab.state()} {str(kept).lower()}"]
        await tab.register()
        states.append(f"{await tab.state()} {await tab.devices()}")
        return " > ".join(states)


async def foreign_script(base: str) -> str:
    async with await page() as opened:
        await Tab(opened, base).open()
        script = """new Promise((resolve) => {
            document.addEventListener('securitypolicyviolation', () => resolve('blocked'));
            const script = document.createElement('script');
            script.textContent = 'window.injected = true';
            document.body.append(script);
            setTimeout(() => resolve(`ran: ${window.injected}`), 2000);
        })"""
        return await opened.run(script)


async def other_origin(base: str) -> str:
    """A page at another port, in the browser of a user who is signed in. Cookies are shared by all ports of a host."""
    async with await page() as opened:
        tab = await (await Tab(opened, base).open()).register("laptop")
        kid = await opened.run("import('/hoba.js').then(({ Device }) => Device.load()).then((device) => device.kid)")
        results = []
        for method, path in (("POST", "/.well-known/hoba/register"), ("DELETE", f"/devices/{kid}")):
            fields = {"Origin": "http://127.0.0.1:9", "Sec-Fetch-Site": "same-site"}
            results.append(str(await forged(opened, f"{base}{path}", method, fields)))
        assert await (await tab.open()).state() == "signed-in"
        return " > ".join(results)


async def forged(opened: Page, url: str, method: str, fields: dict[str, str]) -> int:
    """Sends a request with the cookies of the browser, and with fields that Chromium sends for a page of another origin."""
    import aiohttp

    cookies = (await opened.send("Network.getCookies", urls=[url]))["cookies"]
    sent = {cookie["name"]: cookie["value"] for cookie in cookies}
    assert json.dumps(sent).count("hoba") == 1, "the session has a cookie"
    async with aiohttp.ClientSession() as session:
        async with session.request(method, url, headers=fields, cookies=sent) as response:
            return response.status


async def narrow(base: str) -> str:
    async with await page() as opened:
        size = {"width": 340, "height": 700, "deviceScaleFactor": 2, "mobile": True}
        await opened.send("Emulation.setDeviceMetricsOverride", **size)
        dark = [{"name": "prefers-color-scheme", "value": "dark"}]
        await opened.send("Emulation.setEmulatedMedia", features=dark)
        tab = await (await Tab(opened, base).open()).register("a phone with a long name that does not fit into one line")
        await tab.invite()
        await tab.shot("9-narrow-dark")
        fits = await opened.run("document.documentElement.scrollWidth <= innerWidth")
        return "no sideways scrolling" if fits else "sideways scrolling"
