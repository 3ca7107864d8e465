"""The definition of an app: the question it asks a model, in the words of those who use it."""

import re
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from unshelf.contracts.references import InvalidReference, parse_reference
from unshelf.deploy.apps.forms.templates import names_in
from unshelf.foundation.web.schemas import RequestModel

Kind = Literal["number", "yes", "choice", "text", "date", "moment", "file", "image", "json"]
"""Kinds of controls, each for a kind of value."""
Empty = Literal["refused", "null", "left_out"]
"""The fate of an empty field: it is refused, sent as null, or left out of the row."""
Choice = str | int | float | bool
MOST_INPUTS = 100
MOST_CHOICES = 500
_ORIGIN = re.compile(
    r"https?://(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*|\[[0-9a-f:]+\])(?::[0-9]{1,5})?"
)


class AppInput(RequestModel):
    """An input that people see."""

    name: str = Field(max_length=200, examples=["size"])
    """The column or tensor of the signature."""
    label: str = Field(default="", max_length=200, examples=["Living space"])
    """The name for people; empty: the column's."""
    unit: str = Field(default="", max_length=30, examples=["m²"])
    """The unit, shown beside the value."""
    help: str = Field(default="", max_length=1_000)
    """A sentence below the label."""
    kind: Kind | None = None
    """The control; null: what the signature says."""
    min: float | None = None
    """The least number that is taken."""
    max: float | None = None
    """The greatest number that is taken."""
    step: float | None = Field(default=None, gt=0)
    """The step of the slider."""
    default: Any = None
    """The value that the form begins with."""
    choices: Annotated[list[Choice], Field(max_length=MOST_CHOICES)] | None = None
    """The values to choose from."""
    open: bool = False
    """Whether other values than `choices` are taken."""
    whole: bool = False
    """Whether only whole numbers are taken."""
    zone: bool = False
    """Whether a moment is sent with its offset from UTC."""
    empty: Empty | None = None
    """The fate of a field that is left empty; null: what the signature says."""

    @model_validator(mode="after")
    def _check(self) -> "AppInput":
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"the input {self.name[:80]!a} has a min above its max")
        if self.choices is not None and not self.choices:
            raise ValueError(f"the input {self.name[:80]!a} has no choices in its list; leave `choices` out")
        return self


class AnswerWords(RequestModel):
    """Words for some answers: the first rule that fits gives them."""

    text: str = Field(max_length=500, examples=["low risk"])
    """The words."""
    below: float | None = None
    """Fits numbers below this one."""
    equals: Choice | None = None
    """Fits this answer; without it and without `below` the rule fits every answer."""
    tone: Literal["ok", "attention", "failing", "unknown"] = "unknown"
    """The state that the words are shown as."""


class AppAnswer(RequestModel):
    """The answer in words."""

    text: str = Field(default="", max_length=2_000, examples=["The expected price is {prediction:,.0f} €."])
    """A template: `{prediction}`, members of the answer by their names, inputs as `{input.NAME}`, and `{words}`."""
    of: str = Field(default="prediction", max_length=200)
    """The value that `words` are about."""
    words: list[AnswerWords] = Field(default=[], max_length=50)
    """Words by the value, the first that fits."""
    show: bool = True
    """Whether the answer itself is shown below the words, as a number, bars or a table."""

    @field_validator("text")
    @classmethod
    def _readable(cls, text: str) -> str:
        try:
            names_in(text)
        except ValueError as error:
            raise ValueError(f"the answer's text can't be filled: {error}") from None
        return text


class AppDefinition(RequestModel):
    """The question that an app asks a model, in the words of those who use it."""

    model: str = Field(max_length=200, examples=["house-price@champion"])
    """A reference: NAME (by release), NAME:3, NAME@alias."""
    title: str = Field(min_length=1, max_length=200, pattern=r"\S", examples=["What is a house worth?"])
    """The title."""
    text: str = Field(default="", max_length=10_000)
    """A text above the form: paragraphs, lists, **bold**, *italic* and `code`; anything else is shown as it is written."""
    inputs: list[AppInput] | None = Field(default=None, max_length=MOST_INPUTS)
    """The inputs that people see, in order; null: all of the signature."""
    hidden: dict[str, Any] = Field(default={}, max_length=MOST_INPUTS)
    """Inputs that people don't see, with their values."""
    params: dict[str, Any] = Field(default={}, max_length=MOST_INPUTS)
    """Values of the version's parameters."""
    answer: AppAnswer = AppAnswer()
    """The words for the model's answer."""
    embed: list[str] = Field(default=[], max_length=20, examples=[["https://intranet.example.com"]])
    """Origins of the pages that may embed the app; empty: none."""

    @field_validator("model")
    @classmethod
    def _reference(cls, text: str) -> str:
        try:
            return str(parse_reference(text))
        except InvalidReference as error:
            raise ValueError(str(error)) from None

    @field_validator("embed")
    @classmethod
    def _origins(cls, origins: list[str]) -> list[str]:
        found = []
        for origin in origins:
            text = origin.strip().lower().rstrip("/")
            if len(text) > 300 or _ORIGIN.fullmatch(text) is None:
                raise ValueError(
                    f"{origin[:80]!a} is no origin: write https://NAME or https://NAME:PORT, without a path or a wildcard"
                )
            found.append(text)
        return sorted(set(found))

    @model_validator(mode="after")
    def _once(self) -> "AppDefinition":
        names = [each.name for each in self.inputs or ()] + list(self.hidden)
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"inputs are there twice: {', '.join(twice)[:200]}")
        return self
