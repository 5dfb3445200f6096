"""Starts Kafka, Valkey and the MongoDB-wire server for a person, at the ports where one expects them."""

import argparse
import signal
import sys
import time
from pathlib import Path

from tools.services.kafka import broker
from tools.services.mongo import Mongo
from tools.services.process import Failed, Group, Missing, Service, listens
from tools.services.valkey import Valkey

KAFKA, CONTROLLER, VALKEY, MONGO = 9092, 9093, 6379, 27017
UP = """\
Kafka    {kafka}
Valkey   {valkey}
MongoDB  {mongo} (a server for tests: docs/services.md)

rockola up --log {kafka}/votes --tally {valkey}/0 --archive {mongo}/so1_proyecto2 --create-topic

Ctrl-C stops them; what they hold stays in {folder}."""


def main() -> None:
    """Runs them until somebody ends it, or one of them ends."""
    parser = argparse.ArgumentParser(prog="python -m tools.services", description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("data/services"), help="folder of what they hold")
    folder = parser.parse_args().data.resolve()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, leave)
    refuse_taken_ports()
    kafka, valkey, mongo = (
        broker(folder / "kafka", KAFKA, CONTROLLER),
        Valkey(folder / "valkey", VALKEY),
        Mongo(folder / "mongo", MONGO),
    )
    group = Group[Service]([kafka, valkey, mongo])
    try:
        group.start()
        print(UP.format(kafka=kafka.url, valkey=valkey.url, mongo=mongo.url, folder=folder), flush=True)
        watch(group)
    except (Missing, Failed) as error:
        sys.exit(str(error))
    finally:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)  # it is ending already
        group.stop()


def leave(number: int, frame: object) -> None:
    sys.exit(0)


def refuse_taken_ports() -> None:
    """Exits with a sentence where one of the ports is not ours to take."""
    ports = {"Kafka": KAFKA, "Kafka's controller": CONTROLLER, "Valkey": VALKEY, "MongoDB": MONGO}
    for name, port in ports.items():
        if listens(port):
            sys.exit(f"{name} would listen at 127.0.0.1:{port}, where another process does: stop that one, or use it")


def watch(group: Group[Service]) -> None:
    """Returns never: Failed when one of them ended by itself."""
    while True:
        for member in group.members:
            if member.process and member.process.poll() is not None:
                raise Failed(f"{member.name} ended: {member.last_words()}")
        time.sleep(0.5)


if __name__ == "__main__":
    main()
