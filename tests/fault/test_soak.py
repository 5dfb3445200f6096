"""Longer forms of the faults, for `make soak`: F-09, F-10, F-12, F-28."""

import random
import time

import pytest

from running import until
from stack import HEALED, Stack, counted, more, pause
from test_services_consumers import POINTS, die_at
from test_services_log import PARTITIONS, ended_with, widened

pytestmark = [pytest.mark.soak, pytest.mark.timeout(1200)]

ROUNDS = 10
KILLS = 100
CHECKS = 75.0  # seconds until whoever runs has looked at the topic again


def test_f09_links_cut_one_by_one_and_mended_in_any_order_leave_an_exact_count(
    shared: Stack, rng: random.Random
) -> None:
    links = [shared.kafka.link, shared.valkey.link, shared.mongo.link]
    with counted(shared, rng) as (crowd, _):
        for _ in range(ROUNDS):
            ways = [(link, rng.choice(("refuses", "silent"))) for link in links]
            for turn in (True, False):
                rng.shuffle(ways)
                for link, way in ways:
                    setattr(link, way, turn)
                    pause(rng, 0.5, 5)
            more(crowd, 20, HEALED)


def test_f10_a_mongodb_server_away_for_half_a_minute_is_caught_up_with(shared: Stack, rng: random.Random) -> None:
    with counted(shared, rng) as (crowd, _):
        shared.mongo.server.kill()
        until_over = time.monotonic() + 30
        while time.monotonic() < until_over:
            more(crowd, 50)
        shared.mongo.server.start()


def test_f12_a_hundred_consumers_killed_at_random_points_leave_an_exact_count(
    shared: Stack, rng: random.Random
) -> None:
    with counted(shared, rng) as (_, consumer):
        consumer.kill()
        for _ in range(KILLS):
            die_at(shared, f"consumer.{rng.choice(POINTS)}=kill:{rng.randint(1, PARTITIONS)}")
        consumer.start()


def test_f28_a_topic_given_more_partitions_stops_whoever_runs_within_a_minute(
    shared: Stack,
) -> None:
    server, _ = shared.doors()
    consumer = shared.make("consumer").start()
    until(lambda: consumer.metric("rockola_owned_partitions") == PARTITIONS, "all partitions")
    widened(shared)
    for process in (server, consumer):
        ended_with(process, f"with {PARTITIONS + 2}", CHECKS)
