"""A small HTTP/1.1 client over a socket, for requests that no HTTP library would send."""

import socket
from http.client import HTTPResponse

from answers import Answer, seen
from server import Server


class Connection:
    def __init__(self, server: Server):
        self._socket = socket.create_connection(server.address, timeout=30)
        self._authority = server.authority

    def __enter__(self) -> "Connection":
        return self

    def __exit__(self, *_) -> None:
        self._socket.close()

    def ask(self, method: str, target: str, *lines: str, body: bytes = b"") -> Answer:
        self.send(method, target, *lines, body=body)
        return self.answer(method)

    def send(self, method: str, target: str, *lines: str, body: bytes = b"") -> None:
        length = [f"Content-Length: {len(body)}"] if body else []
        head = [f"{method} {target} HTTP/1.1", f"Host: {self._authority}", *lines, *length, "", ""]
        self._socket.sendall("\r\n".join(head).encode() + body)

    def answer(self, method: str = "GET") -> Answer:
        response = HTTPResponse(Unbuffered(self._socket), method=method)
        response.begin()
        fields = [(name.lower(), value) for name, value in response.getheaders()]
        return Answer(response.status, fields, response.read() if method != "HEAD" else None)


class Unbuffered:
    """Keeps `HTTPResponse` from reading beyond its own response, into the next response on the connection."""

    def __init__(self, connection: socket.socket):
        self._connection = connection

    def makefile(self, _mode: str):
        return self._connection.makefile("rb", buffering=0)


def ask(server: Server, method: str, target: str, *lines: str, body: bytes = b"") -> Answer:
    with Connection(server) as connection:
        return connection.ask(method, target, *lines, body=body)


def told(server: Server, method: str, target: str, *lines: str, body: bytes = b"") -> str:
    return seen(ask(server, method, target, *lines, body=body))


def authorization(*credentials: str) -> list[str]:
    return [f"Authorization: {line}" for line in credentials]


def alike(one: Answer, other: Answer) -> str:
    shown = [shape(one), shape(other)]
    return "alike" if shown[0] == shown[1] else f"DIFFERENT: {shown}"


def shape(answer: Answer) -> tuple:
    """The parts of a response that have to be equal: all but the date and the nonce. The length of the nonce counts."""
    fields = [(name, without_nonce(value)) for name, value in answer.fields if name != "date"]
    return answer.status, fields, answer.body


def without_nonce(value: str) -> str:
    before, mark, after = value.partition('nonce="')
    nonce, quote, rest = after.partition('"')
    return before + mark + "." * len(nonce) + quote + rest
