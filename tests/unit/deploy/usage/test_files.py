"""Files of versions: each once in a project, whatever has it."""

from tests.support.actors import actor
from tests.support.deploying import Deploying
from unshelf.manage.quotas.quota import Quota


def quota(deploying: Deploying, project: str) -> Quota:
    return deploying.quotas.of_project(project)


def test_a_file_counts_once_in_each_project_that_has_it(deploying: Deploying) -> None:
    deploying.projects.create(actor("admin"), "risk")
    deploying.register("iris", b"12345")
    deploying.register("iris", b"123456789")
    deploying.register("petal", b"12345")
    deploying.register("loans", b"12345", project="risk")
    assert quota(deploying, "default").used.disk_bytes == 14
    assert quota(deploying, "risk").used.disk_bytes == 5
    deploying.registry.remove("iris", actor("admin"))
    assert quota(deploying, "default").used.disk_bytes == 5
