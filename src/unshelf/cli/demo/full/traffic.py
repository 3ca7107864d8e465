"""Traffic of the demo: predictions by keys of their own, most of them right, some against the signature."""

import contextlib
import random

from unshelf.cli.demo.full.stage import Stage
from unshelf.cli.demo.full.training import DemoTable, Training
from unshelf.cli.lazy import load
from unshelf.client.client import Client
from unshelf.client.errors import UnshelfError

_CALLS = 120
_WRONG = 4


def fill(stage: Stage) -> str:
    """Make the keys that are missing, and send what each caller sends; a key that is there has sent it before."""
    training: Training = load("unshelf.cli.demo.full.sklearn_models:train")()
    calling = {
        "branch-office": ("credit", "credit-default", training.loans),
        "marketing": ("customer-care", "churn", training.customers),
        "ward-round": ("clinic", "diabetes-progression", training.patients),
    }
    known = {key["name"] for key in stage.admin.keys()}  # noqa: SIM118 - no dictionary
    for name, (project, model, table) in calling.items():
        if name not in known:
            key = stage.person("olga").create_key(name, role="caller", project=project)
            with Client(stage.admin.url, key["token"]) as client:
                _send(client, model, table)
    return f"{len(calling)} keys with {len(calling) * (_CALLS + _WRONG)} predictions"


def _send(client: Client, model: str, table: DemoTable) -> None:
    chance = random.Random(model)  # noqa: S311 - no secret is made of it
    rows = table.frame.to_dict("records")
    for _ in range(_CALLS):
        client.predict(model, [chance.choice(rows)])
    wrong = {**rows[0], next(iter(rows[0])): "not known"}
    for _ in range(_WRONG):
        with contextlib.suppress(UnshelfError):
            client.predict(model, [wrong])
