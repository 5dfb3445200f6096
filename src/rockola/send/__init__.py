"""rockola send: hands vote files to a door, so that each row is counted once however often it is sent."""

from pathlib import Path

DEMO = Path(__file__).with_name("demo.json")  # 1,010 votes for four albums, as in the original contest
