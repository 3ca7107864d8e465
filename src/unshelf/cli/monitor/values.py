"""`unshelf values`: what right and wrong predictions of a model are worth."""

from typing import Annotated

import typer

from unshelf.cli.changes import changing_client
from unshelf.cli.options import Json, Name
from unshelf.cli.output import console, print_json, table
from unshelf.cli.params import finite

app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="Values of predictions: set, remove. `unshelf quality` shows them."
)


@app.command("set")
def set_values(
    name: Name,
    unit: Annotated[str, typer.Argument(metavar="UNIT", help="Such as EUR.")],
    *,
    cell: Annotated[
        list[str] | None,
        typer.Option(
            metavar="TRUTH:ANSWER=VALUE", help="The value of a prediction with this truth and answer; repeatable."
        ),
    ] = None,
    over: Annotated[
        float, typer.Option(help="The value of one unit of error above the truth, of a regression.", callback=finite)
    ] = 0.0,
    under: Annotated[float, typer.Option(help="The same below it.", callback=finite)] = 0.0,
    reason: Annotated[str, typer.Option(help="Why, for the log.")] = "",
    json: Json = False,
) -> None:
    """Say what predictions are worth. Costs are negative; pairs that are not named are worth nothing."""
    cells = dict(map(_cell, cell or ()))
    with changing_client() as client:
        found = client.set_prediction_value(name, unit, cells=cells, over=over, under=under, reason=reason)
    if json:
        print_json(found)
        return
    rows = [[each["truth"], each["answer"], each["value"]] for each in found["cells"]]
    rows += [[side, "", found[side]] for side in ("over", "under") if found[side]]
    console().print(table(f"{name}, in {found['unit']}", ["truth", "answer", "value"], rows, right=["value"]))


@app.command()
def remove(name: Name, *, json: Json = False) -> None:
    """Forget what predictions of a model are worth."""
    with changing_client() as client:
        client.remove_prediction_value(name)
    if json:
        print_json({"name": name})
        return
    console().print(f"Predictions of {name} have no values any more.", markup=False)


def _cell(text: str) -> tuple[tuple[str, str], float]:
    pair, _, value = text.rpartition("=")
    truth, colon, answer = pair.partition(":")
    try:
        if not colon or not truth or not answer:
            raise ValueError
        return (truth, answer), float(value)
    except ValueError:
        raise typer.BadParameter(
            f"{text!r} is not TRUTH:ANSWER=VALUE, such as yes:no=-120", param_hint="--cell"
        ) from None
