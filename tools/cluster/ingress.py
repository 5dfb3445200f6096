"""A real nginx in a pod that does what the applied Ingress says, as an ingress controller would."""

import json
from collections.abc import Mapping
from typing import Any

from tools.cluster.node import NAMESPACE, PATIENCE, Node

CONTROLLER = "ingress-nginx"  # the namespace that the policies let in
PORT = 8080
HTTP = """
pid /scratch/nginx.pid;
events {}
http {
  access_log off;
  client_body_temp_path /scratch/body; proxy_temp_path /scratch/proxy; fastcgi_temp_path /scratch/fastcgi;
  uwsgi_temp_path /scratch/uwsgi; scgi_temp_path /scratch/scgi;
  client_max_body_size 1m;
  proxy_http_version 1.1;
  proxy_buffering off;
  proxy_set_header Host $http_host;
  proxy_set_header Connection "";
  proxy_set_header X-Forwarded-For $remote_addr;
  proxy_set_header X-Forwarded-Proto $scheme;
  server {
    listen %d;
%s
  }
}
"""


def start(node: Node) -> str:
    """Applies it and returns host:port of its Service once it takes requests."""
    found = json.loads(node.kubectl("-n", NAMESPACE, "get", "ingress", "cluster-ingress", "-o", "json"))
    node.kubectl("apply", "-f-", given=json.dumps({"apiVersion": "v1", "kind": "List", "items": objects(found)}))
    node.kubectl("-n", CONTROLLER, "rollout", "status", "deployment/nginx", PATIENCE)
    return f"{node.address('nginx', CONTROLLER)}:{PORT}"


def configuration(ingress: Mapping[str, Any]) -> str:
    """nginx's, of one host: a path of the type Prefix is itself and what lies below it."""
    (rule,) = ingress["spec"]["rules"]
    locations = []
    for path in rule["http"]["paths"]:
        service = path["backend"]["service"]
        to = f"proxy_pass http://{service['name']}.{ingress['metadata']['namespace']}.svc.cluster.local:{service['port']['number']};"
        ways = ["/"] if path["path"] == "/" else [f"= {path['path']}", f"{path['path']}/"]
        locations += [f"    location {way} {{ {to} }}" for way in ways]
    return HTTP % (PORT, "\n".join(locations))


def objects(ingress: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The namespace, the configuration, the pod and its Service."""
    named = {"name": "nginx", "namespace": CONTROLLER}
    confined = {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}
    container = {
        "name": "nginx",
        "image": "localhost/stores:1",
        "imagePullPolicy": "Never",
        "command": ["nginx", "-c", "/etc/ingress/nginx.conf", "-e", "stderr", "-g", "daemon off;"],
        "readinessProbe": {"tcpSocket": {"port": PORT}, "periodSeconds": 1},
        "securityContext": confined,
        "volumeMounts": [
            {"name": "scratch", "mountPath": "/scratch"},
            {"name": "settings", "mountPath": "/etc/ingress"},
        ],
    }
    pod = {
        "securityContext": {"runAsNonRoot": True, "runAsUser": 10001, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [container],
        "volumes": [{"name": "scratch", "emptyDir": {}}, {"name": "settings", "configMap": {"name": "nginx"}}],
    }
    labels = {"app": "nginx"}
    template = {"metadata": {"labels": labels}, "spec": pod}
    enforced = {"name": CONTROLLER, "labels": {"pod-security.kubernetes.io/enforce": "restricted"}}
    return [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": enforced},
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": named, "data": {"nginx.conf": configuration(ingress)}},
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": named,
            "spec": {"selector": labels, "ports": [{"port": PORT}]},
        },
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": named,
            "spec": {"selector": {"matchLabels": labels}, "template": template},
        },
    ]
