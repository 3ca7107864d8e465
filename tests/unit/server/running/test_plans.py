"""The processes of a server."""

import json
from pathlib import Path

from unshelf.server.running.plans import plans_of
from unshelf.server.settings import Settings


def test_gateways_beside_old_ones_have_other_numbers_and_the_same_places() -> None:
    settings = Settings(home=Path("/home"), gateways=2, controls=2)
    first, _ = plans_of(settings, 5)
    assert [plan.name for plan in first] == ["gateway 0", "gateway 1", "control", "control 1"]
    (*gateways, _, _), (host,) = plans_of(settings, 5, taken=["gateway 0", "gateway 2", "control", "host"])
    assert [plan.name for plan in gateways] == ["gateway 1", "gateway 3"]
    assert [json.loads(plan.command[-1])["place"] for plan in gateways] == [0, 1]
    assert host.name == "host" and gateways[0].fds == (5,)


def test_no_secret_stands_on_a_command_line() -> None:
    secrets = {
        "database": "postgresql://u:dbsecret@h/n", "smtp_password": "mailsecret", "oidc_client_secret": "oidcsecret",
        "backup_passphrase": "backupsecret",
    }  # fmt: skip
    groups = plans_of(Settings(home=Path("/home"), **secrets), 5)  # type: ignore[arg-type]
    for plan in [plan for group in groups for plan in group]:
        assert not [
            word for word in ("dbsecret", "mailsecret", "oidcsecret", "backupsecret") if word in str(plan.command)
        ]
        assert bool(plan.environment) == plan.name.startswith("control")
