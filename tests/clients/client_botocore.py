"""botocore's signer, for a service that is not S3: every form that it has."""

from datetime import timedelta
from functools import partial
from unittest.mock import patch

import botocore.auth
from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.compat import get_current_datetime
from botocore.credentials import Credentials
from botocore.httpsession import URLLib3Session

from answers import Answer, seen
from server import ACCESS_KEY_ID, REGION, SECRET, Server

GOOD = Credentials(ACCESS_KEY_ID, SECRET)
ADMITTED = "200 mufasa"
# Without `;`: botocore leaves out what follows it.
PATHS = ["", "/two", "/a%20b", "/a%2Fb", "/$&'()*+,=:@", "/%C3%A9", "?b=2&a=1", "?a", "?a=%2B%20%2F", "?a=&b=c%3Dd"]


def cases(server: Server):
    url = server.url("/sigv4")
    for form in (SigV4Auth, SigV4QueryAuth):
        for path in PATHS:
            yield case(f"{form.__name__} GET {path}", ADMITTED, form, "GET", url + path)
        # It takes a body into the query of a URL.
        bodies = (b"text", bytes(100_000)) if form is SigV4Auth else (b"", b"")
        for method, body in zip(("HEAD", "POST", "PUT"), (b"", *bodies)):
            yield case(f"{form.__name__} {method}", ADMITTED, form, method, url, body)
        # Paths that mean another: signed as `/sigv4`, and nothing that the route would be found by.
        yield case(f"{form.__name__} dots", "400", form, "GET", f"{url}/a/../b")
        yield from wrong(form, url)
        yield from late(form, url)
    yield "changed body", "401", partial(changed, url, body=b"other")
    yield "changed method", "401", partial(changed, url, method="PUT")
    yield "changed path", "401", partial(changed, f"{url}/two")
    yield "added field", "401", partial(changed, url, field="x-amz-target")


def wrong(form, url: str):
    for name, credentials in [
        ("wrong secret", Credentials(ACCESS_KEY_ID, SECRET.lower())),
        ("unknown key", Credentials("AKIDNOBODY", SECRET)),
        ("a token that there is not", Credentials(ACCESS_KEY_ID, SECRET, "token")),
    ]:
        yield case(f"{form.__name__} {name}", "401", form, "GET", url, credentials=credentials)
    yield case(f"{form.__name__} another region", "401 wrong_region", form, "GET", url, region="eu-west-1")
    yield case(f"{form.__name__} another service", "401 wrong_service", form, "GET", url, service="s3")


def late(form, url: str):
    in_url = form is SigV4QueryAuth
    early = "401 not_yet_valid" if in_url else "401 clock_skew"
    for minutes, expected in [(-14, ADMITTED), (14, ADMITTED), (16, early)]:
        yield case(f"{form.__name__} {minutes} minutes", expected, form, "GET", url, minutes=minutes)
    # A URL is good for an hour.
    expected = ADMITTED if in_url else "401 clock_skew"
    yield case(f"{form.__name__} -16 minutes", expected, form, "GET", url, minutes=-16)
    expected = "401 expired" if in_url else "401 clock_skew"
    yield case(f"{form.__name__} -61 minutes", expected, form, "GET", url, minutes=-61)


def case(name, expected, *asked, **more):
    return name, expected, lambda: seen(send(signed(*asked, **more)))


def signed(form, method, url, body=b"", credentials=GOOD, region=REGION, service="execute-api", minutes=0):
    request = AWSRequest(method, url, data=body)
    now = partial(moment, minutes)
    with patch.object(botocore.auth, "get_current_datetime", now):
        form(credentials, service, region).add_auth(request)
    return request


def moment(minutes: int, remove_tzinfo: bool = True):
    return get_current_datetime(remove_tzinfo) + timedelta(minutes=minutes)


def send(request: AWSRequest) -> Answer:
    response = URLLib3Session().send(request.prepare())
    return Answer(response.status_code, list(response.headers.items()), response.content)


def changed(url: str, method=None, body=None, field=None) -> str:
    """What was signed for `/sigv4` with POST and a body, sent as something else."""
    request = signed(SigV4Auth, "POST", url.removesuffix("/two"), b"text")
    request.url, request.method, request.data = url, method or request.method, body or request.data
    if field:
        request.headers[field] = "value"
    return seen(send(request))
