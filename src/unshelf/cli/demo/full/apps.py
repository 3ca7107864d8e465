"""Apps of the demo, and scenarios: a model asked in plain words, and inputs to compare."""

from typing import Any

from unshelf.cli.demo.full.stage import Stage

_NAME = "loan-check"
_DEFINITION: dict[str, Any] = {
    "model": "credit-default@champion",
    "title": "Will this loan default?",
    "text": "For the talk with a customer: change an input, and read what the model expects. It **decides nothing**.",
    "inputs": [
        {"name": "income", "label": "Income a year", "unit": "€", "min": 8_000, "max": 120_000, "step": 1_000, "default": 32_000},
        {"name": "amount", "label": "Loan", "unit": "€", "min": 1_000, "max": 60_000, "step": 500, "default": 12_000},
        {"name": "term_months", "label": "Term", "unit": "months", "kind": "choice", "choices": [12, 24, 36, 60], "default": 36},
        {"name": "late_payments", "label": "Late payments", "help": "In the last two years.", "min": 0, "max": 8, "step": 1, "default": 0},
        {"name": "age", "label": "Age", "unit": "years", "min": 18, "max": 90, "step": 1, "default": 41},
    ],
    "answer": {
        "text": "A loan of {input.amount:,.0f} € over {input.term_months} months {words}.",
        "words": [
            {"equals": 0, "text": "is expected to be paid back", "tone": "ok"},
            {"text": "is expected to default", "tone": "failing"},
        ],
    },
}  # fmt: skip
_SCENARIOS = {
    "A young saver": ("Little income, a small loan.", (24_000, 23, 4_000, 24, 0)),
    "After a bad year": ("Three late payments.", (41_000, 47, 15_000, 60, 3)),
    "A large wish": ("Half a year's income.", (60_000, 35, 30_000, 60, 0)),
}
"""Name → note, and values in the order of the inputs."""
_INPUTS = ("income", "age", "amount", "term_months", "late_payments")


def fill(stage: Stage) -> str:
    """Add the app and the scenarios that are missing."""
    ben = stage.person("ben")
    if not any(each["name"] == _NAME for each in stage.admin.apps()):
        ben.save_app(_NAME, _DEFINITION)
        stage.admin.grant_role("zoe", "app-user", model="credit-default")
    known = {each["name"] for each in ben.scenarios("credit-default")}
    for name, (note, values) in _SCENARIOS.items():
        if name not in known:
            ben.save_scenario("credit-default", name, dict(zip(_INPUTS, values, strict=True)), note=note, shared=True)
    return f"1 app, {len(_SCENARIOS)} scenarios"
