"""Restic: a repository on the S3 server."""

import os
from functools import partial

from server import SECRET, Server
from tools import BIG, run, same, targets


def cases(server: Server):
    for target in targets(server, "restic"):
        yield from life(target)


def life(target):
    name, restic = target.name, partial(do, target)
    big = target.file("data/big", os.urandom(BIG))
    target.file("data/ä b+c&d", b"text")
    yield f"{name}init", "done", lambda: restic("init")
    yield f"{name}backup, 20 MB", "done", lambda: restic("backup", "data")
    yield f"{name}snapshots", "1 snapshots", lambda: run_restic(target, "snapshots").splitlines()[-1]
    yield f"{name}restore", "done", lambda: restic("restore", "latest", "--target", "back")
    yield f"{name}the same", "True", lambda: same(big, target.file("back/data/big"))
    yield f"{name}check", "done", lambda: restic("check", "--read-data")
    yield f"{name}a second backup", "done", lambda: restic("backup", "back")
    yield f"{name}forget and prune", "done", lambda: restic("forget", "--keep-last", "1", "--prune", "--group-by", "")
    # It tries several times, for 7 seconds.
    if not name:
        yield "wrong secret", "fails with 1", lambda: restic("snapshots", AWS_SECRET_ACCESS_KEY=SECRET.lower())


def do(target, *arguments, **environment) -> str:
    answer = run_restic(target, *arguments, **environment)
    return answer if answer.startswith("fails") else "done"


def run_restic(target, *arguments, **environment) -> str:
    trust = ["--cacert", target.certificate] if target.certificate else []
    place = {"RESTIC_REPOSITORY": f"s3:{target.base}/restic-bucket/repo", "RESTIC_PASSWORD": "circle"}
    return run(target, "restic", *trust, *arguments, **place, **environment)
