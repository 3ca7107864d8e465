"""Environment variables of a model as its maker writes them: read, checked, and a word on those that look like secrets."""

import re
from collections.abc import Iterable, Mapping

from unshelf.client.errors import InvalidModel
from unshelf.contracts.variables import check_variables

_SOUNDS_SECRET = re.compile(
    r"(^|_)(PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|CREDENTIALS|(API|ACCESS|PRIVATE)_?KEY)(_|$)"
)
_USUAL = re.compile(r"(MAX|MIN|NUM|N)_TOKENS?$|TOKENIZERS?_")


def parse_variables(given: Iterable[str]) -> dict[str, str]:
    """Read `NAME=value` texts. Raises InvalidModel; the last of two values for a name counts."""
    found: dict[str, str] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals:
            raise InvalidModel(
                f"{name[:80]!a} is no variable with its value.",
                hint="Write --env NAME=value. A secret is no option: `unshelf secrets set NAME --model MODEL` asks for it.",
            )
        found[name] = value
    return found


def chosen_variables(env: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of a version. Raises InvalidModel for what can't be one."""
    value: object
    for name, value in env.items():
        if not isinstance(value, str):
            raise InvalidModel(
                f"env: the value of {name} is a {type(value).__name__}, and not a text.",
                hint=f'Write env={{"{name}": "…"}}.',
            )
    try:
        check_variables(env)
    except ValueError as error:
        raise InvalidModel(
            f"env: {error}.", hint="docs/guides/secrets.md says what variables a model may have."
        ) from error
    return dict(env)


def notes_on_variables(env: Mapping[str, str]) -> list[str]:
    """Name the variables that look like secrets: the manifest, and so everybody who may inspect the version, has their values."""
    return [
        f"The variable {name} looks like a secret, and everybody who may inspect the version sees its value: better "
        f"`unshelf secrets set {name} --model MODEL`."
        for name in env
        if _SOUNDS_SECRET.search(name.upper()) and not _USUAL.search(name.upper())
    ]
