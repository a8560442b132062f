"""Runs every client against a conformance server that is already there.

Prints one line per case (client, case, expected, got) and exits with 1 if any differs.
"""

import argparse
import asyncio
import importlib
import os
import sys
import time

from cases import Case, Outcome, close, outcome, show
from server import Gateway, Server


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
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--plain", required=True, help="where examples/conformance listens: http://..")
    parser.add_argument("--tls", required=True, help="the same: https://..")
    parser.add_argument("--certificate", required=True, help="the file that its certificate is in")
    parser.add_argument("--proxy", default="", help="where examples/proxy.rs listens")
    parser.add_argument("--gateway", default="", help="where examples/s3_gateway listens: http://..")
    parser.add_argument("--gateway-tls", default="", help="where another one does: https://..")
    parser.add_argument("--gateway-process", default=0, type=int, help="the process of the first")
    parser.add_argument("--gateway-tls-process", default=0, type=int, help="the process of the other")
    parser.add_argument("--s3", default="", help="where examples/s3_server listens: http://..")
    parser.add_argument("--s3-tls", default="", help="where another one does: https://..")
    parser.add_argument("clients", nargs="+", metavar="CLIENT", help="names of modules `client_NAME` beside this one")
    given = parser.parse_args()
    gateways = Gateway(given.gateway, given.gateway_process), Gateway(given.gateway_tls, given.gateway_tls_process)
    server = Server(given.plain, given.tls, given.certificate, given.proxy, *gateways, given.s3, given.s3_tls)
    sys.exit(main(server, given.clients))
