"""Runs curl with `--verbose`, and reads the requests and responses from its log."""

import subprocess
from typing import NamedTuple

from answers import Answer

# curl writes this after each transfer, to standard output (the bodies) and to standard error (the log).
END = "\x1e"
# The options of every transfer. `--next` starts a transfer without options, so they follow each `--next` again.
ALWAYS = ["--silent", "--show-error", "--verbose", "--globoff", "--noproxy", "", "--max-time", "30"]
ALWAYS += ["--write-out", f"{END}%{{stderr}}{END}"]


class CurlFailed(Exception):
    """curl ended with an exit code other than 0. The message is its log."""


class Exchange(NamedTuple):
    # The header lines of each request, and all final responses. Interim responses (1xx) are left out.
    requests: list[list[str]]
    answers: list[Answer]
    connections: int

    def authorizations(self) -> list[str]:
        lines = [line for request in self.requests for line in request]
        return [line.split(": ", 1)[1] for line in lines if line.lower().startswith("authorization: ")]


def curl(*arguments: str) -> Exchange:
    options = [each for argument in arguments for each in with_options(argument)]
    done = subprocess.run(["curl", "--disable", *ALWAYS, *options], capture_output=True, stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        raise CurlFailed(done.stderr.decode(errors="replace"))
    return read(done.stderr.decode("latin-1").replace("\r", ""), done.stdout)


def with_options(argument: str) -> list[str]:
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
    # Only the last response has a body: curl does not output the body of a response that it follows with another
    # request, such as a 401. For `HEAD`, curl outputs the header fields in place of a body.
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
