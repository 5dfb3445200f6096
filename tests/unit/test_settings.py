"""Settings come from the environment or by name, and fill the data folder into the URLs of the stores."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from rockola.settings import Settings
from rockola.urls import WrongUrl, options_of, without_secrets

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


def test_an_option_of_a_store_goes_with_its_url():
    settings = Settings(log="kafka://a:1,b:2/votes?group=g", create_topic=True, group_protocol="consumer")
    assert settings.url("log") == "kafka://a:1,b:2/votes?create_topic=true&protocol=consumer&group=g"


def test_an_option_that_the_url_names_stays():
    settings = Settings(tally="redis://h/0?allow_volatile=true#p", allow_volatile=False)
    assert settings.url("tally") == "redis://h/0?allow_volatile=true#p"


def test_an_option_that_was_not_given_is_not_in_the_url():
    assert Settings(log="kafka://a:1/votes").url("log") == "kafka://a:1/votes"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("kafka://me:secret@a:1,b:2/votes?tls=true", "kafka://a:1,b:2/votes"),
        ("rediss://:secret@h:1/0#p", "rediss://h:1/0"),
        ("sqlite:///here/log.db", "sqlite:///here/log.db"),
    ],
)
def test_a_url_is_shown_without_its_secrets(url, shown):
    assert without_secrets(url) == shown


DEFAULTS = {"partitions": 6, "group": "rockola", "tls": False}


def test_options_are_read_as_what_their_defaults_are():
    assert options_of("kafka://h/t?partitions=2&tls=true", DEFAULTS) == {
        "partitions": 2,
        "group": "rockola",
        "tls": True,
    }


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("partition=2", "partition is no option of kafka URLs; known are partitions, group, tls"),
        ("partitions=two", "partitions of a URL is a whole number, not two"),
        ("tls=maybe", "tls of a URL is true or false, not maybe"),
    ],
)
def test_an_option_that_is_wrong_is_refused(query, reason):
    with pytest.raises(WrongUrl, match=reason):
        options_of(f"kafka://me:secret@h/t?{query}", DEFAULTS)


def test_settings_never_change():
    with pytest.raises(ValidationError, match="frozen"):
        Settings().queue = 1


def test_each_setting_has_its_sentence():
    assert [name for name, field in Settings.model_fields.items() if not (field.description or "").endswith(".")] == []
