"""boto3: objects of the conformance server, and of the gateway."""

import os
import urllib.request
from functools import partial
from urllib.error import HTTPError

from s3 import client, told
from server import ACCESS_KEY_ID, SECRET, Server

KEYS = ["plain", "a b/c+d$e~f", "é/ü", "x//y", "k=v&w", "%2F", "../../etc/passwd~", ".hidden", "a/./b"]
CHECKSUMS = ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"]
BODIES = [b"", b"text", os.urandom(300_000)]


def cases(server: Server):
    for where, base, certificate in [
        ("/s3", server.url("/s3"), None),
        ("TLS /s3", f"{server.tls}/s3", server.certificate),
        ("gateway", server.gateway.base, None),
        ("TLS gateway", server.gateway_tls.base, server.certificate),
    ]:
        objects = client(base, certificate=certificate)
        yield from whole_life(where, objects)
        yield from checksums(where, objects)
        yield from strangers(where, base, certificate)
    yield from presigned("/s3", "401", client(server.url("/s3")))
    yield from presigned("gateway", "403", client(server.gateway.base))


def whole_life(where: str, objects):
    for key in KEYS:
        # Above the root there is nothing, for nobody; but below `/s3/boto` two steps up are not there yet.
        expected = "400" if key.startswith("..") and "gateway" in where else "same same same"
        yield f"{where}: {key}", expected, partial(told, partial(kept, objects, key))
    yield f"{where}: delete", "404", partial(told, partial(removed, objects))


def kept(objects, key: str) -> str:
    return " ".join(round_trip(objects, key, body) for body in BODIES)


def round_trip(objects, key: str, body: bytes, **more) -> str:
    objects.put_object(Bucket="boto", Key=key, Body=body, **more)
    length = objects.head_object(Bucket="boto", Key=key)["ContentLength"]
    same = objects.get_object(Bucket="boto", Key=key)["Body"].read() == body and length == len(body)
    return "same" if same else "another"


def removed(objects):
    objects.put_object(Bucket="boto", Key="gone", Body=b"text")
    objects.delete_object(Bucket="boto", Key="gone")
    return objects.get_object(Bucket="boto", Key="gone")


def checksums(where: str, objects):
    """In a field in clear, and in a trailer through TLS."""
    for algorithm in CHECKSUMS:
        act = partial(round_trip, objects, algorithm, BODIES[-1], ChecksumAlgorithm=algorithm)
        yield f"{where}: {algorithm}", "same", partial(told, act)


def strangers(where: str, base: str, certificate: str | None):
    for name, key, secret in [
        ("wrong secret", ACCESS_KEY_ID, SECRET.lower()),
        ("unknown key", "AKIDNOBODY", SECRET),
    ]:
        objects = client(base, key, secret, certificate)
        # The gateway answers as AWS does.
        refused = "403 SignatureDoesNotMatch" if "gateway" in where else "401"
        yield f"{where}: {name}", refused, partial(told, partial(objects.get_object, Bucket="boto", Key="plain"))
        put = partial(objects.put_object, Bucket="boto", Key="plain", Body=b"worm")
        yield f"{where}: {name}, PUT", refused, partial(told, put)


def presigned(where: str, refused: str, objects):
    for method, body in [("put_object", b"by a URL"), ("get_object", None), ("head_object", None), ("delete_object", None)]:
        url = objects.generate_presigned_url(method, {"Bucket": "boto", "Key": "a b/url+"}, ExpiresIn=60)
        verb = method.split("_")[0].upper()
        yield f"{where}: presigned {verb}, changed", refused, partial(fetch, verb, url.replace("url", "uri"), body)
        yield f"{where}: presigned {verb}", "204" if verb == "DELETE" else "200", partial(fetch, verb, url, body)


def fetch(verb: str, url: str, body: bytes | None) -> str:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body, method=verb)) as response:
            return str(response.status)
    except HTTPError as error:
        return str(error.code)
