"""The examples of the OpenAPI document are answers that the API could give."""

import msgspec
import pytest

from rockola.web.examples import EXAMPLES


@pytest.mark.parametrize("model", EXAMPLES, ids=lambda model: model.__name__)
def test_an_example_is_a_whole_answer_of_its_model(model: type) -> None:
    told = EXAMPLES[model]
    assert msgspec.json.decode(msgspec.json.encode(msgspec.convert(told, model))) == told
