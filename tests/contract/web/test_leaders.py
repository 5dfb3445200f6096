"""The leading candidates as a metric: the votes that the pages show, of at most as many as a dashboard can."""

import re

import pytest

from contract.web.serving import PALABRAS, SONORA, Stores
from rockola.metrics import Metrics
from rockola.vote.contest import Shown
from rockola.vote.model import Vote
from rockola.web import leaders
from rockola.web.guard import Guard
from rockola.web.leaders import Leaders
from rockola.web.timeline import Timeline
from rockola.web.veil import View
from rockola.web.watch import Watch


def looking(stores: Stores, shown: Shown) -> Metrics:
    """Metrics that look at the stores of a contest whose results are shown so."""
    made, view = Metrics(), View(Watch(stores.tally, stores.archive), Timeline(stores.tally), shown, Guard(""))
    made.before_telling(Leaders(view.public, made.candidate).look)
    return made


@pytest.fixture
def metrics(stores: Stores) -> Metrics:
    """Those of a contest that hides nothing."""
    return looking(stores, "public")


def told(metrics: Metrics) -> dict[str, float]:
    """Votes by album, as Prometheus reads them."""
    found = re.findall(r'^rockola_candidate_votes\{album="([^"]*)",.*\} (\S+)$', metrics.told().decode(), re.MULTILINE)
    return {album: float(votes) for album, votes in found}


def test_a_candidate_is_told_with_the_votes_of_now(stores: Stores, metrics: Metrics) -> None:
    stores.count(SONORA)
    before = told(metrics)
    stores.count(SONORA, PALABRAS)
    assert (before, told(metrics)) == ({SONORA.album: 1}, {SONORA.album: 2, PALABRAS.album: 1})


def test_whoever_leads_no_longer_is_told_no_longer(
    stores: Stores, metrics: Metrics, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leaders, "MOST", 1)
    stores.count(SONORA)
    told(metrics)
    stores.count(PALABRAS, PALABRAS)
    assert told(metrics) == {PALABRAS.album: 2}


def test_whatever_voters_think_of_the_series_are_bounded(stores: Stores, metrics: Metrics) -> None:
    stores.count(*(Vote("Band", f"Album {number}", 2000, 500) for number in range(leaders.MOST + 20)))
    assert len(told(metrics)) == leaders.MOST


def test_while_the_tally_is_away_the_metrics_are_told_all_the_same(stores: Stores, metrics: Metrics) -> None:
    stores.count(SONORA)
    told(metrics)
    stores.break_tally()
    assert told(metrics) == {SONORA.album: 1}


@pytest.mark.parametrize("shown", ["blind", "organiser"])
def test_results_that_are_hidden_are_told_as_no_metric_until_they_are_revealed(stores: Stores, shown: Shown) -> None:
    stores.count(SONORA)
    metrics = looking(stores, shown)
    hidden = metrics.told()
    stores.tally.reveal()
    assert (SONORA.album.encode() in hidden, told(metrics)) == (False, {SONORA.album: 1})
