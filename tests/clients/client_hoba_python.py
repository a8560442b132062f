"""HOBA with keys of `cryptography`: registration, logins, sessions, further devices, and what is refused."""

from functools import partial

from hoba import REGISTER, Device, base64url, challenge_of, new_key
from server import Server


def cases(server: Server):
    for group in (registrations, logins, wrong, replays, sessions, devices):
        yield from group(server.base)


def seen(response) -> str:
    """The status, and whether the caller is greeted by his name."""
    words = response.text.split() if response.status_code == 200 else []
    return " ".join([str(response.status_code), *words[1:]])


def registered(base: str, **key) -> Device:
    device = Device(base, **key)
    device.register()
    return device


def registrations(base: str):
    device = Device(base)
    yield "register", "200 regok", device.register
    yield "register again", "200 regok", device.register
    yield "register 4096 bits", "200 regok", Device(base, new_key(4096)).register
    yield "register without a kid", "200 regok", partial(Device(base).register, kid="")
    yield "register with a name", "200 regok", partial(Device(base).register, did="Größe", didtype="0")
    yield "register 1024 bits", "400 -", Device(base, new_key(1024)).register
    yield "register the kid of another key", "400 -", partial(Device(base).register, kid=device.kid)
    yield "register a kid of type 2", "400 -", partial(Device(base).register, kidtype="2", kid="bXk")
    yield "register no key", "400 -", partial(Device(base).register, pub="")
    foreign = {"Origin": "https://evil.example"}
    yield "register from another origin", "403 -", partial(Device(base).register, fields=foreign)
    cross = {"Sec-Fetch-Site": "cross-site"}
    yield "register from another site", "403 -", partial(Device(base).register, fields=cross)
    json = {"Content-Type": "application/json"}
    yield "register as JSON", "415 -", partial(Device(base).register, fields=json)
    unknown = f"{REGISTER}?join={'A' * 43}"
    yield "register with an unknown invitation", "403 -", partial(Device(base).register, path=unknown)


def logins(base: str):
    device = registered(base)
    hello = f"200 {device.account}"
    yield "a challenge of 401", hello, lambda: seen(device.send(device.credentials(device.challenge())))
    yield "a challenge of getchal", hello, lambda: seen(device.signed())
    yield "POST", hello, lambda: seen(device.signed(method="POST"))
    yield "a path below", hello, lambda: seen(device.signed("/hoba/below?x=y"))
    yield "a token in place of a quoted string", hello, lambda: seen(device.send(unquoted(device)))
    yield "an unknown key", "401", lambda: seen(Device(base).signed())


def unquoted(device: Device) -> str:
    return device.credentials(device.fresh()).replace('"', "")


def wrong(base: str):
    device, other = registered(base), registered(base)
    for name, changed in [
        ("another origin", {"origin": "https://evil.example:443"}),
        ("an origin without a port", {"origin": device.origin.rsplit(":", 1)[0]}),
        ("another realm", {"realm": "interop"}),
        ("another algorithm", {"alg": "1"}),
        ("another kid", {"kid": other.kid}),
        ("another challenge", {"challenge": "AAAA"}),
        ("another nonce", {"nonce": "AAAA"}),
    ]:
        yield f"signed for {name}", "401", partial(lambda given: seen(device.send(device.credentials(device.fresh(), **given))), changed)
    yield "a kid of another device", "401", lambda: seen(device.send(device.credentials(device.fresh()).replace(device.kid, other.kid)))
    yield "a challenge that the server did not make", "401", lambda: seen(device.send(device.credentials(base64url(bytes(39)))))
    for name, field in [
        ("three parts", 'HOBA result="a.b.c"'),
        ("no result", 'HOBA realm="x"'),
        ("a token68", "HOBA a.b.c.d"),
        ("a padded kid", 'HOBA result="a=.b.c.d"'),
        ("an empty part", 'HOBA result="a..c.d"'),
    ]:
        yield name, "400", partial(lambda given: seen(device.send(given)), field)


def replays(base: str):
    device = registered(base)

    def twice() -> str:
        credentials = device.credentials(device.fresh())
        # Without cookies, so that the second request has nothing but the signature.
        answers = [Device(base, device.key).send(credentials) for _ in range(2)]
        fresh = challenge_of(answers[1])
        return f"{seen(answers[0])} > {seen(answers[1])} > {seen(device.send(device.credentials(fresh)))}"

    hello = f"200 {device.account}"
    yield "a repeated request, and its new challenge", f"{hello} > 401 > {hello}", twice

    def shared() -> str:
        challenge = device.fresh()
        answers = [Device(base, device.key).send(device.credentials(challenge)) for _ in range(2)]
        return " > ".join(map(seen, answers))

    yield "two signatures of one challenge", f"{hello} > 401", shared


def sessions(base: str):
    device = registered(base)
    hello = f"200 {device.account}"

    def session() -> str:
        first = device.signed()
        cookie = first.headers["set-cookie"].split("; ")
        kept = [part for part in cookie if part in ("HttpOnly", "SameSite=Strict", "Path=/")]
        return f"{seen(first)} {cookie[0].split('=')[0]} {' '.join(kept)} > {seen(device.send(None))}"

    yield "a cookie", f"{hello} hoba Path=/ HttpOnly SameSite=Strict > {hello}", session
    yield "POST of another origin", "401", lambda: seen(device.send(None, method="POST", Origin="https://evil.example"))
    yield "POST of the own origin", hello, lambda: seen(device.send(None, method="POST", Origin=base))

    def stolen_after_logout() -> str:
        cookie = device.http.cookies.get("hoba")
        logout = device.signed("/.well-known/hoba/logout", "POST")
        stolen = Device(base, device.key).send(None, Cookie=f"hoba={cookie}")
        return f"{logout.status_code} {device.http.cookies.get('hoba')} > {seen(stolen)} > {seen(device.signed())}"

    yield "logout", f"200 None > 401 > {hello}", stolen_after_logout
    yield "logout without a signature", "401", lambda: seen(device.send(None, "/.well-known/hoba/logout", "POST"))
    yield "logout with GET", "405", lambda: seen(device.signed("/.well-known/hoba/logout"))


def devices(base: str):
    first, second, third = registered(base), Device(base), Device(base)
    hello = f"200 {first.account}"

    def join() -> str:
        link = first.signed("/hoba/devices", "POST").headers["location"]
        return f"{second.register(link)} > {seen(second.signed())} > {third.register(link)}"

    yield "a second device, and a third with the same invitation", f"200 regok > {hello} > 403 -", join

    def remove() -> str:
        removal = first.signed(f"/hoba/devices/{second.kid}", "DELETE")
        by_cookie, by_key = second.send(None), second.signed()
        return f"{removal.status_code} > {seen(by_cookie)} > {seen(by_key)} > {seen(first.signed())}"

    yield "a removed device, by cookie and by key", f"204 > 401 > 401 > {hello}", remove
    other = registered(base)
    yield "a device of another account", "404", lambda: seen(other.signed(f"/hoba/devices/{first.kid}", "DELETE"))
    yield "an invitation for strangers", "401", lambda: seen(Device(base).send(None, "/hoba/devices", "POST"))
