"""`unshelf limit`: how much may be asked of a model; and the options for limits that other commands share."""

from typing import Annotated, Any

import typer

from unshelf.cli.changes import changing_client
from unshelf.cli.options import Json, Name
from unshelf.cli.output import console, print_json
from unshelf.cli.params import finite

Rate = Annotated[
    float | None, typer.Option(metavar="N", min=0.001, help="Requests a second, in the long run.", callback=finite)
]
Burst = Annotated[
    int | None,
    typer.Option(
        metavar="N", min=1, help="With --rate: requests at once after a pause. Unless given: a second's worth."
    ),
]
Concurrency = Annotated[int | None, typer.Option(metavar="N", min=1, help="Requests at a time.")]


def limit(
    name: Name,
    *,
    rate: Rate = None,
    burst: Burst = None,
    concurrency: Concurrency = None,
    none: Annotated[bool, typer.Option("--none", help="Take the limits away.")] = False,
    json: Json = False,
) -> None:
    """Limit how much may be asked of a model by all callers together; beyond it they get 429."""
    limits = chosen(rate, burst, concurrency)
    if none == (limits is not None):
        raise typer.BadParameter("give --rate, --concurrency or both; or --none", param_hint="--rate")
    with changing_client() as client:
        client.limit(name, limits)
    if json:
        print_json({"name": name, "limits": limits})
    else:
        console().print(f"{name}: {describe_limits(limits) or 'no limits'}.", markup=False)


def chosen(rate: float | None, burst: int | None, concurrency: int | None) -> dict[str, float] | None:
    """Return the options as the client takes them; None when none was given."""
    if burst is not None and rate is None:
        raise typer.BadParameter("it goes with --rate", param_hint="--burst")
    given = {"rate": rate, "burst": burst, "concurrency": concurrency}
    return {name: value for name, value in given.items() if value is not None} or None


def describe_limits(limits: dict[str, Any] | None) -> str:
    """Limits in words; empty without any."""
    found = []
    if limits and limits.get("rate"):
        burst = f" ({limits['burst']} at once)" if limits.get("burst") else ""
        found.append(f"{limits['rate']:g} a second{burst}")
    if limits and limits.get("concurrency"):
        found.append(f"{limits['concurrency']} at a time")
    return ", ".join(found)
