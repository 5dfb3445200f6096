"""compose.yaml is right by the specification's models, runs parts that exist, and holds them as the chart does."""

import re
from typing import Any

import pytest
import yaml
from compose_spec.models import ComposeSpecification, Service
from pydantic import BaseModel, ValidationError

from chart import CHART
from rockola.cli import cli
from rockola.settings import Settings

PATH = CHART.parent / "compose.yaml"
COMPOSE: dict[str, Any] = yaml.safe_load(PATH.read_text())
VALUES: dict[str, Any] = yaml.safe_load((CHART / "values.yaml").read_text())
OURS = {name: one for name, one in COMPOSE["services"].items() if one["image"].startswith("rockola")}
FILLED = {name: one for name, one in COMPOSE.items() if not name.startswith("x-")}


def test_it_is_what_the_specification_says() -> None:
    ComposeSpecification.model_validate(FILLED)


def names_of(model: type[BaseModel]) -> set[str]:
    """What a model has, as it is written in a file."""
    return {field.alias or name for name, field in model.model_fields.items()}


@pytest.mark.parametrize("name", COMPOSE["services"])
def test_a_service_has_nothing_that_the_specification_does_not_know(name: str) -> None:
    assert COMPOSE["services"][name].keys() <= names_of(Service)


@pytest.mark.parametrize("wrong", [{"ports": "80"}, {"restart": 1}, {"depends_on": 5}])
def test_the_models_refuse_what_the_specification_does_not_say(wrong: dict[str, object]) -> None:
    services = FILLED["services"] | {"web": FILLED["services"]["web"] | wrong}
    with pytest.raises(ValidationError):
        ComposeSpecification.model_validate(FILLED | {"services": services})


@pytest.mark.parametrize("name", OURS)
def test_a_part_runs_a_command_that_exists(name: str) -> None:
    program, command, *_ = OURS[name]["command"]
    known = {one.callback.__name__ for one in cli.registered_commands if one.callback} | {"topic"}
    assert command in ({"gateway", "server"} if program == "rockola-door" else known)


@pytest.mark.parametrize("name", OURS)
def test_a_part_is_told_settings_of_the_table(name: str) -> None:
    assert OURS[name]["environment"].keys() <= {f"ROCKOLA_{setting.upper()}" for setting in Settings.model_fields}


@pytest.mark.parametrize("name", OURS)
def test_a_part_may_nothing(name: str) -> None:
    one = OURS[name]
    assert (one["read_only"], one["cap_drop"], one["security_opt"]) == (True, ["ALL"], ["no-new-privileges:true"])


@pytest.mark.parametrize("name", COMPOSE["services"])
def test_everything_has_its_share_of_memory_and_its_version(name: str) -> None:
    one = COMPOSE["services"][name]
    assert "mem_limit" in one
    assert re.fullmatch(r"[a-z/-]+:v?\d[\d.]*", one["image"])


def test_nothing_is_offered_beyond_this_machine() -> None:
    ports = [port for one in COMPOSE["services"].values() for port in one.get("ports", ())]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_no_password_stands_in_it() -> None:
    found = re.findall(r"^\s*\w*(?:SECRET|TOKEN|PASSWORD): (.*)$", PATH.read_text(), re.MULTILINE)
    assert [re.match(r"\$\{[A-Z_]+:\?", value) is not None for value in found] == [True] * 3


def test_the_images_are_those_of_the_chart() -> None:
    of_others = {VALUES[name]["image"] for name in ("tally", "archive", "prometheus", "grafana")}
    ours = {VALUES["image"][name] for name in ("python", "rust")}
    assert of_others | ours <= {one["image"] for one in COMPOSE["services"].values()}


def test_every_part_is_watched_by_the_name_of_its_command() -> None:
    config = yaml.safe_load(COMPOSE["configs"]["prometheus"]["content"])["scrape_configs"][0]
    names, relabel = config["dns_sd_configs"][0]["names"], config["relabel_configs"][0]
    assert set(names) == OURS.keys() - {"topic"}
    for name in names:
        found = re.fullmatch(relabel["regex"], name)
        assert found
        assert found[1] == OURS[name]["command"][1]


@pytest.mark.parametrize("name", ["python", "rust"])
def test_an_image_is_made_in_stages_and_runs_as_nobody(name: str) -> None:
    lines = (PATH.parent / f"{name}.Dockerfile").read_text().splitlines()
    assert [line.split()[1] for line in lines if line.startswith("FROM")][-1] == "${BASE}"
    assert sum(line.startswith("FROM") for line in lines) == 2
    assert "USER 10001:10001" in lines[-2:]
    assert any(line.startswith("ARG BASE=") for line in lines)
