"""The examples of the OpenAPI document are answers that the API could give."""

import msgspec
import pytest

from rockola.web.examples import EXAMPLES
from rockola.web.problems import AWAY, REFUSED, SCHEMA, Problem


@pytest.mark.parametrize("model", EXAMPLES, ids=lambda model: model.__name__)
def test_an_example_is_a_whole_answer_of_its_model(model: type) -> None:
    told = EXAMPLES[model]
    assert msgspec.json.decode(msgspec.json.encode(msgspec.convert(told, model))) == told


@pytest.mark.parametrize("example", [REFUSED, AWAY])
def test_an_example_of_a_problem_is_one(example: dict[str, object]) -> None:
    problem = Problem(int(str(example["status"])), str(example["code"]))
    assert problem.members == example
    assert SCHEMA["required"] == list(example)
