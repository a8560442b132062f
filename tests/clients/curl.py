"""What curl sent and got, read from what it says of itself under `--verbose`."""

import subprocess
from typing import NamedTuple

from answers import Answer

# Ends what curl says of a transfer, and what it puts out of it.
END = "\x1e"
# What a new transfer (`--next`) needs to be told again.
ALWAYS = ["--silent", "--show-error", "--verbose", "--globoff", "--noproxy", "", "--max-time", "30"]
ALWAYS += ["--write-out", f"{END}%{{stderr}}{END}"]


class CurlFailed(Exception):
    """It says so by its exit code."""


class Exchange(NamedTuple):
    # The lines of each request, and the answers to them.
    requests: list[list[str]]
    answers: list[Answer]
    connections: int

    def authorizations(self) -> list[str]:
        lines = [line for request in self.requests for line in request]
        return [line.split(": ", 1)[1] for line in lines if line.lower().startswith("authorization: ")]


def curl(*arguments: str) -> Exchange:
    told = [each for argument in arguments for each in again(argument)]
    done = subprocess.run(["curl", "--disable", *ALWAYS, *told], capture_output=True, stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        raise CurlFailed(done.stderr.decode(errors="replace"))
    return read(done.stderr.decode("latin-1").replace("\r", ""), done.stdout)


def again(argument: str) -> list[str]:
    return ["--next", *ALWAYS] if argument == "--next" else [argument]


def read(log: str, output: bytes) -> Exchange:
    bodies = output.split(END.encode())
    transfers = [transfer(*each) for each in zip(log.split(END), bodies, strict=True)]
    requests = [request for sent, _ in transfers for request in sent]
    answers = [answer for _, got in transfers for answer in got]
    return Exchange(requests, answers, log.count("* Connected to "))


def transfer(log: str, body: bytes) -> tuple[list[list[str]], list[Answer]]:
    requests = blocks(log, "> ", lambda line: " HTTP/" in line)
    heads = [head(lines) for lines in blocks(log, "< ", lambda line: line.startswith("HTTP/"))]
    answers = [answer for answer in heads if answer.status >= 200]
    # The body of an answer that curl goes on from is not put out; that of HEAD is the head again.
    if answers and not requests[-1][0].startswith("HEAD "):
        answers[-1] = Answer(answers[-1].status, answers[-1].fields, body)
    return requests, answers


def blocks(log: str, mark: str, starts) -> list[list[str]]:
    found: list[list[str]] = []
    for line in log.split("\n"):
        text = line.removeprefix(mark)
        if not line.startswith(mark):
            continue
        if starts(text):
            found.append([])
        found[-1].append(text)
    return found


def head(lines: list[str]) -> Answer:
    fields = [tuple(line.split(": ", 1)) for line in lines[1:] if ": " in line]
    return Answer(int(lines[0].split(" ")[1]), fields)


def version() -> tuple[int, int]:
    said = subprocess.run(["curl", "--version"], capture_output=True, text=True, check=True).stdout
    major, minor = said.split(" ")[1].split(".")[:2]
    return int(major), int(minor)
