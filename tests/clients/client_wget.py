"""Tests GNU Wget: Basic, and Digest with MD5."""

import subprocess

from answers import Answer, seen
from curl import head
from server import COLON, GUEST, MUFASA, NOBODY, ODD, WRONG, Account, Server

ADMITTED = "401 > 200 mufasa"


def cases(server: Server):
    for account, expected in [
        (MUFASA, ADMITTED),
        (COLON, "401 > 200 colon"),
        (GUEST, "401 > 403"),
        (WRONG, "401 > 401"),
        (NOBODY, "401 > 401"),
    ]:
        for path in ("/basic", "/digest/md5"):
            yield f"{path} {account.text()}", expected, wget(server, path, account)
    yield "preemptive Basic", "200 mufasa", wget(server, "/basic", MUFASA, "--auth-no-challenge")
    yield "no credentials", "401", wget(server, "/basic", None)
    yield "Digest MD5, POST", ADMITTED, wget(server, "/digest/md5", MUFASA, "--post-data=a=b")
    yield f"Digest MD5, {ODD}", ADMITTED, wget(server, "/digest/md5" + ODD, MUFASA)
    for algorithm in ("sha-256", "sha-512-256"):
        # Wget computes MD5 for every algorithm, and its credentials do not name MD5. The server refuses them, because
        # this route does not offer MD5.
        path = f"/digest/{algorithm}"
        yield f"{path}, which it does not know", "401 > 401", wget(server, path, MUFASA)


def wget(server: Server, path: str, account: Account | None, *arguments: str):
    command = ["wget", "--no-config", "--quiet", "--server-response", "--content-on-error", "--tries=1"]
    command += ["--timeout=30", "--no-hsts", "--output-document=-", *arguments]
    if account:
        command += [f"--user={account.name}", f"--password={account.password}"]

    def act() -> str:
        done = subprocess.run([*command, server.url(path)], capture_output=True, stdin=subprocess.DEVNULL)
        return seen(answers(done.stderr.decode("latin-1"), done.stdout))

    return act


def answers(log: str, body: bytes) -> list[Answer]:
    """Reads the responses from Wget's log, which indents their header lines by two spaces."""
    blocks = log.split("  HTTP/")[1:]
    heads = [head([line.strip() for line in ("HTTP/" + block).splitlines()]) for block in blocks]
    return [*heads[:-1], *(Answer(last.status, last.fields, body) for last in heads[-1:])]
