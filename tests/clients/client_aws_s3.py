"""The AWS command line on the S3 server, without a setting."""

import os
import sys
from functools import partial
from pathlib import Path

from server import REGION, SECRET, Server
from tools import BIG, contains, fetch, quiet, run, same, targets


def cases(server: Server):
    for target in targets(server, "aws"):
        yield from life(target)


def life(target):
    name, aws, show = target.name, partial(do, target, quiet), partial(do, target, run)
    bucket, files = "s3://aws-bucket", ["up/big", "up/small", "up/ä b+c&d"]
    big = target.file("data/big", os.urandom(BIG))
    target.file("data/small", b"text")
    target.file("data/ä b+c&d", b"text")
    yield f"{name}mb", "done", lambda: aws("mb", bucket)
    yield f"{name}cp, up, 20 MB", "done", lambda: aws("cp", "--recursive", "data", f"{bucket}/up")
    yield f"{name}ls", " ".join(files), lambda: contains(files, show("ls", "--recursive", bucket))
    yield f"{name}ls, folders", "PRE up/", lambda: " ".join(show("ls", bucket).split())
    yield f"{name}sync, nothing new", "", lambda: show("sync", "data", f"{bucket}/up")
    yield f"{name}cp, down", "done", lambda: aws("cp", "--recursive", f"{bucket}/up", "back")
    yield f"{name}the same", "True", lambda: same(big, target.file("back/big"))
    yield f"{name}cp, there", "done", lambda: aws("cp", f"{bucket}/up/big", f"{bucket}/copy/big")
    yield f"{name}presign", "400 InvalidRequest, set s3v4", lambda: fetch(target, show("presign", f"{bucket}/up/small"))
    config = str(target.file("config", b"[default]\ns3 =\n  signature_version = s3v4\n"))
    version_4 = partial(show, AWS_CONFIG_FILE=config)
    yield f"{name}presign, s3v4", "200 text", lambda: fetch(target, version_4("presign", f"{bucket}/up/small"))
    yield f"{name}rm", "done", lambda: aws("rm", f"{bucket}/copy/big")
    yield f"{name}rb, not empty", "fails with 1", lambda: aws("rb", bucket)
    yield f"{name}rm --recursive", "done", lambda: aws("rm", "--recursive", bucket)
    yield f"{name}ls, nothing left", "", lambda: show("ls", bucket)
    wrong = partial(aws, AWS_SECRET_ACCESS_KEY=SECRET.lower())
    yield f"{name}wrong secret", "fails with 1", lambda: wrong("cp", "data/small", f"{bucket}/worm")
    unknown = partial(aws, AWS_ACCESS_KEY_ID="AKIDNOBODY")
    yield f"{name}unknown key", "fails with 1", lambda: unknown("cp", "data/small", f"{bucket}/worm")
    yield f"{name}rb", "done", lambda: aws("rb", bucket)
    yield f"{name}ls, no bucket", "fails with 255", lambda: aws("ls", bucket)


def do(target, how, *arguments, **environment) -> str:
    trust = {"AWS_CA_BUNDLE": target.certificate} if target.certificate else {}
    command = [Path(sys.executable).with_name("aws"), "--endpoint-url", target.base, "s3", *arguments]
    progress = ["--no-progress"] if arguments[0] in ("cp", "sync") else []
    return how(target, *command, *progress, AWS_DEFAULT_REGION=REGION, **trust, **environment)
