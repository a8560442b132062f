"""Uploads of a GiB: in signed chunks, and in unsigned ones from boto3. The gateway must not keep them in memory."""

import io
import sys
from functools import partial
from pathlib import Path

from chunked import Upload
from s3 import client, told
from server import Gateway, Server

GIB = 1 << 30
CHUNK = bytes(range(256)) * 256
# How much more memory an upload may take, in MiB.
MOST = 64


def cases(server: Server):
    plain, tls = server.gateway, server.gateway_tls
    objects = client(plain.base)
    through_tls = client(tls.base, certificate=server.certificate)
    upload = partial(Upload, plain.base, "/uploads/gib", CHUNK)
    whole = GIB // len(CHUNK)
    yield "signed chunks, 1 GiB", "200, little memory", lambda: measured(plain, lambda: upload(whole).send())
    yield "its length", str(GIB), lambda: length(objects)
    # Nothing takes the object's place but all of a body that has verified.
    for name, spoilt in [("first", 0), ("hundredth", 99), ("last", 199)]:
        yield f"signed chunks, {name} is wrong", "403", lambda spoilt=spoilt: str(upload(200).send(spoil_chunk=spoilt))
    yield "signed chunks, trailer is wrong", "403", lambda: str(upload(200).send(spoil_trailer=True))
    yield "its length, still", str(GIB), lambda: length(objects)
    put = partial(through_tls.put_object, Bucket="uploads", Key="gib", ContentLength=GIB)
    yield "boto3, TLS, 1 GiB", "200, little memory", lambda: measured(tls, lambda: status(put(Body=Endless(GIB))))
    yield "its length, TLS", str(GIB), lambda: length(through_tls)
    for where in (objects, through_tls):
        yield "removed", "404", partial(told, partial(removed, where))


class Endless(io.RawIOBase):
    """A stream that nobody can go back in."""

    def __init__(self, size: int):
        self._left = size

    def read(self, size: int = -1) -> bytes:
        size = min(self._left, size if size >= 0 else self._left)
        self._left -= size
        return (CHUNK * (size // len(CHUNK) + 1))[:size]

    def seekable(self) -> bool:
        return False

    def readable(self) -> bool:
        return True


def measured(gateway: Gateway, act) -> str:
    before = memory(gateway, "VmRSS")
    answer = act()
    grown = memory(gateway, "VmHWM") - before
    print(f"upload: 1 GiB took {grown} MiB of memory, from {before} MiB", file=sys.stderr)
    return f"{answer}, {'little memory' if grown <= MOST else f'{grown} MiB'}"


def memory(gateway: Gateway, name: str) -> int:
    """In MiB, as Linux tells it."""
    for line in Path(f"/proc/{gateway.process}/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) // 1024
    raise ValueError(name)


def length(objects) -> str:
    return str(objects.head_object(Bucket="uploads", Key="gib")["ContentLength"])


def status(response: dict) -> int:
    return response["ResponseMetadata"]["HTTPStatusCode"]


def removed(objects):
    objects.delete_object(Bucket="uploads", Key="gib")
    return objects.head_object(Bucket="uploads", Key="gib")
