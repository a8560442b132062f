"""Runs test cases, prints the result of each, and counts how many pass."""

import inspect
import sys
import traceback
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from tested import row


class Case(NamedTuple):
    client: str
    name: str
    expected: str
    # Runs the case. It returns a description to compare with `expected`, or an awaitable of one.
    act: Callable[[], Any]


class Outcome(NamedTuple):
    case: Case
    got: str

    def passed(self) -> bool:
        return self.got == self.case.expected


def outcome(case: Case, wait: Callable[[Any], Any]) -> Outcome:
    """Runs a case. An exception is a result, too.

    For example, requests cannot encode a euro sign for Basic, and the case expects `raises UnicodeEncodeError`.
    """
    try:
        got = case.act()
        return Outcome(case, wait(got) if inspect.isawaitable(got) else got)
    except Exception as error:
        unexpected = case.expected != f"raises {type(error).__name__}"
        if unexpected:
            traceback.print_exc(file=sys.stderr)
        return Outcome(case, f"raises {type(error).__name__}")


def show(result: Outcome, width: int) -> None:
    case = result.case
    mark = "ok  " if result.passed() else "FAIL"
    print(f"{mark}  {case.client:<8}  {case.name:<{width}}  {case.expected:<24}  {result.got}", flush=True)


def close(results: Iterable[Outcome]) -> bool:
    """Prints a table of the clients with how many of their cases passed, and the totals.

    Returns whether there are cases and all passed.
    """
    results = list(results)
    total, good = Counter(), Counter()
    for result in results:
        total[result.case.client] += 1
        good[result.case.client] += result.passed()
    print("\n| cases | client | server | passed |\n|---|---|---|---|")
    for client, count in total.items():
        print(row(client, good[client], count))
    passed = sum(good.values())
    print(f"\nclients: {passed} passed, {len(results) - passed} failed")
    return bool(results) and passed == len(results)
