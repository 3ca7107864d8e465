"""`unshelf deferred`: what became of a prediction that is answered later."""

from typing import Annotated, Any

import typer

from unshelf.cli.deploy.predict import say, show_answer
from unshelf.cli.options import Json
from unshelf.cli.output import console, print_json, table, when
from unshelf.client.client import Client


def deferred(
    url: Annotated[str, typer.Argument(metavar="URL", help="Its address, as `unshelf predict --async` printed it.")],
    *,
    wait: Annotated[bool, typer.Option("--wait", help="Wait for the answer and print it.")] = False,
    cancel: Annotated[
        bool, typer.Option("--cancel", help="End it; of one that is finished, forget the answer.")
    ] = False,
    json: Json = False,
) -> None:
    """Show how a prediction stands that is answered later, wait for it, or cancel it."""
    if wait and cancel:
        raise typer.BadParameter("--wait and --cancel exclude each other")
    with Client() as client:
        found = client.reopen(url)
        if wait:
            show_answer(found.answer(), json=json)
        elif cancel:
            ended = found.cancel()
            if json:
                print_json({"url": url, "cancelled": ended})
            else:
                say("cancelled" if ended else "it was finished; its answer is removed")
        elif json:
            print_json(found.status())
        else:
            _show(found.status())


def _show(status: dict[str, Any]) -> None:
    facts = [
        ("status", status["status"]),
        ("model", f"{status['model']}:{status['version']}"),
        *((name, when(status[f"{name}_at"])) for name in ("created", "started", "finished") if f"{name}_at" in status),
        ("prediction", status.get("prediction_id")),
        ("problem", (status.get("problem") or {}).get("detail")),
        ("outputs", f"{len(status['outputs'])} rows (--wait prints them)" if "outputs" in status else None),
    ]
    console().print(table("", ["", ""], [fact for fact in facts if fact[1]]))
