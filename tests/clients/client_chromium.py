"""Tests Chromium: its password prompts, the credentials that it remembers, and the responses that scripts get.

Chromium shows only the last response of a page. The list of prompts shows the refusals before it. For example,
`401; prompts: server basic, server basic` means that Chromium asked for a password a second time.
"""

import base64
from functools import partial

from answers import Answer, seen
from chromium import Page, close, page
from server import COLON, GUEST, JASON, LOW_TOKEN, MUFASA, NOBODY, ODD, TOKEN, WRONG, Account, Server


def cases(server: Server):
    for group in (prompts, digests, http2, several_challenges, memory, scripts, renderers, proxy, forward_proxy):
        yield from group(server)


def with_prompts(page: Page, answers: Answer | list[Answer] | str) -> str:
    description = answers if isinstance(answers, str) else seen(answers)
    return f"{description}; prompts: {', '.join(page.prompts) or 'none'}"


async def visit(url: str, *typing: Account, **context) -> str:
    async with await page(**context) as opened:
        return with_prompts(opened, await opened.visit(url, *typing))


def prompts(server: Server):
    for path, scheme in (("/basic", "basic"), ("/digest/md5", "digest"), ("/digest/sha-256", "digest")):
        url, once, twice = server.url(path), f"server {scheme}", f"server {scheme}, server {scheme}"
        for account, expected in [
            (MUFASA, f"200 mufasa; prompts: {once}"),
            (JASON, f"200 Jäsøn Doe; prompts: {once}"),
            (COLON, f"200 colon; prompts: {once}"),
            (GUEST, f"403; prompts: {once}"),
            # Chromium prompts a second time, and the test cancels that prompt.
            (WRONG, f"401; prompts: {twice}"),
            (NOBODY, f"401; prompts: {twice}"),
        ]:
            act = partial(visit, url, account)
            yield f"{path} {account.text()}", expected, act
        yield f"{path}, cancelled", f"401; prompts: {once}", partial(visit, url)
        corrected = f"200 mufasa; prompts: {twice}"
        yield f"{path}, wrong and then right", corrected, partial(visit, url, WRONG, MUFASA)
        odd = f"200 mufasa; prompts: {once}"
        yield f"{path}{ODD}", odd, partial(visit, url + ODD, MUFASA)
        named = server.url(path, MUFASA)
        yield f"{path}, account in the URL", "200 mufasa; prompts: none", partial(visit, named)
    # Chromium knows neither this algorithm nor Bearer, so it does not ask for a password.
    unknown = server.url("/digest/sha-512-256")
    yield "/digest/sha-512-256", "401; prompts: none", partial(visit, unknown, MUFASA)
    yield "/bearer", "401; prompts: none", partial(visit, server.url("/bearer"), MUFASA)


def digests(server: Server):
    """Variants of Digest: sessions, no qop, hashed names, `auth-int`, `nextnonce` and `rspauth`."""
    once, twice = "server digest", "server digest, server digest"
    for algorithm in ("md5", "sha-256"):
        for path in (
            f"/digest/{algorithm}-sess",
            f"/digest-noqop/{algorithm}",
            f"/digest-userhash/{algorithm}",
            f"/digest-both-qop/{algorithm}",
            f"/digest-nextnonce/{algorithm}",
            f"/digest-rspauth/{algorithm}",
        ):
            for account, expected in [
                (MUFASA, f"200 mufasa; prompts: {once}"),
                (JASON, f"200 Jäsøn Doe; prompts: {once}"),
                (WRONG, f"401; prompts: {twice}"),
            ]:
                act = partial(visit, server.url(path), account)
                yield f"{path} {account.text()}", expected, act
        # Chromium does not know `auth-int`. It sends credentials without `qop`, and the server answers 400.
        path = f"/digest-auth-int/{algorithm}"
        yield path, f"400; prompts: {once}", partial(visit, server.url(path), MUFASA)


def http2(server: Server):
    for path, scheme in (("/basic", "basic"), ("/digest/md5", "digest"), ("/digest/sha-256", "digest")):
        url, once = server.tls + path + ODD, f"server {scheme}"
        for account, expected in [
            (MUFASA, f"h2: 200 mufasa; prompts: {once}"),
            (JASON, f"h2: 200 Jäsøn Doe; prompts: {once}"),
            (GUEST, f"h2: 403; prompts: {once}"),
            (WRONG, f"h2: 401; prompts: {once}, {once}"),
        ]:
            act = partial(visit_with_protocol, url, account)
            yield f"HTTP/2 {path} {account.text()}", expected, act


async def visit_with_protocol(url: str, account: Account) -> str:
    async with await page() as opened:
        description = with_prompts(opened, await opened.visit(url, account))
        return f"{opened.protocol}: {description}"


def several_challenges(server: Server):
    for layout, order, expected in [
        ("lines", "basic,md5", "200 mufasa; prompts: server digest"),
        ("lines", "md5,basic", "200 mufasa; prompts: server digest"),
        ("lines", "basic,sha-256,md5", "200 mufasa; prompts: server digest"),
        ("lines", "bearer,sha-512-256,sha-256,md5,basic", "200 mufasa; prompts: server digest"),
        # If one field line has several challenges, Chromium reads only the first.
        ("line", "basic,md5", "200 mufasa; prompts: server basic"),
        ("line", "md5,basic", "200 mufasa; prompts: server digest"),
        ("line", "bearer,sha-256,basic", "401; prompts: none"),
    ]:
        path = f"/multi/{layout}/{order}"
        yield path, expected, partial(visit, server.url(path), MUFASA)


def memory(server: Server):
    for path in ("/basic", "/digest/md5", "/digest/sha-256"):
        expected = "200 mufasa > 200 mufasa > 200 mufasa; prompts: none"
        yield f"{path}, three more pages", expected, partial(three_more, server, path)
    for algorithm in ("md5", "sha-256"):
        path = f"/digest-stale/{algorithm}"
        # When the server says that the nonce is stale, Chromium uses the new nonce and does not prompt.
        stale = "200 mufasa > 200 mufasa > 200 mufasa; prompts: none"
        yield f"{path}, three more pages", stale, partial(three_more, server, path)
    name = "a new browser context after a login"
    yield name, "401; prompts: server basic", partial(new_context, server)


async def three_more(server: Server, path: str) -> str:
    async with await page() as opened:
        await opened.visit(server.url(path + "/"), MUFASA)
        answers = [await opened.visit(server.url(f"{path}/{n}")) for n in range(3)]
        return with_prompts(opened, answers)


async def new_context(server: Server) -> str:
    async with await page() as opened:
        await opened.visit(server.url("/basic"), MUFASA)
        return await visit(server.url("/basic"))


def scripts(server: Server):
    for path, scheme in (("/basic", "basic"), ("/digest/md5", "digest"), ("/digest/sha-256", "digest")):
        once = f"server {scheme}"
        good = partial(fetched, server, path, "{}", MUFASA)
        yield f"fetch {path}", f"200 mufasa; prompts: {once}", good
        post = partial(fetched, server, path, "{method: 'POST', body: 'a=b'}", MUFASA)
        yield f"fetch {path} POST", f"200 mufasa; prompts: {once}", post
        wrong = partial(fetched, server, path, "{}", WRONG)
        yield f"fetch {path}, wrong", f"401; prompts: {once}, {once}", wrong
        omitted = partial(fetched, server, path, "{credentials: 'omit'}", MUFASA)
        yield f"fetch {path}, credentials: omit", "401; prompts: none", omitted
    for token, expected in [
        (TOKEN, "200 mufasa; prompts: none"),
        (LOW_TOKEN, "403 insufficient_scope; prompts: none"),
        ("another", "401 invalid_token; prompts: none"),
    ]:
        options = f"{{headers: {{Authorization: 'Bearer {token}'}}}}"
        act = partial(fetched, server, "/bearer", options)
        yield f"fetch /bearer, Bearer {token}", expected, act
    # From another origin, the browser sends a preflight first. It has no credentials, and no CORS layer answers it.
    options = f"{{headers: {{Authorization: 'Bearer {TOKEN}'}}}}"
    act = partial(fetched, server, server.url("/bearer"), options, origin="localhost")
    yield "fetch /bearer from another origin", "TypeError; prompts: none", act


async def fetched(server: Server, path: str, options: str, *typing: Account, origin: str = "127.0.0.1") -> str:
    async with await page() as opened:
        await opened.visit(f"http://{origin}:{server.address[1]}/public")
        return with_prompts(opened, await opened.fetch(path, options, typing))


def renderers(server: Server):
    """Renderers. A navigation is redirected to the login page. A script gets a 401 and causes no password prompt.

    A concealed route looks like a path that does not exist.
    """
    url = server.url("/login-redirect/a?b=c")
    login = "/login?return_to=%2Flogin-redirect%2Fa%3Fb%3Dc"
    yield "/login-redirect", f"200 nobody; prompts: none; at {login}", partial(redirected, url)
    tls = f"{server.tls}/login-redirect/a?b=c"
    yield "HTTP/2 /login-redirect", f"200 nobody; prompts: none; at {login}", partial(redirected, tls)
    yield "/login-redirect, from a form", "401; prompts: server basic", partial(posted, server)
    for options in ("{}", "{method: 'POST', body: 'a=b'}", "{headers: {Accept: 'text/html'}}"):
        act = partial(fetched, server, "/login-redirect", options, MUFASA)
        yield f"fetch /login-redirect {options}", "401; prompts: none", act
    for name in ("Basic", "xBasic"):
        encoded = base64.b64encode(COLON.text().encode()).decode()
        options = f"{{headers: {{Authorization: '{name} {encoded}'}}}}"
        act = partial(fetched, server, "/login-redirect", options)
        yield f"fetch /login-redirect, {name}", "200 colon; prompts: none", act
    yield "/concealed", "404; prompts: none", partial(visit, server.url("/concealed"), MUFASA)
    act = partial(fetched, server, "/concealed", "{}", MUFASA)
    yield "fetch /concealed", "404; prompts: none", act


async def redirected(url: str) -> str:
    async with await page() as opened:
        description = with_prompts(opened, await opened.visit(url))
        return f"{description}; at {await opened.run('location.pathname + location.search')}"


async def posted(server: Server) -> str:
    """Submits a form: a navigation that is not a GET. The server does not redirect it, so the browser prompts."""
    async with await page() as opened:
        await opened.visit(server.url("/public"))
        form = f"<form method=post action={server.url('/login-redirect')}></form>"
        return with_prompts(opened, await opened.go(f"document.body.innerHTML = `{form}`; document.forms[0].submit()"))


def proxy(server: Server):
    url = server.url("/proxy-auth")
    context = {"proxyServer": server.base, "proxyBypassList": "<-loopback>"}
    for account, expected in [
        (MUFASA, "200 mufasa; prompts: proxy digest"),
        (GUEST, "403; prompts: proxy digest"),
        (WRONG, "407; prompts: proxy digest, proxy digest"),
    ]:
        yield f"proxy, {account.text()}", expected, partial(visit, url, account, **context)
    yield "proxy, cancelled", "407; prompts: proxy digest", partial(visit, url, **context)


def forward_proxy(server: Server):
    """A forward proxy and an origin server that both require credentials."""
    context = {"proxyServer": server.proxy, "proxyBypassList": "<-loopback>"}
    url = server.url("/digest/sha-256")
    ada, wrong_password = Account("ada", "lovelace"), Account("ada", "wrong")
    both = "200 mufasa; prompts: proxy digest, server digest"
    yield "forward proxy, both prompts", both, partial(visit, url, ada, MUFASA, **context)
    cancelled = "407; prompts: proxy digest"
    yield "forward proxy, cancelled", cancelled, partial(visit, url, **context)
    wrong = "407; prompts: proxy digest, proxy digest"
    yield "forward proxy, wrong", wrong, partial(visit, url, wrong_password, **context)
