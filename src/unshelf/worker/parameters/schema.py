"""The parameters that a version declares: a request's values are checked against them, and defaults stand for those left out."""

import difflib
import json
import math
from typing import Any, Callable

from ..encoding.json_codec import loads
from ..errors import RequestRefused, invalid
from ..inputs.columns import MAX_ERRORS, shown
from ..inputs.request_inputs import RequestInputs

_INFINITIES = {"Infinity": math.inf, "-Infinity": -math.inf}
_WORDS = {"integer": "an integer", "number": "a number", "string": "a string", "boolean": "true or false"}
_PLURALS = {"integer": "integers", "number": "numbers", "string": "strings", "boolean": "true or false"}
_ONE_PLACE = "Send them once: as the member `params` of the body, or in the header `Unshelf-Params`."


class ParameterizedInputs(RequestInputs):
    """The inputs of a request that gives parameters. They share a batch only with those of equal values."""

    __slots__ = ("inner", "values")

    def __init__(self, inner: RequestInputs, values: "dict[str, Any]", key: "bytes | None") -> None:
        """`key`: the values as bytes; None: they are the defaults."""
        super().__init__(inner.rows, inner.data, inner.group if key is None else (key, inner.group))
        self.inner = inner
        self.values = values


class Parameters:
    """The parameters of one version."""

    def __init__(self, declared: "list[dict[str, Any]]") -> None:
        """`declared`: as `contracts.signature.Parameter`, with defaults left out."""
        self._declared = {entry["name"]: entry for entry in declared}
        self._defaults = {name: _value_of(entry) for name, entry in self._declared.items()}
        self._usual = _key(self._defaults)

    def __bool__(self) -> bool:
        return bool(self._declared)

    def __contains__(self, name: str) -> bool:
        return name in self._declared

    def give(self, part: RequestInputs, given: Any, *, texts: bool = False) -> RequestInputs:
        """The inputs with these parameters, which are the JSON value of a request. `texts`: where the protocol has no lists,
        a text may be the JSON of a value. Raises Refused (422)."""
        if given is None or given == {}:
            return part
        if type(part) is ParameterizedInputs:
            raise invalid("The parameters are given twice.", hint=_ONE_PLACE)
        if type(given) is not dict:
            raise invalid(f"The parameters must be an object by name, got {shown(given)}.", hint=self._hint())
        values = self._checked(given, texts=texts)
        key = _key(values)
        return ParameterizedInputs(part, values, None if key == self._usual else key)

    def divided(self, parts: "list[RequestInputs]") -> "tuple[list[RequestInputs], dict[str, Any]]":
        """The inputs of parts that share a batch, and the values that they have in common."""
        first = parts[0]
        values = first.values if isinstance(first, ParameterizedInputs) else self._defaults
        inner = [part.inner if isinstance(part, ParameterizedInputs) else part for part in parts]
        # A model may change a list that it is given; the next call gets its own.
        return inner, {name: list(value) if type(value) is list else value for name, value in values.items()}

    def _checked(self, given: "dict[str, Any]", *, texts: bool) -> "dict[str, Any]":
        errors: list[dict[str, Any]] = []
        values = dict(self._defaults)
        for name, value in given.items():
            entry = self._declared.get(name)
            expected, got = _known(self._declared), shown(value)
            if entry is not None:
                expected = _expected(entry)
                try:
                    values[name] = _read(entry, value, texts=texts)
                    continue
                except ValueError as fault:
                    got = str(fault) or got
            errors.append({"row": None, "column": None, "parameter": name[:200], "expected": expected, "got": got})
        if errors:
            raise self._refusal(errors)
        return values

    def _refusal(self, errors: "list[dict[str, Any]]") -> RequestRefused:
        first = errors[0]
        name = first["parameter"]
        if not self._declared:
            detail = f"The model takes no parameters, but the request gives {name!a}."
        elif name not in self._declared:
            detail = f"The model has no parameter {name!a}."
        else:
            detail = f"The parameter {name!a} must be {first['expected']}, got {first['got']}."
        return invalid(detail, hint=self._hint(name), errors=errors[:MAX_ERRORS])

    def _hint(self, name: str = "") -> str:
        """Sentences on what there is."""
        if not self._declared:
            return "Send the inputs alone."
        near = [] if name in self._declared else difflib.get_close_matches(name, self._declared, n=1, cutoff=0.5)
        meant = f"Did you mean {near[0]!a}? " if near else ""
        known = "; ".join(
            f"{ascii(each)[1:-1]} ({_expected(entry)}, default {_json(entry.get('default'))})"
            for each, entry in self._declared.items()
        )
        return f"{meant}Its parameters: {known}."


def _value_of(entry: "dict[str, Any]") -> Any:
    """The default as the model is given it."""
    default = entry.get("default")
    return None if default is None else _read(entry, default, texts=False)


def _read(entry: "dict[str, Any]", value: Any, *, texts: bool) -> Any:
    """The value as the model is given it. Raises ValueError, whose text may say more of what came."""
    kind = entry["type"]
    if texts and type(value) is str and kind != "string":
        value = _from_text(value, kind)
    if value is None:
        if entry.get("default") is None:
            return None
        raise ValueError
    if not kind.startswith("list["):
        return _item(entry, kind, value)
    if type(value) is not list:
        raise ValueError
    items = []
    for place, item in enumerate(value):
        try:
            items.append(_item(entry, kind[len("list[") : -1], item))
        except ValueError:
            raise ValueError(f"{shown(item)} as item {place}") from None
    return items


def _from_text(text: str, kind: str) -> Any:
    """The JSON value that a text stands for; of a list of strings also the only one as it is."""
    try:
        return loads(text.encode())
    except (RequestRefused, UnicodeEncodeError):
        return [text] if kind == "list[string]" else text


def _item(entry: "dict[str, Any]", kind: str, value: Any) -> Any:
    found = _READERS[kind](value)
    least, most, choices = entry.get("min"), entry.get("max"), entry.get("choices")
    if (least is not None and found < least) or (most is not None and found > most):
        raise ValueError
    if choices is not None and found not in choices:
        raise ValueError
    return found


def _integer(value: Any) -> int:
    if type(value) is float and value.is_integer():  # JSON has one kind of numbers
        return int(value)
    if type(value) is not int:
        raise ValueError
    return value


def _number(value: Any) -> float:
    if type(value) is str and value in _INFINITIES:
        return _INFINITIES[value]
    if type(value) not in (int, float):
        raise ValueError
    try:
        found = float(value)
    except OverflowError:
        raise ValueError from None
    if not math.isfinite(found):
        raise ValueError
    return found


def _string(value: Any) -> str:
    if type(value) is not str:
        raise ValueError
    try:
        value.encode()
    except UnicodeEncodeError:  # half of a surrogate pair
        raise ValueError from None
    return value


def _boolean(value: Any) -> bool:
    if type(value) is not bool:
        raise ValueError
    return value


_READERS: "dict[str, Callable[[Any], Any]]" = {
    "integer": _integer, "number": _number, "string": _string, "boolean": _boolean,
}  # fmt: skip


def _expected(entry: "dict[str, Any]") -> str:
    kind, least, most, choices = entry["type"], entry.get("min"), entry.get("max"), entry.get("choices")
    listed = kind.startswith("list[")
    words = f"a list of {_PLURALS[kind[len('list[') : -1]]}" if listed else _WORDS[kind]
    if choices is not None:
        named = ", ".join(map(_json, choices))
        return f"a list of {named}" if listed else f"one of {named}" if len(choices) > 1 else named
    if least is not None and most is not None:
        words += f" from {least} to {most}"
    elif least is not None:
        words += f" of at least {least}"
    elif most is not None:
        words += f" of at most {most}"
    return words if "default" in entry and entry["default"] is not None else f"{words} or null"


def _known(declared: "dict[str, dict[str, Any]]") -> str:
    if not declared:
        return "no parameters"
    return f"one of the parameters {', '.join(ascii(name) for name in declared)}"


def _json(value: Any) -> str:
    return json.dumps(value)


def _key(values: "dict[str, Any]") -> bytes:
    """The values as bytes, which are equal for equal values of the same types alone."""
    return json.dumps(list(values.values())).encode()


NO_PARAMETERS = Parameters([])
"""The parameters of a version that declares none."""
