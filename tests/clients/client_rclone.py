"""Rclone, with a remote of the kind `Other`."""

import os
from functools import partial

from server import ACCESS_KEY_ID, SECRET, Server
from tools import BIG, contains, fetch, quiet, run, same, targets

CONFIG = """[s3]
type = s3
provider = Other
access_key_id = {key}
secret_access_key = {secret}
endpoint = {base}
"""


def cases(server: Server):
    for target in targets(server, "rclone"):
        yield from life(target)


def life(target):
    name, rclone = target.name, partial(quiet, target, *command(target, SECRET))
    show = partial(run, target, *command(target, SECRET))
    big, files = target.file("data/big", os.urandom(BIG)), ["big", "small", "folder/ä b+c&d"]
    target.file("data/small", b"text")
    target.file("data/folder/ä b+c&d", b"text")
    yield f"{name}mkdir", "done", lambda: rclone("mkdir", "s3:rclone-bucket")
    yield f"{name}copy, up, 20 MB", "done", lambda: rclone("copy", "data", "s3:rclone-bucket/up")
    yield f"{name}ls", " ".join(files), lambda: contains(files, show("ls", "s3:rclone-bucket/up"))
    yield f"{name}check", "done", lambda: rclone("check", "data", "s3:rclone-bucket/up")
    yield f"{name}copy, down", "done", lambda: rclone("copy", "s3:rclone-bucket/up", "back")
    yield f"{name}the same", "True", lambda: same(big, target.file("back/big"))
    yield f"{name}copy, there", "done", lambda: rclone("copy", "s3:rclone-bucket/up", "s3:rclone-bucket/copy")
    yield f"{name}cat", "text", lambda: show("cat", "s3:rclone-bucket/copy/small")
    yield f"{name}link", "200 text", lambda: fetch(target, show("link", "s3:rclone-bucket/up/small"))
    yield f"{name}deletefile", "done", lambda: rclone("deletefile", "s3:rclone-bucket/copy/small")
    yield f"{name}delete", "done", lambda: rclone("delete", "s3:rclone-bucket/copy")
    yield f"{name}ls, nothing left", "", lambda: show("ls", "s3:rclone-bucket/copy")
    wrong = partial(quiet, target, *command(target, SECRET.lower(), "wrong"))
    yield f"{name}wrong secret", "fails with 1", lambda: wrong("copy", "data", "s3:rclone-bucket/up", "--retries", "1")
    # Rclone sends HEAD over HTTP/2, and does not say that a body broke the answer. Curl says so.
    yield f"{name}curl --head, HTTP/2, no signature", "403", partial(run, target, *head(target))
    yield f"{name}purge", "done", lambda: rclone("purge", "s3:rclone-bucket")


def head(target):
    version = ["--cacert", target.certificate] if target.certificate else ["--http2-prior-knowledge"]
    return ["curl", *version, "--silent", "--head", "--output", "/dev/null", "--write-out", "%{http_code}", target.base]


def command(target, secret: str, name: str = "rclone"):
    config = CONFIG.format(key=ACCESS_KEY_ID, secret=secret, base=target.base)
    path = target.file(f"{name}.conf", config.encode())
    return ["rclone", "--config", path, *(["--ca-cert", target.certificate] if target.certificate else [])]
