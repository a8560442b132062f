"""What each module of cases runs: the clients with their versions as installed, and the servers that they run against."""

import json
import platform
import re
import subprocess
from importlib.metadata import version
from pathlib import Path

from chromium import program

CONFORMANCE, GATEWAY, S3 = "conformance", "s3_gateway", "s3_server"
MCP = "mcp_server with oidc-provider"
SHOWCASE = "showcase"


def command(name: str, path: str, argument: str = "--version") -> str:
    """The name of a program, and the first number with a dot in what it says of its version."""
    done = subprocess.run([path, argument], capture_output=True, text=True, check=True)
    return f"{name} {re.search(r'[0-9]+[.][0-9.]*[0-9]', done.stdout)[0]}"


def python() -> str:
    return f"Python {platform.python_version()}"


def package(name: str, module: str) -> str:
    return f"{name} {version(module)}"


def curl() -> str:
    return command("curl", "curl")


def node() -> str:
    return command("Node.js", "node")


def node_package(name: str) -> str:
    path = Path(__file__).parents[2] / ".tools/node/node_modules" / name / "package.json"
    return f"{name} {json.loads(path.read_text())['version']}"


CLIENTS = {
    "curl": (CONFORMANCE, curl),
    "wget": (CONFORMANCE, lambda: command("GNU Wget", "wget")),
    "socket": (CONFORMANCE, lambda: f"requests by hand, {python()}"),
    "digest": (CONFORMANCE, lambda: f"Digest by hand, {python()}"),
    "requests": (CONFORMANCE, lambda: package("requests", "requests")),
    "httpx": (CONFORMANCE, lambda: package("httpx", "httpx")),
    "aiohttp": (CONFORMANCE, lambda: package("aiohttp", "aiohttp")),
    "urllib": (CONFORMANCE, lambda: f"urllib, {python()}"),
    "scram": (CONFORMANCE, lambda: f"{package('requests-scram', 'requests-scram')}, {package('requests', 'requests')}"),
    "node": (CONFORMANCE, lambda: f"fetch and http2, {node()}"),
    "proxy": (f"{CONFORMANCE} behind proxy", lambda: f"{curl()}, {package('requests', 'requests')}, {package('httpx', 'httpx')}"),
    "issuer": (f"{CONFORMANCE} with oidc-provider and nanoidp", lambda: f"{node_package('oidc-provider')}, {package('nanoidp', 'nanoidp')}, {curl()}, {package('requests', 'requests')}, {node()}"),
    "dpop": (f"{CONFORMANCE} with oidc-provider", lambda: f"{node_package('openid-client')}, {node_package('dpop')}"),
    "mcp": (MCP, lambda: package("mcp", "mcp")),
    "mcp_node": (MCP, lambda: node_package("@modelcontextprotocol/sdk")),
    "mutual": (CONFORMANCE, lambda: f"Mutual by hand, {python()}, {package('cryptography', 'cryptography')}"),
    "hoba_python": (CONFORMANCE, lambda: f"HOBA by hand, {package('cryptography', 'cryptography')}"),
    "chromium": (CONFORMANCE, lambda: command("Chromium", program())),
    "showcase": (SHOWCASE, lambda: command("Chromium", program())),
    "hoba": ("hoba", lambda: command("Chromium", program())),
    "websocket": (f"{CONFORMANCE}, websocket", lambda: command("Chromium", program())),
    "aws_curl": (CONFORMANCE, lambda: f"{curl()} --aws-sigv4"),
    "botocore": (CONFORMANCE, lambda: package("botocore", "botocore")),
    "boto3": (f"{CONFORMANCE}, {GATEWAY}", lambda: package("boto3", "boto3")),
    "aws": (GATEWAY, lambda: package("AWS CLI", "awscli")),
    "aws_node": (CONFORMANCE, lambda: f"{node_package('aws4')}, {node_package('@aws-sdk/client-s3')}"),
    "upload": (GATEWAY, lambda: f"signed chunks by hand, {package('boto3', 'boto3')}"),
    "restic": (S3, lambda: command("restic", "restic", "version")),
    "rclone": (S3, lambda: command("rclone", "rclone", "version")),
    "s3cmd": (S3, lambda: command("s3cmd", "s3cmd")),
    "s3fs": (S3, lambda: command("s3fs", "s3fs")),
    "aws_s3": (S3, lambda: package("AWS CLI", "awscli")),
    "boto3_s3": (S3, lambda: package("boto3", "boto3")),
    "node_s3": (S3, lambda: node_package("@aws-sdk/client-s3")),
}


def row(module: str, passed: int, total: int) -> str:
    """A row of the table of README.md."""
    server, client = CLIENTS[module]
    return f"| `{module}` | {client()} | {server} | {passed} of {total} |"
