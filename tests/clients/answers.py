"""What an answer shows, in a few words; and whether it keeps what every answer promises.

`seen` gives `200 mufasa`, `401`, `401 stale`, `403 insufficient_scope`; for a chain of answers `401 > 200 mufasa`. An
answer that breaks a promise says so in capitals, so that no expectation equals it.
"""

import base64
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

CHALLENGE_FIELD = {401: "www-authenticate", 407: "proxy-authenticate"}
REFUSALS = {400, 401, 403, 407, 429, 503}


@dataclass(frozen=True)
class Answer:
    status: int
    fields: list[tuple[str, str]] = field(default_factory=list)
    # None where the client does not show it.
    body: bytes | None = None

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.fields if key.lower() == name]

    def challenges(self) -> str:
        return ", ".join(self.all(CHALLENGE_FIELD.get(self.status, "www-authenticate")))


def seen(answers: Answer | Iterable[Answer]) -> str:
    chain = [answers] if isinstance(answers, Answer) else answers
    return " > ".join(one(answer) for answer in chain)


def one(answer: Answer) -> str:
    words = broken(answer) + ([caller(answer)] if answer.status == 200 else marks(answer))
    return " ".join([str(answer.status), *(word for word in words if word)])


def caller(answer: Answer) -> str:
    """Whom the inner service was called for: the field and the body have to agree."""
    users = [decoded(user) for user in answer.all("x-user")]
    name = users[0] if users else "nobody"
    expected = f"hello {name}".encode()
    if len(users) > 1 or (answer.body or expected).rstrip(b"\n") != expected:
        return f"SAYS {users} AND {answer.body!r}"
    return name


def decoded(user: str) -> str:
    return base64.urlsafe_b64decode(user + "=" * (-len(user) % 4)).decode()


def marks(answer: Answer) -> list[str]:
    """What a challenge adds: `stale`, and the error code of Bearer."""
    challenges = answer.challenges()
    stale = ["stale"] if re.search(r"\bstale=true\b", challenges) else []
    return stale + re.findall(r'\berror="(\w+)"', challenges)


def broken(answer: Answer) -> list[str]:
    """The promises of a refusal: a challenge where one is due, nothing for a cache, no word of a user."""
    return list(broken_promises(answer)) if answer.status in REFUSALS else []


def broken_promises(answer: Answer) -> Iterator[str]:
    for status, name in CHALLENGE_FIELD.items():
        if answer.status == status and not answer.all(name):
            yield "WITHOUT A CHALLENGE"
    if answer.all(CHALLENGE_FIELD[407 if answer.status != 407 else 401]):
        yield "WITH A CHALLENGE OF ANOTHER ROLE"
    if "no-store" not in ", ".join(answer.all("cache-control")).lower():
        yield "WITHOUT NO-STORE"
    if answer.all("x-user") or b"hello" in (answer.body or b""):
        yield "WITH A USER"
