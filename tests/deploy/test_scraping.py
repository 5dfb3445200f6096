"""What a real Prometheus scrapes of the chart's pods, by the chart's own configuration."""

from collections.abc import Iterator
from typing import Any

import yaml

from chart import named, pods
from running import until
from services import Own
from tools.services.prometheus import Prometheus

MADE_UP = 20_000  # ports nobody listens at: what is scraped is asked, not what is found there


def ports_of_pods() -> Iterator[dict[str, Any]]:
    """Each port of each container as Kubernetes tells Prometheus of it."""
    for name, pod in pods("default"):
        for container in pod["spec"]["containers"]:
            for port in container.get("ports", ()):
                told = {
                    "pod_name": name,
                    "pod_phase": "Running",
                    "pod_container_name": container["name"],
                    "pod_container_port_name": port["name"],
                    "pod_annotation_prometheus_io_scrape": scraped(pod),
                }
                labels = {f"__meta_kubernetes_{label}": value for label, value in told.items()}
                yield {"targets": [f"127.0.0.1:{MADE_UP + port['containerPort'] % 10_000}"], "labels": labels}


def scraped(pod: dict[str, Any]) -> str:
    return str(pod["metadata"].get("annotations", {}).get("prometheus.io/scrape", ""))


def watching(own: Own, config: str, targets: list[dict[str, Any]]) -> Prometheus:
    """A Prometheus of this configuration that was told these targets instead of asking somebody for them."""
    told = yaml.safe_load(config)
    for job in told["scrape_configs"]:
        kept = {name: value for name, value in job.items() if not name.endswith("_sd_configs")}
        job.clear()
        job.update(kept, static_configs=targets)
    found = own("prometheus", config=yaml.safe_dump(told))
    assert isinstance(found, Prometheus)
    return found


def test_in_the_cluster_it_is_every_process_of_every_pod_and_nothing_else(own: Own) -> None:
    config = named("default", "ConfigMap", "prometheus")["data"]["prometheus.yaml"]
    prometheus = watching(own, config, list(ports_of_pods()))
    until(prometheus.api.targets, "the first targets: all come at once")
    assert sorted((one["labels"]["pod"], one["labels"]["part"]) for one in prometheus.api.targets()) == [
        ("consumer-deployment", "consumer"),
        ("grpc-deployment", "gateway"),
        ("grpc-deployment", "server"),
        ("rust-deployment", "gateway"),
        ("rust-deployment", "server"),
        ("web-deployment", "web"),
    ]
