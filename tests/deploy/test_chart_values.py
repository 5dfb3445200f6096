"""Values that cannot be meant are refused with their name, and the chart's defaults are rockola's own."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from chart import CHART, run_helm
from rockola.settings import Settings

VALUES = yaml.safe_load((CHART / "values.yaml").read_text())
SCHEMA = json.loads((CHART / "values.schema.json").read_text())
WRONG = {
    "settings.queu=1": "queu",
    "settings.queue=many": "/settings/queue",
    "settings.voter_rate=-1": "/settings/voter_rate",
    "settings.group_protocol=new": "/settings/group_protocol",
    "settings.drain=null": "drain",
    "settings.log=kafka://k": "log",
    "autoscaling.by=both": "/autoscaling/by",
    "autoscaling.consumer.cpu=400": "/autoscaling/consumer/cpu",
    "autoscaling.consumer.min=6": "autoscaling.consumer.min is above its max",
    "autoscaling.doors.max=0": "/autoscaling/doors/max",
    "autoscaling.by=lag,log.managed=false": "autoscaling.lag_brokers",
    "log.retention_days=7": "/log/retention_days",
    "log.brokers=2": "/log/brokers",
    "log.storage=20GB": "/log/storage",
    "archive.members=2": "/archive/members",
    "image.python=rockola": "/image/python",
    "image.pull=Sometimes": "/image/pull",
    "web.replicas=0": "/web/replicas",
    "gateway.replicas=2": "replicas",
    "web.resources.limits=null": "limits",
    "consumer.resources.limits.memory=512": "/consumer/resources/limits/memory",
    "gateway_api.enabled=true": "/gateway_api",
    "doors.grpc.enabled=false,doors.rust.enabled=false": "/doors",
    "network.ingress_from=null": "ingress_from",
    "network.store_ports.tally=null": "tally",
    "network.store_ports.log[0]=99999": "/network/store_ports/log/0",
    "grafana.anonymous=true": "anonymous",
    "tally.members=3": "members",
    "network.store_ports.tall[0]=6379": "tall",
    "ingress.annotations.a.b=c": "/ingress/annotations/a",
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_value_is_refused_with_its_name(wrong: str) -> None:
    done = run_helm("template", f"--set={wrong}")
    assert done.returncode != 0
    assert WRONG[wrong] in done.stderr


def test_a_machine_without_helm_is_told_how_to_have_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROCKOLA_CACHE", str(tmp_path))
    monkeypatch.setenv("ROCKOLA_REQUIRE", "helm")
    with pytest.raises(pytest.fail.Exception, match="`make cluster-tools` builds it"):
        run_helm("version")


def test_settings_are_named_and_begin_as_rockola_has_them() -> None:
    apart = {"reflection": False}  # a cluster's server does not describe itself to strangers
    defaults = {name: Settings.model_fields[name].default for name in VALUES["settings"]} | apart
    assert VALUES["settings"] == defaults


def known(schema: dict[str, Any]) -> set[str]:
    """The values that an object of the schema has, those of what it refers to included."""
    of = known(SCHEMA["$defs"][schema["$ref"].rpartition("/")[2]]) if "$ref" in schema else set()
    return of | schema.get("properties", {}).keys()


def test_the_schema_knows_every_value_and_no_other() -> None:
    assert SCHEMA["properties"].keys() - {"global"} == VALUES.keys()
    for name, value in VALUES.items():
        if isinstance(value, dict):
            assert known(SCHEMA["properties"][name]) == value.keys(), name


@pytest.mark.parametrize("profile", sorted(CHART.glob("values-*.yaml")), ids=lambda path: path.stem)
def test_a_profile_changes_what_is_there(profile: Path) -> None:
    changed = yaml.safe_load(profile.read_text())
    assert changed.keys() <= VALUES.keys()
    assert all(one.keys() <= VALUES[name].keys() for name, one in changed.items() if isinstance(one, dict))
