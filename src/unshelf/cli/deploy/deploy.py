"""`unshelf deploy`: from a folder or a model file to a version that answers."""

from pathlib import Path
from typing import Any

import typer

from unshelf.cli.changes import changing_client
from unshelf.cli.deploy.interrupts import cancel_or_leave, interruptible
from unshelf.cli.deploy.options import (
    Alias,
    AllowNetwork,
    Baseline,
    Code,
    Description,
    DryRun,
    EnvironmentName,
    Example,
    GoesLive,
    Method,
    ModelName,
    ModelPath,
    NetworkOption,
    Output,
    ProjectName,
    PythonVersion,
    Requirements,
    Tier,
    Timeout,
    Variables,
)
from unshelf.cli.deploy.progress import failures_as_lines, progress, show_end
from unshelf.cli.options import Json
from unshelf.cli.output import console
from unshelf.client.bundling.bundle import DeployOptions
from unshelf.client.bundling.variables import parse_variables
from unshelf.client.client import Client
from unshelf.client.data.examples import read_rows
from unshelf.client.datasets.data_client import is_reference
from unshelf.client.errors import DeployFailed


def deploy(
    path: ModelPath,
    *,
    name: ModelName = None,
    example: Example = None,
    baseline: Baseline = None,
    requirement: Requirements = None,
    code: Code = None,
    python: PythonVersion = None,
    environment: EnvironmentName = None,
    method: Method = None,
    release: GoesLive = None,
    alias: Alias = None,
    project: ProjectName = None,
    tier: Tier = None,
    network: NetworkOption = None,
    allow_network: AllowNetwork = None,
    description: Description = None,
    timeout: Timeout = None,
    output: Output = None,
    env: Variables = None,
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Deploy a model: bundle, profile of the baseline, lock, build, check, register, start, release, each step shown as it happens.

    A model that fails at a step is not registered; the message says why and what to do. Ctrl-C asks whether the deploy is cancelled
    or left running; where nobody can be asked (no terminal, --json, SIGTERM), it is cancelled.
    --json prints one event a line, the last one with the version."""
    if allow_network and network == "full":
        raise typer.BadParameter("with --network full there is nothing to allow", param_hint="--allow-network")
    options = DeployOptions(
        example=_rows(example),
        baseline=_rows(baseline),
        requirements=requirement or (),
        code=code or (),
        python=python,
        environment=environment,
        method=method,
        tier=tier,
        network=allow_network or network,
        description=description,
        timeout=timeout,
        output=output,
        env=parse_variables(env or ()),
    )
    with changing_client() as client:
        _deploy(
            client, path, json=json, name=name, options=options, release=release, alias=alias, project=project,
            dry_run=dry_run,
        )  # fmt: skip


def _rows(given: str | None) -> Any:
    """Return the rows of a file; a reference to data is read later."""
    return given if given is None or is_reference(given) else read_rows(Path(given))


def _deploy(client: Client, path: Path, *, json: bool, **wanted: Any) -> None:
    """Deploy and show it, until it is over or somebody interrupts."""
    out = console()
    begun: list[str] = []
    with interruptible(), failures_as_lines(json=json):
        try:
            with progress(out, json=json) as report:
                deployed = client.deploy(path, **wanted, report=report, begun=begun.append)
        except KeyboardInterrupt as interrupt:
            if not begun:
                raise DeployFailed(
                    "Interrupted before the deploy began; nothing was registered.", code="cancelled"
                ) from None
            deployed = cancel_or_leave(client, begun[0], interrupt, json=json)
    show_end(client, out, deployed, json=json)
