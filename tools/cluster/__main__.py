"""`make cluster`: one node of Kubernetes on this machine with the chart on it, until Ctrl-C."""

import signal
import sys

from tools.cluster import ingress
from tools.cluster.node import NAMESPACE, build, programs, running_node
from tools.services.process import Failed, Missing

UP = """
votes      curl -d '{{"name":"Bohemia Suburbana","album":"Mis palabras","year":2000,"rank":9}}' http://{door}/grpc
           the same at http://{door}/rust
results    http://{door}/
token      {token}
kubectl    {kubectl} --kubeconfig={folder}/kubeconfig -n {namespace} get pods

Ctrl-C ends the node and all that is on it."""


def run() -> None:
    """Until a signal comes."""
    with running_node() as node:
        print("The node, Kafka and the archive are ready; the chart is installed.", flush=True)
        node.install()
        told = {"door": ingress.start(node), "token": node.secret("token"), "kubectl": programs() / "bin/kubectl"}
        print(UP.format(**told, folder=node.folder, namespace=NAMESPACE), flush=True)
        try:
            signal.pause()
        finally:
            print("The node ends.", flush=True)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        if sys.argv[1:] == ["build"]:
            build()
        else:
            run()
    except (Missing, Failed) as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        pass
