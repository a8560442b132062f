"""Command line tools on the S3 server, each as it is installed: with the account, the address and the certificate."""

import os
import ssl
import subprocess
import sys
import urllib.request
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple
from urllib.error import HTTPError
from urllib.parse import urlsplit

from server import ACCESS_KEY_ID, SECRET, Server

# Above the 16 MiB that a whole body may have elsewhere, and in several parts for clients that upload in parts.
BIG = 20_000_000
# Gone with this process.
PLACE = TemporaryDirectory()


class Target(NamedTuple):
    """One of the two S3 servers, and a folder for the files of a client."""

    name: str
    base: str
    certificate: str | None
    place: Path

    @property
    def authority(self) -> str:
        return urlsplit(self.base).netloc

    def file(self, name: str, content: bytes | None = None) -> Path:
        path = self.place / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if content is not None:
            path.write_bytes(content)
        return path


def targets(server: Server, client: str):
    for name, base, certificate in [("", server.s3, None), ("TLS ", server.s3_tls, server.certificate)]:
        place = Path(PLACE.name) / client / (name.strip() or "plain")
        place.mkdir(parents=True, exist_ok=True)
        yield Target(name, base, certificate, place)


def run(target: Target, *command, check=True, **environment: str) -> str:
    """Runs a command in a home of its own, and gives what it printed."""
    account = {"AWS_ACCESS_KEY_ID": ACCESS_KEY_ID, "AWS_SECRET_ACCESS_KEY": SECRET}
    base = {"PATH": os.environ["PATH"], "HOME": str(target.place), "LANG": "C.UTF-8", "PYTHONUTF8": "1"}
    done = subprocess.run(
        [str(word) for word in command],
        env={**base, **account, **environment},
        cwd=target.place,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if check and done.returncode != 0:
        print(done.stdout + done.stderr, file=sys.stderr)
        return f"fails with {done.returncode}"
    return (done.stdout if check else done.stdout + done.stderr).strip()


def quiet(target: Target, *command, **environment: str) -> str:
    """`done`, or how the command fails."""
    answer = run(target, *command, **environment)
    return answer if answer.startswith("fails") else "done"


def fetch(target: Target, url: str, method: str = "GET", body: bytes | None = None, **fields: str) -> str:
    """The status of a plain request, and the body of a GET."""
    context = ssl.create_default_context(cafile=target.certificate) if target.certificate else None
    request = urllib.request.Request(url, body, headers=fields, method=method)
    try:
        with urllib.request.urlopen(request, context=context) as response:
            text = response.read().decode() if method == "GET" else ""
            return f"{response.status} {text}".strip()
    except HTTPError as error:
        return f"{error.code} {words(error.read().decode())}"


def words(document: str) -> str:
    """The code of an error, and whether it says what to set instead of version 2 of the signature."""
    code = document.partition("<Code>")[2].partition("</Code>")[0]
    return f"{code}, set s3v4" if "signature_version to s3v4" in document else code


def same(one: Path, other: Path) -> str:
    return str(one.read_bytes() == other.read_bytes())


def contains(names: list[str], text: str) -> str:
    """The names that a list shows."""
    return " ".join(name for name in names if name in text)
