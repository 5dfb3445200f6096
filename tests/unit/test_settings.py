"""Settings come from the environment or by name, and fill the data folder into the URLs of the stores."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from rockola.settings import Settings

STORES = ["log", "tally", "archive"]


@pytest.mark.parametrize("store", STORES)
def test_a_store_lies_in_the_data_folder(store, tmp_path):
    assert Settings(data=tmp_path).url(store) == f"sqlite:///{tmp_path}/{store}.db"


@pytest.mark.parametrize("store", STORES)
def test_a_relative_data_folder_becomes_absolute(store, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert Settings(data=Path("here")).url(store) == f"sqlite:///{tmp_path}/here/{store}.db"


@pytest.mark.parametrize("store", STORES)
def test_a_url_without_a_data_folder_stays_as_it_is(store):
    url = "redis://localhost:6379/0#{name}"
    assert Settings(**{store: url}).url(store) == url


def test_the_environment_gives_a_setting(monkeypatch):
    monkeypatch.setenv("ROCKOLA_TALLY", "redis://localhost")
    assert Settings().url("tally") == "redis://localhost"


def test_a_name_goes_before_the_environment(monkeypatch):
    monkeypatch.setenv("ROCKOLA_QUEUE", "5")
    assert Settings(queue=7).queue == 7


@pytest.mark.parametrize(
    "wrong", [{"queue": -1}, {"queue": 10_000_001}, {"drain": "soon"}, {"reflection": "perhaps"}, {"tallly": "redis:"}]
)
def test_a_setting_that_is_wrong_is_refused(wrong):
    with pytest.raises(ValidationError, match=next(iter(wrong))):
        Settings(**wrong)


def test_settings_never_change():
    with pytest.raises(ValidationError, match="frozen"):
        Settings().queue = 1


def test_each_setting_has_its_sentence():
    assert [name for name, field in Settings.model_fields.items() if not (field.description or "").endswith(".")] == []
