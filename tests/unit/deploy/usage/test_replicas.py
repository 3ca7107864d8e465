"""Replicas as quotas count them: released versions with their most, others with their least, deploys from their beginning."""

import pytest

from tests.support.deploying import ANA, Deploying
from unshelf.contracts.bundle import Resources as Hardware
from unshelf.contracts.bundle import Scaling
from unshelf.deploy.deploys.tables import DeployRow
from unshelf.foundation.clock import now
from unshelf.manage.quotas.accounts import INSTALLATION_ACCOUNT, Account, project_account
from unshelf.manage.quotas.resources import ResourceAmounts

GIB = 1 << 30
DEFAULT = project_account("default")


def used(deploying: Deploying, account: Account = DEFAULT) -> ResourceAmounts:
    with deploying.database.read() as session:
        return deploying.usage.used(session, account)


def release(deploying: Deploying, name: str, version: int, percent: float = 100) -> None:
    with deploying.database.transaction() as session:
        deploying.releases.put_live(session, name, version, percent, ANA)


def begin(deploying: Deploying, name: str, *, most: int, live: bool | None, dry_run: bool = False) -> None:
    """Have a deploy under way."""
    made = deploying.manifest(f"{name} {most}".encode())
    manifest = type(made)(**{field: getattr(made, field) for field in made.__struct_fields__} | {
        "resources": Hardware(tier="medium"), "scaling": Scaling(max=most),
    })  # fmt: skip
    with deploying.bundles.claim(ANA, manifest, f"deploy/{name}{most}") as session:
        session.add(
            DeployRow(
                id=f"{name}{most}{live}", model=name, project=None, bundle=manifest.digest, release=live, dry_run=dry_run,
                state="running", created_at=now(), created_by=ANA.label,
            )
        )  # fmt: skip


def test_a_released_version_counts_with_its_most_and_another_with_its_least(deploying: Deploying) -> None:
    deploying.register("iris", tier="large", scaling=Scaling(min=1, max=3))
    deploying.register("iris", b"2", scaling=Scaling(max=2))
    assert used(deploying) == ResourceAmounts(cores=8, memory_bytes=32 * GIB, replicas=2), (
        "one always runs, one may be called"
    )
    release(deploying, "iris", 1)
    assert used(deploying) == ResourceAmounts(cores=12, memory_bytes=48 * GIB, replicas=3)
    release(deploying, "iris", 2, 50)
    assert used(deploying).replicas == 5
    release(deploying, "iris", 2)
    assert used(deploying).replicas == 3, "the minimum of the first one, which goes on, and two of the second"
    assert used(deploying).cores == 4 + 4, "or, in place of the two, one more of the first, which is larger"
    with deploying.database.read() as session:
        assert deploying.usage.of_tier(session, "large") == ["iris:1"]
        assert deploying.usage.of_tier(session, "small", project="default") == ["iris:2"]
        assert deploying.usage.of_tier(session, "small", makers=["somebody"]) == []


def test_what_is_paused_counts_nothing(deploying: Deploying) -> None:
    deploying.register("iris", scaling=Scaling(min=1))
    release(deploying, "iris", 1)
    deploying.pausing.set_paused("iris", ANA, paused=True)
    assert used(deploying) == ResourceAmounts()
    deploying.pausing.set_paused("iris", ANA, paused=False)
    deploying.pausing.set_paused("iris:1", ANA, paused=True)
    assert used(deploying) == ResourceAmounts()


def test_it_counts_to_projects_people_and_the_installation(deploying: Deploying) -> None:
    deploying.register("iris")
    deploying.register("loans", project="risk")
    release(deploying, "iris", 1)
    release(deploying, "loans", 1)
    ana = Account(kind="user", name="u1", title="ana", labels=(ANA.label,))
    zoe = Account(kind="user", name="u2", title="zoe", labels=("zoe (u2)",))
    accounts = (project_account("risk"), project_account("else"), INSTALLATION_ACCOUNT, ana, zoe)
    assert [used(deploying, each).replicas for each in accounts] == [1, 0, 2, 2, 0]


@pytest.mark.parametrize(
    ("live", "most", "expected"), [(True, 2, 4), (True, 6, 6), (None, 6, 4), (False, 6, 4)],
)  # fmt: skip
def test_a_deploy_counts_as_its_version_will(deploying: Deploying, live: bool | None, most: int, expected: int) -> None:
    deploying.register("iris", scaling=Scaling(max=4))
    release(deploying, "iris", 1)
    begin(deploying, "iris", most=most, live=live)
    assert used(deploying).replicas == expected
    assert used(deploying).cores == max(4, 2 * most if live else 0)


def test_the_first_version_goes_live_and_a_dry_run_never(deploying: Deploying) -> None:
    begin(deploying, "iris", most=2, live=None)
    begin(deploying, "loans", most=3, live=True, dry_run=True)
    assert used(deploying) == ResourceAmounts(cores=4, memory_bytes=8 * GIB, replicas=2)
