"""The official JavaScript client of MCP on `examples/mcp_server`, with a real authorization server and no change."""

import json
import os
import subprocess
import sys
from functools import partial
from pathlib import Path

from client_mcp import BACK, KNOWN, SESSIONS, summary
from server import Server

SCRIPT = Path(__file__).with_name("mcp.mjs")
# Where `./test` has installed it.
MODULES = Path(__file__).parents[2] / ".tools/node"


def cases(server: Server):
    for name, known, tools, expected in SESSIONS:
        yield name, expected, partial(session, server, known, tools)
    yield "lists the tools", "whoami put", partial(tools_of, server)


def session(server: Server, known: str, tools: list[str]) -> str:
    said = node(server, known, tools)
    return summary([said[tool] for tool in tools], said["scopes"])


def tools_of(server: Server) -> str:
    return " ".join(node(server, KNOWN, [])["tools"])


def node(server: Server, known: str, tools: list[str]) -> dict:
    asked = {"url": f"{server.mcp}/mcp", "back": BACK, "known": known, "tools": tools}
    command = ["node", SCRIPT, MODULES, json.dumps(asked)]
    environment = {"PATH": os.environ["PATH"]}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    print(done.stderr, file=sys.stderr)
    return json.loads(done.stdout)
