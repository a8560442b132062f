"""S3fs: a bucket as a folder."""

import os
import shutil
import time
from functools import partial
from pathlib import Path

from s3 import client
from server import ACCESS_KEY_ID, SECRET, Server
from tools import BIG, quiet, same, targets


def cases(server: Server):
    for target in targets(server, "s3fs"):
        # Without `/dev/fuse`, as in a container, no program can mount a bucket.
        yield from life(target) if os.access("/dev/fuse", os.W_OK) else [(f"{target.name}no /dev/fuse", "", str)]


def life(target):
    name, at = target.name, target.place / "at"
    at.mkdir(exist_ok=True)
    client(target.base, certificate=target.certificate).create_bucket(Bucket="s3fs-bucket")
    big = target.file("big", os.urandom(BIG))
    yield f"{name}mount", "done", lambda: mount(target, at, SECRET)
    yield f"{name}write, 20 MB", "True", lambda: (shutil.copyfile(big, at / "big"), same(big, at / "big"))[1]
    yield f"{name}mkdir", "folder", lambda: ((at / "folder").mkdir(), listed(at / "folder/.."))[1].replace("big ", "")
    yield f"{name}write in it", "text", lambda: ((at / "folder/ä b+c&d").write_text("text"), (at / "folder/ä b+c&d").read_text())[1]
    yield f"{name}rename", "big folder other", lambda: ((at / "folder/ä b+c&d").rename(at / "other"), listed(at))[1]
    yield f"{name}chmod", "0o100600", lambda: ((at / "other").chmod(0o600), oct((at / "other").stat().st_mode))[1]
    yield f"{name}unlink", "folder", lambda: ((at / "other").unlink(), (at / "big").unlink(), listed(at))[2]
    yield f"{name}rmdir", "", lambda: ((at / "folder").rmdir(), listed(at))[1]
    yield f"{name}unmount", "done", partial(quiet, target, "umount", at)
    yield f"{name}wrong secret", "not mounted", lambda: refused(target, at)


def mount(target, at: Path, secret: str) -> str:
    passwords = target.file("passwords", f"{ACCESS_KEY_ID}:{secret}".encode())
    passwords.chmod(0o600)
    trust = {"CURL_CA_BUNDLE": target.certificate} if target.certificate else {}
    options = f"passwd_file={passwords},url={target.base},use_path_request_style"
    return quiet(target, "s3fs", "s3fs-bucket", at, "-o", options, **trust)


def refused(target, at: Path) -> str:
    """It says that it has mounted, and then asks for the bucket."""
    mount(target, at, SECRET.lower())
    for _ in range(100):
        if str(at) not in Path("/proc/self/mounts").read_text():
            return "not mounted"
        time.sleep(0.1)
    quiet(target, "umount", at)
    return "mounted"


def listed(folder: Path) -> str:
    return " ".join(sorted(path.name for path in folder.iterdir()))
