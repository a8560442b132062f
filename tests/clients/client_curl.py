"""curl, over HTTP/1.1 and HTTP/2."""

from functools import partial
from itertools import permutations
from tempfile import NamedTemporaryFile

from answers import seen
from curl import curl, version
from digest import used
from server import COLON, GUEST, GUILD, JASON, LOW_TOKEN, MUFASA, NOBODY, ODD, TOKEN, WRONG, Account, Server
from server import APPLICATION_TOKEN, TOKEN_AS_NAME, TOKENS_IN_BASIC, TOKENS_IN_BEARER
from tokens import own_token, token_cases

ADMITTED = "401 > 200 mufasa"
REFUSED = "401 > 401"
LARGE = "x" * 100_000


def cases(server: Server):
    groups = (basic, bearer, application_tokens, api_keys, jwt, digest, digests, versions, several_challenges, many_requests, uploads, proxy, others, shown)
    for group in groups:
        yield from group(server)


def case(name: str, expected: str, *arguments: str):
    return name, expected, partial(ask, *arguments)


def ask(*arguments: str) -> str:
    return seen(curl(*arguments).answers)


def user(account: Account) -> list[str]:
    return ["--user", account.text()]


def basic(server: Server):
    url = server.url("/basic")
    for account, expected in [
        (MUFASA, "200 mufasa"),
        (JASON, "200 Jäsøn Doe"),
        (COLON, "200 colon"),
        (GUEST, "403"),
        (WRONG, "401"),
        (NOBODY, "401"),
        (Account("mufasa", ""), "401"),
        (Account("", "Circle of Life"), "401"),
        (Account("guest", "Circle of Life"), "401"),
        (Account("Mufasa", "Circle of Life"), "401"),
    ]:
        yield case(f"--basic {account.text()}", expected, "--basic", *user(account), url)
    yield case("--basic, account in the URL", "200 Jäsøn Doe", "--basic", server.url("/basic", JASON))
    yield case("no credentials", "401", url)
    chunked = ["--header", "Transfer-Encoding: chunked", "--data", LARGE]
    for name, arguments in [*methods(), ("POST, chunked", chunked)]:
        yield case(f"--basic {name}", "200 mufasa", "--basic", *user(MUFASA), *arguments, url)
        yield case(f"no credentials, {name}", "401", *arguments, url)
    for path in ("/two", ODD, "/%2e%2e/public"):
        there = ["--path-as-is", server.url("/basic" + path)]
        yield case(f"--basic /basic{path}", "200 mufasa", "--basic", *user(MUFASA), *there)
        yield case(f"no credentials, /basic{path}", "401", *there)
    yield case("--anyauth /basic", ADMITTED, "--anyauth", *user(MUFASA), url)
    yield case("--anyauth /basic, wrong", REFUSED, "--anyauth", *user(WRONG), url)
    # curl answers only what it was allowed to, and there is no such challenge.
    yield case("--digest /basic", "401", "--digest", *user(MUFASA), url)


def application_tokens(server: Server):
    for path, account, expected in TOKENS_IN_BASIC:
        yield case(f"--user {account.text()} {path}", expected, *user(account), server.url(path))
    yield case("--user, then no password to ask for", "200 mufasa", "--basic", server.url("/basic-token-as-name", TOKEN_AS_NAME))
    for path, token, expected in TOKENS_IN_BEARER:
        yield case(f"--oauth2-bearer {token} {path}", expected, "--oauth2-bearer", token, server.url(path))


def api_keys(server: Server):
    url = server.url("/api-key")
    for name, expected, arguments in [
        ("right", "200 mufasa", key(APPLICATION_TOKEN)),
        ("HTTP/2", "200 mufasa", ["--http2-prior-knowledge", *key(APPLICATION_TOKEN)]),
        ("wrong", "401", key(APPLICATION_TOKEN[:-1])),
        ("none", "401", []),
        ("empty", "400", ["--header", "X-Api-Key;"]),
        ("twice", "400", [*key(APPLICATION_TOKEN), *key(APPLICATION_TOKEN)]),
        ("twice, HTTP/2", "400", ["--http2-prior-knowledge", *key(APPLICATION_TOKEN), *key(APPLICATION_TOKEN)]),
        ("UTF-8", "400", key("é")),
        ("beside a token", "200 mufasa", [*key(APPLICATION_TOKEN), "--oauth2-bearer", "another"]),
    ]:
        yield case(f"X-Api-Key, {name}", expected, *arguments, url)
    yield case("X-Api-Key in the query", "401", f"{url}?x-api-key={APPLICATION_TOKEN.replace('|', '%7C')}")
    yield case("--oauth2-bearer /api-key", "401", "--oauth2-bearer", APPLICATION_TOKEN, url)


def key(text: str) -> list[str]:
    return ["--header", f"X-Api-Key: {text}"]


def methods():
    yield "HEAD", ["--head"]
    yield "POST", ["--data", "a=b"]
    yield "PUT", ["--request", "PUT", "--data-binary", LARGE]


def bearer(server: Server):
    url = server.url("/bearer")
    for token, expected in [
        (TOKEN, "200 mufasa"),
        (LOW_TOKEN, "403 insufficient_scope"),
        ("another", "401 invalid_token"),
        (TOKEN[:-1], "401 invalid_token"),
        (TOKEN.upper(), "401 invalid_token"),
        # RFC 6750 section 3.1: a request that is malformed.
        ("two words", "400 invalid_request"),
    ]:
        yield case(f"--oauth2-bearer {token}", expected, "--oauth2-bearer", token, url)
    # RFC 6750 section 3.1: without credentials, no error code.
    yield case("no token", "401", url)
    yield case("--basic /bearer", "401", "--basic", *user(MUFASA), url)
    yield case("--oauth2-bearer /basic", "401", "--oauth2-bearer", TOKEN, server.url("/basic"))
    # RFC 6750 section 2.3: tokens in the query are not taken.
    yield case("token in the query", "401", f"{url}?access_token={TOKEN}")
    yield case("token in the body", "401", "--data", f"access_token={TOKEN}", url)
    for name, arguments in methods():
        good = ["--oauth2-bearer", TOKEN, *arguments, server.url("/bearer" + ODD)]
        yield case(f"--oauth2-bearer {name}", "200 mufasa", *good)


def jwt(server: Server):
    for name, path, token, expected in token_cases(server):
        yield case(f"--oauth2-bearer JWT, {name}", expected, "--oauth2-bearer", token, server.url(path))
        http2 = ["--http2-prior-knowledge", "--oauth2-bearer", token, server.url(path)]
        yield case(f"HTTP/2 --oauth2-bearer JWT, {name}", expected, *http2)
    # No scheme sees a credentials field above 16 KiB.
    long = own_token(server, scope="s" * 13_000)
    yield case("--oauth2-bearer JWT, 17 KB", "400 invalid_request", "--oauth2-bearer", long, server.url("/jwt"))


def digest(server: Server):
    for algorithm in ("md5", "sha-256", "sha-512-256"):
        url = server.url(f"/digest/{algorithm}")
        right = admits(algorithm)
        for account, expected in [
            (MUFASA, "401 > 200 mufasa"),
            (JASON, "401 > 200 Jäsøn Doe"),
            (COLON, "401 > 200 colon"),
            (GUEST, "401 > 403"),
            (WRONG, REFUSED),
            (NOBODY, REFUSED),
        ]:
            expected = expected if right else REFUSED
            name = f"--digest {algorithm} {account.text()}"
            yield case(name, expected, "--digest", *user(account), url)
        # It escapes the backslash, and both routes read the same name.
        for path in (f"/digest/{algorithm}", f"/digest-quirks/{algorithm}"):
            expected = f"401 > 200 {GUILD.name}" if right else REFUSED
            escaped = ["--digest", *user(GUILD), server.url(path)]
            yield case(f"--digest {path} {GUILD.name}", expected, *escaped)
        yield case(f"no credentials, {algorithm}", "401", url)
        yield case(f"--basic {algorithm}", "401", "--basic", *user(MUFASA), url)
        for name, arguments in methods():
            sent = ["--digest", *user(MUFASA), *arguments, url]
            yield case(f"--digest {algorithm} {name}", ADMITTED if right else REFUSED, *sent)
        odd = ["--digest", *user(MUFASA), url + ODD]
        yield case(f"--digest {algorithm} {ODD}", ADMITTED if right else REFUSED, *odd)


def digests(server: Server):
    """What curl makes of the rest of Digest."""
    for algorithm in ("md5", "sha-256", "sha-512-256"):
        admitted = ADMITTED if admits(algorithm) else REFUSED
        for path in (
            f"/digest/{algorithm}-sess",
            f"/digest-noqop/{algorithm}",
            f"/digest-userhash/{algorithm}",
            f"/digest-both-qop/{algorithm}",
            f"/digest-auth-int/{algorithm}",
            f"/digest-nextnonce/{algorithm}",
            f"/digest-rspauth/{algorithm}",
        ):
            url = server.url(path + ODD)
            for account, expected in [
                (MUFASA, admitted),
                (JASON, admitted.replace("mufasa", "Jäsøn Doe")),
                (WRONG, REFUSED),
                (NOBODY, REFUSED),
            ]:
                yield case(f"--digest {path} {account.text()}", expected, "--digest", *user(account), url)
            yield case(f"--digest {path} HEAD", admitted, "--digest", *user(MUFASA), "--head", url)
            # Where nothing else is offered it takes auth-int, and leaves the body out of it.
            taken = REFUSED if path.startswith("/digest-auth-int") else admitted
            yield case(f"--digest {path} POST", taken, "--digest", *user(MUFASA), "--data", "a=b", url)


def admits(algorithm: str) -> bool:
    """curl up to 8.6 computes plain SHA-256 under the name SHA-512-256: what proves nothing must be refused."""
    return algorithm != "sha-512-256" or version() >= (8, 7)


def versions(server: Server):
    """Over HTTP/2 a target has a scheme and an authority, which no client puts into its digest."""
    tls = ["--http2", "--cacert", server.certificate]
    yield from version_of_http("HTTP/2, TLS", server.tls, tls)
    yield from version_of_http("HTTP/1.1, TLS", server.tls, ["--http1.1", "--cacert", server.certificate])
    yield from version_of_http("HTTP/1.0", server.base, ["--http1.0"])
    prior = "--http2-prior-knowledge"
    # Up to 7.88 at least, curl cannot ask twice on such a connection, whatever the server is.
    if version() > (7, 88):
        yield from version_of_http("HTTP/2", server.base, [prior])
    for account, expected in [(MUFASA, "200 mufasa"), (GUEST, "403"), (WRONG, "401")]:
        once = [prior, "--basic", *user(account), server.url("/basic" + ODD)]
        yield case(f"HTTP/2, one request, {account.text()}", expected, *once)


def version_of_http(name: str, base: str, how: list[str]):
    yield f"{name}: what is spoken", name.split(",")[0], partial(spoken, *how, f"{base}/public")
    for account, expected in [(MUFASA, "200 mufasa"), (JASON, "200 Jäsøn Doe"), (GUEST, "403"), (WRONG, "401")]:
        sent = [*how, "--basic", *user(account), f"{base}/basic{ODD}"]
        yield case(f"{name} --basic {account.text()}", expected, *sent)
    for token, expected in [(TOKEN, "200 mufasa"), (LOW_TOKEN, "403 insufficient_scope"), ("x", "401 invalid_token")]:
        sent = [*how, "--oauth2-bearer", token, f"{base}/bearer"]
        yield case(f"{name} --oauth2-bearer {token}", expected, *sent)
    for algorithm in ("md5", "sha-256"):
        url = f"{base}/digest/{algorithm}{ODD}"
        for account, expected in [
            (MUFASA, ADMITTED),
            (JASON, "401 > 200 Jäsøn Doe"),
            (GUEST, "401 > 403"),
            (WRONG, REFUSED),
        ]:
            sent = [*how, "--digest", *user(account), url]
            yield case(f"{name} --digest {algorithm} {account.text()}", expected, *sent)
        for method, arguments in methods():
            sent = [*how, "--digest", *user(MUFASA), *arguments, url]
            yield case(f"{name} --digest {algorithm} {method}", ADMITTED, *sent)


def spoken(*arguments: str) -> str:
    request_line = curl(*arguments).requests[0][0]
    return request_line.split(" ")[-1]


def uploads(server: Server):
    """A server that refuses an upload before it has arrived: the client must see the 401."""
    tls = ["--cacert", server.certificate]
    for name, base, how in [
        ("HTTP/1.1", server.base, ["--header", "Expect:"]),
        ("HTTP/1.1, Expect: 100-continue", server.base, []),
        ("HTTP/1.0, TLS", server.tls, ["--http1.0", *tls]),
        ("HTTP/2", server.base, ["--http2-prior-knowledge"]),
        ("HTTP/2, TLS", server.tls, ["--http2", *tls]),
    ]:
        yield f"{name} no credentials, 5 MB", "401", partial(upload, *how, f"{base}/basic")


def upload(*arguments: str) -> str:
    with NamedTemporaryFile() as file:
        file.write(b"x" * 5_000_000)
        file.flush()
        return ask("--upload-file", file.name, *arguments)


def several_challenges(server: Server):
    for layout in ("lines", "line"):
        for order in permutations(["basic", "md5", "sha-256"]):
            path = f"/multi/{layout}/{','.join(order)}"
            url = server.url(path)
            yield case(f"--anyauth {path}", ADMITTED, "--anyauth", *user(MUFASA), url)
            yield case(f"--anyauth {path}, wrong", REFUSED, "--anyauth", *user(WRONG), url)
            yield case(f"--basic {path}", "200 mufasa", "--basic", *user(MUFASA), url)
            yield case(f"--digest {path}", ADMITTED, "--digest", *user(MUFASA), url)
        path = f"/multi/{layout}/bearer,basic,sha-256"
        yield case(f"--oauth2-bearer {path}", "200 mufasa", "--oauth2-bearer", TOKEN, server.url(path))
        yield case(f"no credentials, {path}", "401", server.url(path))


def many_requests(server: Server):
    for algorithm in ("md5", "sha-256"):
        urls = [server.url(f"/digest/{algorithm}/{number}") for number in range(4)]
        sent = ["--digest", *user(MUFASA), *urls]
        # The command forgets a challenge with the transfer that it was for: four nonces, on one connection.
        yield case(f"--digest {algorithm}, 4 targets", " > ".join([ADMITTED] * 4), *sent)
        expected = "connections 1, nonces 4, counts 1 1 1 1"
        yield f"--digest {algorithm}, 4 targets: nonces", expected, partial(nonces, *sent)
    two = ["--digest", *user(MUFASA), server.url("/digest/sha-256/a")]
    next_space = ["--next", "--digest", *user(COLON), server.url("/digest/md5/b")]
    yield case("--next, two accounts", f"{ADMITTED} > 401 > 200 colon", *two, *next_space)
    without = ["--next", server.url("/digest/sha-256/a")]
    yield case("--next, no credentials any more", f"{ADMITTED} > 401", *two, *without)
    basic_then_none = ["--basic", *user(MUFASA), server.url("/basic"), "--next", server.url("/basic")]
    yield case("--next after --basic", "200 mufasa > 401", *basic_then_none)


def nonces(*arguments: str) -> str:
    exchange = curl(*arguments)
    return f"connections {exchange.connections}, {used(exchange.authorizations())}"


def proxy(server: Server):
    url = server.url("/proxy-auth" + ODD)
    through = ["--proxy", server.base, url]
    wrong = ["--proxy-user", WRONG.text(), *through]
    good = ["--proxy-user", MUFASA.text(), *through]
    yield case("through a proxy, no credentials", "407", *through)
    yield case("not through a proxy, --proxy-auth", "407", url)
    yield case("--user /proxy-auth", "407", "--basic", *user(MUFASA), *through)
    yield case("--proxy-basic", "200 mufasa", "--proxy-basic", *good)
    yield case("--proxy-basic, wrong", "407", "--proxy-basic", *wrong)
    yield case("--proxy-basic, guest", "403", "--proxy-basic", "--proxy-user", GUEST.text(), *through)
    yield case("--proxy-digest", "407 > 200 mufasa", "--proxy-digest", *good)
    yield case("--proxy-digest, wrong", "407 > 407", "--proxy-digest", *wrong)
    yield case("--proxy-digest POST", "407 > 200 mufasa", "--proxy-digest", "--data", LARGE, *good)
    yield case("--proxy-anyauth", "407 > 200 mufasa", "--proxy-anyauth", *good)


def others(server: Server):
    yield case("/public", "200 nobody", server.url("/public"))
    url = server.url("/optional")
    yield case("/optional", "200 nobody", url)
    yield case("/optional --basic", "200 mufasa", "--basic", *user(MUFASA), url)
    # Absent credentials pass; bad ones never do.
    yield case("/optional --basic, wrong", "401", "--basic", *user(WRONG), url)
    yield case("/optional, malformed", "400", "--header", "Authorization: Basic", url)
    yield case("/optional, a scheme that is not ours", "401", "--header", "Authorization: Foo bar", url)


def shown(server: Server):
    """What a refused client is shown."""
    url = server.url("/concealed")
    yield case("/concealed", "404", url)
    yield case("/concealed, no such route", "404", server.url("/conceale"))
    yield case("/concealed --basic", "200 mufasa", "--basic", *user(MUFASA), url)
    yield case("/concealed --basic, wrong", "404", "--basic", *user(WRONG), url)
    yield case("/concealed --basic, guest", "404", "--basic", *user(GUEST), url)
    yield case("/concealed, malformed", "404", "--header", "Authorization: Basic", url)
    # It asks first, and is told of nothing to answer.
    yield case("/concealed --anyauth", "404", "--anyauth", *user(MUFASA), url)
    url, page = server.url("/login-redirect"), ["--header", "Accept: text/html"]
    yield case("/login-redirect", "401", url)
    yield case("/login-redirect --basic", "200 mufasa", "--basic", *user(MUFASA), url)
    yield case("/login-redirect --anyauth", ADMITTED, "--anyauth", *user(MUFASA), url)
    yield case("/login-redirect, JSON", "401", "--header", "Accept: application/json", url)
    for name, arguments in methods():
        expected = "303" if name == "HEAD" else "401"
        yield case(f"/login-redirect, HTML, {name}", expected, *page, *arguments, url)
    yield case("/login-redirect, HTML", "303", *page, url)
    yield case("/login-redirect, HTML, wrong", "401", *page, "--basic", *user(WRONG), url)
    yield case("/login-redirect, HTML --location", "303 > 200 nobody", "--location", *page, url)
    yield from fields_of_others(url)
    there = "/login?return_to=%2Flogin-redirect%2Fa%3Bb%3Dc%3Fx%3D%252F%26y%3Da%2Cb"
    yield f"/login-redirect{ODD}: where to", there, partial(location, *page, url + ODD)


def fields_of_others(url: str):
    """curl with the fields of clients that name HTML, and of an app that shows pages in Android's WebView."""
    browser = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"
    simple = "application/vnd.pypi.simple.v1"
    for client, accept, expected in [
        ("Chromium", browser, "303"),
        ("w3m", "text/html, text/*;q=0.5, image/*, application/*", "303"),
        ("pip", f"{simple}+json, {simple}+html; q=0.1, text/html; q=0.01", "401"),
        ("Java", "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2", "401"),
    ]:
        fields = ["--header", f"Accept: {accept}"]
        yield case(f"/login-redirect, as {client}", expected, *fields, url)
    for requested, expected in [("org.example.app", "303"), ("XMLHttpRequest", "401")]:
        fields = ["--header", f"Accept: {browser}", "--header", f"X-Requested-With: {requested}"]
        yield case(f"/login-redirect, X-Requested-With: {requested}", expected, *fields, url)


def location(*arguments: str) -> str:
    return ", ".join(curl(*arguments).answers[0].all("location"))
