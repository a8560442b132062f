"""Runs every client against a conformance server that is already there.

    python run.py http://127.0.0.1:8080 http://127.0.0.1:3128 [CLIENT ..]

The second is the forward proxy, `examples/proxy.rs`. Prints one line per case (client, case, expected, got) and exits
with 1 if any differs.
"""

import asyncio
import importlib
import os
import sys
import time

from cases import Case, Outcome, close, outcome, show
from server import Server

# Each is a module `client_NAME` with a function `cases(server)`.
CLIENTS = ["curl", "wget", "socket", "requests", "httpx", "aiohttp", "urllib", "node", "chromium", "proxy"]


def main(server: Server, clients: list[str]) -> int:
    without_proxies_of_the_machine()
    results = [result for client in clients for result in run(client, server)]
    return 0 if close(results) else 1


def run(client: str, server: Server) -> list[Outcome]:
    module = importlib.import_module(f"client_{client}")
    cases = [Case(client, *case) for case in module.cases(server)]
    width = max(len(case.name) for case in cases)
    started = time.monotonic()
    results = []
    # One loop for all cases of a client, since a client may outlive a case.
    with asyncio.Runner() as runner:
        for case in cases:
            results.append(outcome(case, lambda got: runner.run(awaited(got))))
            show(results[-1], width)
        if hasattr(module, "close"):
            runner.run(module.close())
    print(f"{client}: {len(cases)} cases, {time.monotonic() - started:.1f} s", file=sys.stderr)
    return results


async def awaited(got):
    return await asyncio.wait_for(got, 60)


def without_proxies_of_the_machine() -> None:
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            del os.environ[name]


if __name__ == "__main__":
    if len(sys.argv) < 3 or not set(sys.argv[3:]) <= set(CLIENTS):
        sys.exit(__doc__)
    sys.exit(main(Server(*sys.argv[1:3]), sys.argv[3:] or CLIENTS))
