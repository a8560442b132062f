"""The AWS SDK for JavaScript v3 on the S3 server, without a setting."""

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

from server import ACCESS_KEY_ID, REGION, SECRET, Server
from tools import BIG, targets

SCRIPT = Path(__file__).with_name("s3.mjs")
# Where `./test` has installed them.
MODULES = Path(__file__).parents[2] / ".tools/node"
EXPECTED = {
    "create bucket": "200",
    "put": "200",
    "get": "text",
    "put a stream": "200",
    "put 20 MB": "true",
    "upload 20 MB": "true",
    "copy": "text",
    "list": "a b+c&d/é big copy",
    "presigned PUT": "200",
    "presigned GET": "by a URL",
    "presigned GET, changed": "403",
    "delete one": "204",
    "delete many": "2",
    "list, one left": "a b+c&d/é",
    "wrong secret": "403 SignatureDoesNotMatch",
}


def cases(server: Server):
    for target in targets(server, "node"):
        for step, expected in EXPECTED.items():
            yield f"{target.name}{step}", expected, lambda target=target, step=step: node(target)[step]


@cache
def node(target) -> dict:
    asked = {"url": target.base, "region": REGION, "key": ACCESS_KEY_ID, "secret": SECRET, "size": BIG}
    trust = {"NODE_EXTRA_CA_CERTS": target.certificate} if target.certificate else {}
    environment = {"PATH": os.environ["PATH"], **trust}
    command = ["node", SCRIPT, MODULES, json.dumps(asked)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    print(done.stderr, file=sys.stderr)
    return json.loads(done.stdout)
