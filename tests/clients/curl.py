"""What curl sent and got, read from what it says of itself under `--verbose`."""

import subprocess
from typing import NamedTuple

from answers import Answer


class Exchange(NamedTuple):
    """The field lines of each request, without the request line, and the answers to them."""

    requests: list[list[str]]
    answers: list[Answer]
    # How many connections were made.
    connections: int

    def authorizations(self) -> list[str]:
        return [
            line.split(": ", 1)[1]
            for request in self.requests
            for line in request
            if line.lower().startswith(("authorization:", "proxy-authorization:"))
        ]


def curl(*arguments: str | bytes) -> Exchange:
    command = ["curl", "--disable", "--silent", "--show-error", "--verbose", "--globoff"]
    command += ["--max-time", "30", "--noproxy", ""]
    done = subprocess.run([*command, *arguments], capture_output=True, stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        raise RuntimeError(f"curl exits with {done.returncode}: {done.stderr.decode(errors='replace')}")
    return read(done.stderr.decode("latin-1"), done.stdout)


def read(log: str, body: bytes) -> Exchange:
    lines = log.replace("\r", "").split("\n")
    requests = blocks([line[2:] for line in lines if line.startswith("> ")], is_request_line)
    responses = blocks([line[2:] for line in lines if line.startswith("< ")], is_status_line)
    heads = [head(lines) for lines in responses]
    connections = sum(line.startswith("* Connected to ") for line in lines)
    final = [head for head in heads if head.status >= 200]
    return Exchange([lines[1:] for lines in requests], with_body(final, body), connections)


def with_body(heads: list[Answer], body: bytes) -> list[Answer]:
    """The body of an answer that curl goes on from is not printed, so what is printed is that of the last."""
    if sum(head.status == 200 for head in heads) > 1 or not heads:
        return heads
    return [*heads[:-1], Answer(heads[-1].status, heads[-1].fields, body)]


def blocks(lines: list[str], starts) -> list[list[str]]:
    found: list[list[str]] = []
    for line in lines:
        if starts(line):
            found.append([])
        if found:
            found[-1].append(line)
    return found


def is_request_line(line: str) -> bool:
    return line.endswith((" HTTP/1.1", " HTTP/1.0", " HTTP/2"))


def is_status_line(line: str) -> bool:
    return line.startswith("HTTP/")


def head(lines: list[str]) -> Answer:
    fields = [tuple(line.split(": ", 1)) for line in lines[1:] if ": " in line]
    return Answer(int(lines[0].split(" ")[1]), fields)


def version() -> tuple[int, int]:
    said = subprocess.run(["curl", "--version"], capture_output=True, text=True, check=True).stdout
    major, minor = said.split(" ")[1].split(".")[:2]
    return int(major), int(minor)
