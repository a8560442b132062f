"""Describes responses of the server in a few words, and checks the rules that every refusal must follow.

`seen` returns for example `200 mufasa`, `401`, `401 stale` or `403 insufficient_scope`. For several responses in a row
it returns for example `401 > 200 mufasa`.

If a response breaks a rule, the description says so in capitals, for example `401 WITHOUT NO-STORE`. No case
expects that text, so the case fails.
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
    # The value is None if the client does not show the body. Most clients here give None for an empty body, too.
    body: bytes | None = None

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.fields if key.lower() == name]

    def challenges(self) -> str:
        return ", ".join(self.all(CHALLENGE_FIELD.get(self.status, "www-authenticate")))


def seen(answers: Answer | Iterable[Answer]) -> str:
    chain = [answers] if isinstance(answers, Answer) else answers
    return " > ".join(description(answer) for answer in chain)


def description(answer: Answer) -> str:
    words = broken_rules(answer) + ([caller(answer)] if answer.status == 200 else challenge_words(answer))
    return " ".join([str(answer.status), *(word for word in words if word)])


def caller(answer: Answer) -> str:
    """The caller that the inner service saw: `nobody` without authentication. The field and the body have to agree."""
    users = [decoded(user) for user in answer.all("x-user")]
    name = users[0] if users else "nobody"
    expected = f"hello {name}".encode()
    if len(users) > 1 or (answer.body or expected).rstrip(b"\n") != expected:
        return f"FIELD X-USER SAYS {users} BUT BODY SAYS {answer.body!r}"
    return name


def decoded(user: str) -> str:
    return base64.urlsafe_b64decode(user + "=" * (-len(user) % 4)).decode()


def challenge_words(answer: Answer) -> list[str]:
    """The words that a challenge adds to the description: `stale`, and the error code of Bearer."""
    challenges = answer.challenges()
    stale = ["stale"] if re.search(r"\bstale=true\b", challenges) else []
    return stale + re.findall(r'\berror="(\w+)"', challenges)


def broken_rules(answer: Answer) -> list[str]:
    return list(broken_rules_of_refusal(answer)) if answer.status in REFUSALS else []


def broken_rules_of_refusal(answer: Answer) -> Iterator[str]:
    """A 401 or 407 has a challenge, in the field of its status. No refusal may be cached, and none names a user."""
    for status, name in CHALLENGE_FIELD.items():
        if answer.status == status and not answer.all(name):
            yield "WITHOUT A CHALLENGE"
    if answer.all(CHALLENGE_FIELD[407 if answer.status != 407 else 401]):
        yield "WITH THE CHALLENGE FIELD OF ANOTHER STATUS"
    if "no-store" not in ", ".join(answer.all("cache-control")).lower():
        yield "WITHOUT NO-STORE"
    if answer.all("x-user") or b"hello" in (answer.body or b""):
        yield "NAMES A USER"
