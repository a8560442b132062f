"""Node: the module aws4, and the AWS SDK for JavaScript."""

import json
import subprocess
from functools import partial
from pathlib import Path

from server import ACCESS_KEY_ID, REGION, SECRET, Server

SCRIPT = Path(__file__).with_name("aws.mjs")
# Where `./test` has installed them.
MODULES = Path(__file__).parents[2] / ".tools/node"


def cases(server: Server):
    account = {"key": ACCESS_KEY_ID, "secret": SECRET, "region": REGION}
    api, objects = {"url": server.url("/sigv4"), **account}, {"url": server.url("/s3"), **account}
    for method in ("GET", "HEAD", "POST", "PUT"):
        for path in ("", "/two", "/a%20b", "?b=2&a=1"):
            for query in (False, True):
                how = "aws4, presigned" if query else "aws4"
                asked = {**api, "client": "aws4", "method": method, "path": path, "query": query}
                yield f"{how} {method} {path}", "200", partial(node, asked)
    for name, change in [("wrong secret", {"secret": "wrong"}), ("unknown key", {"key": "AKIDNOBODY"})]:
        yield f"aws4, {name}", "401", partial(node, {**api, "client": "aws4", "method": "GET", "path": "", **change})
        yield f"SDK, {name}", "401", partial(node, {**objects, "client": "sdk", "body": "text", **change})
    for body in ("", "text", "stream"):
        for checksum in ("CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"):
            asked = {**objects, "client": "sdk", "body": body, "checksum": checksum}
            yield f"SDK, {body or 'empty'}, {checksum}", "same", partial(node, asked)


def node(asked: dict) -> str:
    command = ["node", SCRIPT, MODULES, json.dumps(asked)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    return done.stdout.strip() or done.stderr
