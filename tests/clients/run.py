"""Runs the test cases of HTTP clients against servers that are already running.

Prints one line per case (client, case, expected, got) and exits with 1 if a case got another result than expected.
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
    remove_proxy_variables()
    results = [result for client in clients for result in run(client, server)]
    return 0 if close(results) else 1


def run(client: str, server: Server) -> list[Outcome]:
    module = importlib.import_module(f"client_{client}")
    cases = [Case(client, *case) for case in module.cases(server)]
    width = max(len(case.name) for case in cases)
    started = time.monotonic()
    results = []
    # All cases of a client share an event loop, since some clients (Node, Chromium) keep running between cases.
    with asyncio.Runner() as runner:
        for case in cases:
            results.append(outcome(case, lambda got: runner.run(with_timeout(got))))
            show(results[-1], width)
        if hasattr(module, "close"):
            runner.run(module.close())
    print(f"{client}: {len(cases)} cases, {time.monotonic() - started:.1f} s", file=sys.stderr)
    return results


async def with_timeout(got):
    return await asyncio.wait_for(got, 60)


def remove_proxy_variables() -> None:
    """Clients would otherwise use the proxy that variables such as `http_proxy` name."""
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            del os.environ[name]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--plain", required=True, help="the http:// URL of examples/conformance")
    parser.add_argument("--tls", required=True, help="the https:// URL of examples/conformance")
    parser.add_argument("--certificate", required=True, help="the path of the certificate for TLS")
    parser.add_argument("--proxy", default="", help="the URL of examples/proxy.rs")
    parser.add_argument("--gateway", default="", help="the http:// URL of examples/s3_gateway")
    parser.add_argument("--gateway-tls", default="", help="the https:// URL of a second gateway")
    parser.add_argument("--gateway-process", default=0, type=int, help="the process id of the first gateway")
    parser.add_argument("--gateway-tls-process", default=0, type=int, help="the process id of the second gateway")
    parser.add_argument("--s3", default="", help="the http:// URL of examples/s3_server")
    parser.add_argument("--s3-tls", default="", help="the https:// URL of a second S3 server")
    parser.add_argument("--issuer", default="", help="the URL of the issuer of issuer.mjs")
    parser.add_argument("--late-issuer", default="", help="the URL of its second issuer")
    resource = "the URL of a conformance server with --issuer: twice of the first issuer, then of the second"
    parser.add_argument("--resource", default=[], action="append", help=resource)
    parser.add_argument("--nanoidp", default="", help="the URL of nanoidp")
    parser.add_argument("--nanoidp-resource", default="", help="the URL of a conformance server with nanoidp as its issuer")
    parser.add_argument("--mcp", default="", help="the URL of examples/mcp_server")
    parser.add_argument("--showcase", default="", help="the URL of examples/showcase")
    parser.add_argument("--hoba", default="", help="the URL of examples/hoba")
    parser.add_argument("--websocket", default="", help="the URL of examples/websocket")
    parser.add_argument("--dpop", default="", help="the URL of another conformance server with --issuer")
    parser.add_argument("clients", nargs="+", metavar="CLIENT", help="names of modules `client_NAME` beside this one")
    given = parser.parse_args()
    gateways = Gateway(given.gateway, given.gateway_process), Gateway(given.gateway_tls, given.gateway_tls_process)
    plain = given.plain, given.tls, given.certificate, given.proxy, *gateways, given.s3, given.s3_tls
    issuers = given.issuer, given.late_issuer, tuple(given.resource), given.nanoidp, given.nanoidp_resource
    pages = given.mcp, given.showcase, given.hoba, given.websocket, given.dpop
    server = Server(*plain, *issuers, *pages)
    sys.exit(main(server, given.clients))
