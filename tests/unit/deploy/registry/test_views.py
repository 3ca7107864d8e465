"""Models and versions as the API shows them."""

from tests.support.deploying import ANA, Deploying
from unshelf.contracts.routing import Share
from unshelf.deploy.registry.views import model_detail, model_view, share_views


def test_a_model_in_a_list_has_its_versions_and_shares(deploying: Deploying) -> None:
    for content in (b"1", b"2"):
        deploying.register("iris", content)
    with deploying.database.transaction() as session:
        deploying.ledger.replace(session, "iris", [Share(version=2, percent=100.0)], ANA)
    (model,) = deploying.registry.list_for(ANA, limit=1).items
    shown = model_view(model).model_dump()
    assert (shown["name"], shown["versions"], shown["latest"]) == ("iris", [1, 2], 2)
    assert shown["release"] == [{"version": 2, "percent": 100.0}]


def test_a_version_in_full_is_plain_values(deploying: Deploying) -> None:
    deploying.register("iris")
    shown = model_detail(deploying.registry.inspect("iris")).model_dump(mode="json")
    version = shown["version"]
    assert (version["version"], version["by"], version["python"]) == (1, ANA.label, "3.11.7")
    assert version["packages"] == [{"name": "numpy", "version": "2.0"}]
    assert version["signature"]["inputs"]["columns"] == [{"name": "a", "type": "float64"}]
    assert "signature" not in version["checks"]
    assert [file["path"] for file in version["files"]] == ["0.bin"]
    assert version["batching"].keys() == {"max_rows", "max_bytes", "wait", "share"}


def test_shares_keep_their_order() -> None:
    shares = [Share(version=2, percent=25.0), Share(version=1, percent=75.0)]
    assert [(one.version, one.percent) for one in share_views(shares)] == [(2, 25.0), (1, 75.0)]
