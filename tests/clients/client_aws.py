"""The AWS command line, on the gateway."""

import os
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

from server import ACCESS_KEY_ID, REGION, SECRET, Gateway, Server

SIZE = 3_000_000
# Gone with this process.
PLACE = tempfile.TemporaryDirectory()


def cases(server: Server):
    place = Path(PLACE.name)
    for name, gateway, certificate in [
        ("", server.gateway, None),
        ("TLS ", server.gateway_tls, server.certificate),
    ]:
        yield from life(name, partial(aws, gateway, certificate, place), place)


def life(name: str, aws, place: Path):
    bucket, sent, got = "s3://command-line", place / "sent", place / "got"
    sent.write_bytes(os.urandom(SIZE))
    key = f"{bucket}/a folder/bi&g+é"
    yield f"{name}cp, up", "upload", lambda: aws("cp", sent, key)
    yield f"{name}cp, down", "download", lambda: aws("cp", key, got)
    yield f"{name}the same", "True", lambda: str(sent.read_bytes() == got.read_bytes())
    yield f"{name}presign", "https://" if name else "http://1", lambda: aws("presign", key)[:8]
    yield f"{name}cp, wrong secret", "fails", lambda: aws("cp", sent, f"{bucket}/worm", secret=SECRET.lower())
    yield f"{name}cp, unknown key", "fails", lambda: aws("cp", sent, f"{bucket}/worm", key="AKIDNOBODY")
    yield f"{name}cp, nothing was stored", "fails", lambda: aws("cp", f"{bucket}/worm", got)
    yield f"{name}rm", "delete", lambda: aws("rm", key)
    yield f"{name}cp, no more", "fails", lambda: aws("cp", key, got)


def aws(gateway: Gateway, certificate, place: Path, *arguments, key=ACCESS_KEY_ID, secret=SECRET) -> str:
    config = place / "config"
    # There are no uploads in parts, and no ranges.
    config.write_text("[default]\ns3 =\n  multipart_threshold = 5GB\n")
    told = ["--endpoint-url", gateway.base, "s3", arguments[0], *arguments[1:]]
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(place),
        "PYTHONUTF8": "1",
        "AWS_CONFIG_FILE": str(config),
        "AWS_ACCESS_KEY_ID": key,
        "AWS_SECRET_ACCESS_KEY": secret,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_MAX_ATTEMPTS": "1",
        **({"AWS_CA_BUNDLE": certificate} if certificate else {}),
    }
    quiet = ["--no-progress"] if arguments[0] == "cp" else []
    command = [Path(sys.executable).with_name("aws"), *told, *quiet]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        return "fails" if done.returncode == 1 or "error occurred" in done.stderr else done.stderr
    return done.stdout.strip() if arguments[0] == "presign" else done.stdout.strip().split(":")[0]
