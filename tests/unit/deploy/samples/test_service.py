"""The sample model: real answers, and a deploy in the name of whoever asks."""

import pytest

from tests.support.deploying import ANA, Deploying
from unshelf.contracts.errors import Forbidden
from unshelf.deploy.deploys.service import DeployService
from unshelf.deploy.samples.iris.predict import predict
from unshelf.deploy.samples.service import IRIS, SampleService
from unshelf.foundation.access.actors import Actor

SETOSA = {"sepal_length": 5.1, "sepal_width": 3.5, "petal_length": 1.4, "petal_width": 0.2}
VIRGINICA = {"sepal_length": 6.3, "sepal_width": 3.3, "petal_length": 6.0, "petal_width": 2.5}


def test_it_tells_flowers_apart() -> None:
    found = predict([SETOSA, VIRGINICA])

    assert [each["species"] for each in found] == ["setosa", "virginica"]
    assert all(0.9 < each["probability"] <= 1 for each in found)


def test_it_is_deployed_as_uploaded_files_are(deploying: Deploying, deploys: DeployService) -> None:
    samples = SampleService(deploying.upload_service, deploys)

    deploy = samples.begin(ANA, project=None)

    request = deploys.files(deploy, ANA).request
    assert request.name == IRIS
    assert {file.path for file in request.files} == {"unshelf.toml", "predict.py", "model.json", "flowers.csv"}
    assert deploys.files(deploy, ANA).missing == []


def test_who_may_not_deploy_begins_none(deploying: Deploying, deploys: DeployService) -> None:
    nobody = Actor(id="n", kind="service_account", label="nobody")
    with pytest.raises(Forbidden):
        SampleService(deploying.upload_service, deploys).begin(nobody, project=None)
