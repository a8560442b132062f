"""S3cmd, which signs for the region `US` first."""

import os
from functools import partial

from server import ACCESS_KEY_ID, SECRET, Server
from tools import BIG, contains, fetch, quiet, run, same, targets

CONFIG = """[default]
access_key = {key}
secret_key = {secret}
host_base = {authority}
host_bucket = {authority}
use_https = {https}
"""


def cases(server: Server):
    for target in targets(server, "s3cmd"):
        yield from life(target)


def life(target):
    name, s3cmd = target.name, partial(quiet, target, *command(target, SECRET))
    show, bucket = partial(run, target, *command(target, SECRET)), "s3://s3cmd-bucket"
    big, files = target.file("big", os.urandom(BIG)), ["up/big", "up/small", "up/ä b+c&d"]
    target.file("small", b"text")
    target.file("ä b+c&d", b"text")
    target.file("back/big", b"")
    yield f"{name}mb", "done", lambda: s3cmd("mb", bucket)
    yield f"{name}put, 20 MB", "done", lambda: s3cmd("put", "big", "small", "ä b+c&d", f"{bucket}/up/")
    yield f"{name}ls", " ".join(files), lambda: contains(files, show("ls", f"{bucket}/up/"))
    yield f"{name}info", "text/plain", lambda: contains(["text/plain"], show("info", f"{bucket}/up/small"))
    yield f"{name}get", "done", lambda: s3cmd("get", "--recursive", "--force", f"{bucket}/up/", "back/")
    yield f"{name}the same", "True", lambda: same(big, target.file("back/big"))
    yield f"{name}cp", "done", lambda: s3cmd("cp", f"{bucket}/up/small", f"{bucket}/copy/small")
    signed = partial(show, "signurl", f"{bucket}/up/small", "+60")
    yield f"{name}signurl", "400 InvalidRequest, set s3v4", lambda: fetch(target, target.base + after(target, signed()))
    yield f"{name}rb, not empty", "fails with 13", lambda: s3cmd("rb", bucket)
    yield f"{name}del", "done", lambda: s3cmd("del", f"{bucket}/copy/small")
    yield f"{name}del --recursive", "done", lambda: s3cmd("del", "--recursive", "--force", f"{bucket}/up/")
    yield f"{name}ls, nothing left", "", lambda: show("ls", "--recursive", bucket)
    version_2 = partial(run, target, *command(target, SECRET), "--signature-v2", check=False)
    yield f"{name}--signature-v2", "s3v4", lambda: contains(["s3v4"], version_2("ls", bucket))
    wrong = partial(quiet, target, *command(target, SECRET.lower(), "wrong"))
    yield f"{name}wrong secret", "fails with 77", lambda: wrong("put", "small", f"{bucket}/worm")
    yield f"{name}rb", "done", lambda: s3cmd("rb", bucket)


def after(target, url: str) -> str:
    """The part of a URL after the address: s3cmd writes `http:` before an address with TLS, too."""
    return url.partition(target.authority)[2]


def command(target, secret: str, name: str = "s3cmd"):
    config = {"key": ACCESS_KEY_ID, "secret": secret, "authority": target.authority, "https": bool(target.certificate)}
    path = target.file(f"{name}.cfg", CONFIG.format(**config).encode())
    trust = ["--ca-certs", target.certificate] if target.certificate else []
    return ["s3cmd", "--config", path, "--no-progress", *trust]
