"""Pipelines are kept by name, each change as a version."""

import pytest

from tests.support.pipelines import Line
from unshelf.contracts.errors import Conflict, Forbidden, NotFound
from unshelf.develop.pipelines.code import find_readable
from unshelf.foundation.blob_holds import held_among


def test_the_same_again_is_no_new_version_and_other_code_is_one(line: Line) -> None:
    ana, ben = line.workshop.ana, line.workshop.ben
    first = line.service.keep(ana, line.request({"name": "load"}))
    assert (first.version, line.service.keep(ben, line.request({"name": "load"}, actor=ben)).version) == (1, 1)
    second = line.service.keep(ben, line.request({"name": "load"}, actor=ben, code=b"x = 1\n"))
    assert (second.id, second.version, second.latest) == (first.id, 2, 2)
    assert line.service.show(ana, first.id, 1).version == 1
    with pytest.raises(NotFound, match="no version 7"):
        line.service.show(ana, first.id, 7)


def test_who_may_see_jobs_sees_pipelines_and_others_nothing(line: Line) -> None:
    shop = line.workshop
    pipeline = line.keep({"name": "load"})
    assert [each.name for each in line.service.list_for(shop.vic, limit=10).items] == ["retrain"]
    assert line.service.list_for(shop.eve, limit=10).items == []
    with pytest.raises(NotFound):
        line.service.show(shop.eve, pipeline)
    with pytest.raises(Forbidden):
        line.service.keep(shop.vic, line.request({"name": "load"}, actor=shop.vic))
    with pytest.raises(NotFound):
        line.service.keep(shop.eve, line.request({"name": "load"}, actor=shop.eve))


def test_code_is_held_as_long_as_the_pipeline_is_there_and_readable_with_it(line: Line) -> None:
    shop = line.workshop
    wanted = line.request({"name": "load"})
    pipeline = line.service.keep(shop.ana, wanted).id
    digests = [file.sha256 for file in wanted.files]
    with shop.database.read() as session:
        assert held_among(session, digests) == set(digests)
        assert find_readable(session, shop.vic, digests) == set(digests)
        assert find_readable(session, shop.eve, digests) == set()
    run = line.begin(pipeline)
    with pytest.raises(Conflict, match="is running"):
        line.service.delete(shop.ana, pipeline)
    line.end(run, "load", 1)
    line.service.delete(shop.ben, pipeline)
    with shop.database.read() as session:
        assert shop.row(str(run.steps[0].job)).state == "succeeded"
        assert find_readable(session, shop.ana, digests) == set()
    with pytest.raises(NotFound):
        line.runs.show(shop.ana, run.id)
