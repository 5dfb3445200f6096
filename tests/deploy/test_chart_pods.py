"""What every pod of the chart is held to: Kubernetes' restricted profile, limits, probes, and time for its drain."""

from chart import Object, containers, each_case, envs, named, objects, pods, text_of
from rockola.settings import Settings

VOLUMES = {"configMap", "emptyDir", "projected", "secret", "persistentVolumeClaim"}
OWNS_AN_ACCOUNT = {"prometheus"}  # it asks which pods there are


@each_case()
def test_a_pod_is_restricted(case: str) -> None:
    for name, pod in pods(case):
        context = pod["spec"]["securityContext"]
        assert (context["runAsNonRoot"], context["seccompProfile"]) == (True, {"type": "RuntimeDefault"}), name
        assert context["runAsUser"] > 0
        assert not {"hostNetwork", "hostPID", "hostIPC", "initContainers"} & pod["spec"].keys()
        assert {kind for volume in pod["spec"].get("volumes", ()) for kind in volume if kind != "name"} <= VOLUMES


@each_case()
def test_a_container_may_nothing(case: str) -> None:
    for name, container in containers(case):
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}
        }, name  # fmt: skip


@each_case()
def test_a_container_says_what_it_needs_and_what_it_may_have(case: str) -> None:
    for name, container in containers(case):
        for bound in ("requests", "limits"):
            assert container["resources"][bound].keys() == {"cpu", "memory"}, name


@each_case()
def test_a_container_is_started_watched_and_taken_out(case: str) -> None:
    probes = {"startupProbe", "readinessProbe", "livenessProbe"}
    assert [name for name, one in containers(case) if "vote-test" not in name and not probes <= one.keys()] == []


@each_case()
def test_a_probe_asks_a_port_of_its_container(case: str) -> None:
    for _, container in containers(case):
        ports = {port["name"] for port in container.get("ports", ())}
        asked = [
            one[how]
            for kind, one in container.items()
            if kind.endswith("Probe")
            for how in one
            if isinstance(one[how], dict)
        ]
        assert {each["port"] for each in asked} <= ports
        assert all(len(name) <= 15 for name in ports)  # more is refused


def pause(container: Object) -> int:
    """Seconds until a container is told to end, in which senders look away from it."""
    return int(container.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0))


@each_case()
def test_a_drain_is_waited_for(case: str) -> None:
    for name, pod in pods(case):
        longest = max(pause(one) for one in pod["spec"]["containers"])
        assert pod["spec"]["terminationGracePeriodSeconds"] > longest + Settings().drain + 5, name


@each_case()
def test_whoever_takes_requests_lets_senders_look_away_first(case: str) -> None:
    assert all(pause(one) >= 5 for _, one in containers(case) if one["name"] in {"gateway", "server", "web"})


@each_case()
def test_nobody_is_given_an_account_but_who_needs_one(case: str) -> None:
    assert {name for name, pod in pods(case) if pod["spec"]["automountServiceAccountToken"]} <= OWNS_AN_ACCOUNT


@each_case()
def test_pods_of_a_part_are_spread(case: str) -> None:
    for name, pod in pods(case):
        spread = pod["spec"]["topologySpreadConstraints"]
        assert "kubernetes.io/hostname" in {one["topologyKey"] for one in spread}, name
        assert all(one["labelSelector"]["matchLabels"].items() <= pod["metadata"]["labels"].items() for one in spread)


@each_case()
def test_an_image_has_its_version(case: str) -> None:
    assert all(":" in one["image"] and not one["image"].endswith(":latest") for _, one in containers(case))


@each_case()
def test_what_is_secret_stands_in_secrets_alone(case: str) -> None:
    text = text_of(case)
    for value in named(case, "Secret", "rockola")["stringData"].values():
        if len(value) == 40:  # made up
            assert text.count(value) <= 2  # in users.acl too
            assert not any(value in str(one) for one in objects(case) if one["kind"] != "Secret")


@each_case()
def test_no_secret_setting_is_written_out(case: str) -> None:
    secret = {"ROCKOLA_SECRET", "ROCKOLA_TOKEN", "GF_SECURITY_ADMIN_PASSWORD"}
    for name, entry in envs(containers(case)):
        if entry["name"] in secret or entry["name"].endswith("_PASSWORD"):
            assert "value" not in entry, name


@each_case()
def test_a_part_is_told_no_more_than_it_needs(case: str) -> None:
    told = {name.split("/")[1]: set() for name, _ in containers(case)}
    for name, entry in envs(containers(case)):
        told[name.split("/")[1]].add(entry["name"].removeprefix("ROCKOLA_"))
    stores = {"LOG", "TALLY", "ARCHIVE", "SECRET", "TOKEN"}
    assert {part: told[part] & stores for part in ("gateway", "server", "consumer", "web")} == {
        "gateway": {"SECRET"},
        "server": {"SECRET", "LOG"},
        "consumer": {"LOG", "TALLY", "ARCHIVE"},
        "web": {"TALLY", "ARCHIVE", "TOKEN"},
    }


def test_grafana_lets_nobody_in_without_a_password() -> None:
    (grafana,) = named("default", "Deployment", "grafana")["spec"]["template"]["spec"]["containers"]
    env = {entry["name"]: entry for entry in grafana["env"]}
    assert env["GF_AUTH_ANONYMOUS_ENABLED"]["value"] == "false"
    assert env["GF_SECURITY_ADMIN_PASSWORD"]["valueFrom"]["secretKeyRef"]["key"] == "grafana"
