"""What operators read in the chart is right by their own definitions, with no field that they do not know."""

from collections.abc import Mapping
from typing import Any

import jsonschema
import pytest
import yaml

from chart import CASES, Object, each_case, named, objects
from services import missing
from tools.crds import definitions
from tools.services.process import Missing

WITHOUT = {"networking.gke.io"}  # Google's are in no package
Schemas = Mapping[tuple[str, str], Any]


@pytest.fixture(scope="module")
def schemas() -> Schemas:
    """The schema of each kind, by its API and name."""
    try:
        texts = [path.read_text() for path in definitions()]
    except Missing as error:
        missing(error.service, error)
    found = [one for text in texts for one in yaml.load_all(text, yaml.CSafeLoader) if one]
    specs = [one["spec"] for one in found if one["kind"] == "CustomResourceDefinition"]
    return {
        (f"{spec['group']}/{version['name']}", spec["names"]["kind"]): strict(version["schema"]["openAPIV3Schema"])
        for spec in specs
        for version in spec["versions"]
    }


def strict(schema: Any) -> Any:
    """The schema, made to refuse fields that it does not name, as the API server does when it is asked to."""
    if isinstance(schema, list):
        return [strict(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {name: strict(one) for name, one in schema.items()}
    if "properties" in schema and not schema.get("x-kubernetes-preserve-unknown-fields"):
        closed.setdefault("additionalProperties", False)
    if schema.get("x-kubernetes-int-or-string"):
        closed.pop("type", None)
    return closed


def complaints(schemas: Schemas, one: Object) -> list[str]:
    """What is wrong with an object."""
    schema = schemas[one["apiVersion"], one["kind"]]
    body = {name: value for name, value in one.items() if name != "metadata"}  # whose schema is Kubernetes' own
    found = jsonschema.Draft202012Validator(schema).iter_errors(body)
    return [f"{one['kind']} {one['metadata']['name']}: {error.json_path} {error.message}" for error in found]


def by_operators(case: str) -> list[Object]:
    """The objects that are none of Kubernetes' own."""
    own = {"v1", "apps", "policy", "autoscaling", "networking.k8s.io", "rbac.authorization.k8s.io"} | WITHOUT
    return [one for one in objects(case) if one["apiVersion"].partition("/")[0] not in own]


@each_case()
def test_every_object_is_one_of_its_operator(schemas: Schemas, case: str) -> None:
    assert [one for each in by_operators(case) for one in complaints(schemas, each)] == []


def test_every_operator_is_among_the_cases() -> None:
    groups = {one["apiVersion"].partition("/")[0] for case in CASES for one in by_operators(case)}
    assert groups == {"kafka.strimzi.io", "gateway.networking.k8s.io", "keda.sh", "monitoring.coreos.com"}


@pytest.mark.parametrize(
    ("kind", "name", "field"),
    [("Kafka", "my-cluster", "replica"), ("KafkaTopic", "votes", "partition"), ("KafkaUser", "votes-writer", "acl")],
)
def test_a_field_that_an_operator_does_not_know_is_noticed(schemas: Schemas, kind: str, name: str, field: str) -> None:
    one = named("default", kind, name)
    assert complaints(schemas, one | {"spec": one["spec"] | {field: 1}})
