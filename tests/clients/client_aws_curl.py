"""curl, with --aws-sigv4."""

from functools import partial

from answers import seen
from curl import curl, version
from server import ACCESS_KEY_ID, REGION, SECRET, Server

UNSIGNED = ["--header", "x-amz-content-sha256: UNSIGNED-PAYLOAD"]
TYPED = ["--header", "content-type: text/plain"]


def cases(server: Server):
    url = server.url("/sigv4")
    for name, target in [("", url), ("/two", f"{url}/two"), ("?a=1&b=2", f"{url}?a=1&b=2")]:
        for method, arguments in [("GET", []), ("HEAD", ["--head"]), ("PUT", ["--request", "PUT"])]:
            yield case(f"{method} {name}", "200 mufasa", *arguments, target)
    yield case("POST", "200 mufasa", *TYPED, "--data", "text", url)
    # Up to 7.88 at least, curl does not sign the type that it adds by itself.
    if version() <= (7, 88):
        yield case("POST, type not signed", "401", "--data", "text", url)
    yield case("HTTP/2", "200 mufasa", "--http2-prior-knowledge", url)
    yield case("TLS", "200 mufasa", "--cacert", server.certificate, f"{server.tls}/sigv4")
    yield case("wrong secret", "401", url, secret=SECRET.lower())
    yield case("unknown key", "401", url, key=ACCESS_KEY_ID.lower())
    yield case("another region", "401 wrong_region", url, region="eu-west-1")
    yield case("another service", "401 wrong_service", url, service="s3")
    yield from objects(server.url("/s3/bucket/curl"))


def objects(url: str):
    s3 = partial(case, service="s3", shown="status")
    yield s3("S3 PUT", "200", *UNSIGNED, "--request", "PUT", "--data", "text", *TYPED, url)
    yield s3("S3 GET", "200", *UNSIGNED, url)
    yield s3("S3 HEAD", "200", *UNSIGNED, "--head", url)
    yield s3("S3 DELETE", "204", *UNSIGNED, "--request", "DELETE", url)
    yield s3("S3 GET, no more", "404", *UNSIGNED, url)
    if version() <= (7, 88):
        yield s3("S3 GET, payload not named", "400", url)


def case(name, expected, *arguments, key=ACCESS_KEY_ID, secret=SECRET, region=REGION, service="execute-api", shown="all"):
    signed = ["--aws-sigv4", f"aws:amz:{region}:{service}", "--user", f"{key}:{secret}", *arguments]
    return name, expected, lambda: show(curl(*signed).answers, shown)


def show(answers, shown: str) -> str:
    return seen(answers) if shown == "all" else str(answers[-1].status)
