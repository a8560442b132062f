"""Uploads in signed chunks (STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER), which no client for Python has."""

import base64
import hashlib
import hmac
import socket
import zlib
from datetime import datetime, timezone
from http.client import HTTPResponse
from urllib.parse import urlsplit

from server import ACCESS_KEY_ID, REGION, SECRET

KIND = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
EMPTY = hashlib.sha256().hexdigest()
LAST = "0;chunk-signature=" + "0" * 64


class Upload:
    """Of `count` chunks that are all the same."""

    def __init__(self, base: str, path: str, chunk: bytes, count: int):
        self._parts, self._path = urlsplit(base), path
        self._chunk, self._count = chunk, count
        self._date = datetime.now(timezone.utc).strftime("%Y%m%dT%H%M%SZ")
        self._scope = f"{self._date[:8]}/{REGION}/s3/aws4_request"
        self._key = f"AWS4{SECRET}".encode()
        for part in self._scope.split("/"):
            self._key = hmac.digest(self._key, part.encode(), "sha256")

    def send(self, spoil_chunk: int | None = None, spoil_trailer: bool = False) -> int:
        """The status. The signature of one chunk may be that of another, or the checksum that of another body."""
        with socket.create_connection((self._parts.hostname, self._parts.port), timeout=60) as connection:
            seed, head = self._head()
            connection.sendall(head)
            try:
                for piece in self._body(seed, spoil_chunk, spoil_trailer):
                    connection.sendall(piece)
            except (BrokenPipeError, ConnectionResetError):
                pass
            response = HTTPResponse(connection, method="PUT")
            response.begin()
            return response.status

    def _head(self) -> tuple[str, bytes]:
        length = len(self._chunk) * self._count
        fields = {
            "content-encoding": "aws-chunked",
            "host": self._parts.netloc,
            "x-amz-content-sha256": KIND,
            "x-amz-date": self._date,
            "x-amz-decoded-content-length": str(length),
            "x-amz-trailer": "x-amz-checksum-crc32",
        }
        names = ";".join(fields)
        lines = "".join(f"{name}:{value}\n" for name, value in fields.items())
        canonical = f"PUT\n{self._path}\n\n{lines}\n{names}\n{KIND}"
        signature = self._sign("AWS4-HMAC-SHA256", hashlib.sha256(canonical.encode()).hexdigest())
        credentials = f"Credential={ACCESS_KEY_ID}/{self._scope}, SignedHeaders={names}, Signature={signature}"
        fields |= {"authorization": f"AWS4-HMAC-SHA256 {credentials}", "content-length": str(self._length())}
        head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        return signature, f"PUT {self._path} HTTP/1.1\r\n{head}\r\n".encode()

    def _length(self) -> int:
        chunk = len(self._frame("0" * 64, len(self._chunk))) + len(self._chunk) + 2
        trailer = len("x-amz-checksum-crc32:AAAAAA==\r\nx-amz-trailer-signature:\r\n\r\n") + 64
        return chunk * self._count + len(LAST) + 2 + trailer

    def _body(self, before: str, spoil_chunk: int | None, spoil_trailer: bool):
        digest, checksum = hashlib.sha256(self._chunk).hexdigest(), 0
        for number in range(self._count):
            before = self._sign("AWS4-HMAC-SHA256-PAYLOAD", before, EMPTY, digest)
            checksum = zlib.crc32(self._chunk, checksum)
            shown = before if number != spoil_chunk else before[::-1]
            yield self._frame(shown, len(self._chunk)) + self._chunk + b"\r\n"
        before = self._sign("AWS4-HMAC-SHA256-PAYLOAD", before, EMPTY, EMPTY)
        yield self._frame(before, 0)
        checksum ^= int(spoil_trailer)
        line = f"x-amz-checksum-crc32:{base64.b64encode(checksum.to_bytes(4)).decode()}"
        digest = hashlib.sha256(f"{line}\n".encode()).hexdigest()
        yield f"{line}\r\nx-amz-trailer-signature:{self._sign('AWS4-HMAC-SHA256-TRAILER', before, digest)}\r\n\r\n".encode()

    def _frame(self, signature: str, length: int) -> bytes:
        return f"{length:x};chunk-signature={signature}\r\n".encode()

    def _sign(self, algorithm: str, *lines: str) -> str:
        text = "\n".join([algorithm, self._date, self._scope, *lines])
        return hmac.digest(self._key, text.encode(), "sha256").hex()
