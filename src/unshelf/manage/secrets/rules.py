"""Rules for secrets: whose they may be, how they may be named, and how much there may be."""

from unshelf.contracts.errors import InvalidInput
from unshelf.contracts.references import NAME_RULE, is_name
from unshelf.contracts.variables import MAX_TOTAL_BYTES, MAX_VARIABLES, check_variable, size_of


def check_model(model: str) -> None:
    """Raise InvalidInput for what is no model's name."""
    if not is_name(model):
        raise InvalidInput(
            f"{model[:80]!a} is no model's name: {NAME_RULE}.",
            hint="Secrets belong to a model, not to one of its versions.",
        )


def check_secret(name: str, value: str) -> None:
    """Raise InvalidInput for a name or a value that can be no variable's."""
    try:
        check_variable(name, value)
    except ValueError as error:
        text = str(error)
        raise InvalidInput(f"{text[0].upper()}{text[1:]}.") from None
    if not value:
        raise InvalidInput(f"The value of {name} is empty.", hint="Delete the secret where it is no longer wanted.")


def check_size(values: dict[str, str]) -> None:
    """Raise InvalidInput for more than a model's programs may get."""
    if len(values) > MAX_VARIABLES:
        raise InvalidInput(f"A model has at most {MAX_VARIABLES} secrets.", hint="Delete one that nothing reads.")
    total = sum(size_of(key) + size_of(text) for key, text in values.items())
    if total > MAX_TOTAL_BYTES:
        raise InvalidInput(f"All secrets of a model together have at most {MAX_TOTAL_BYTES} bytes, not {total}.")
