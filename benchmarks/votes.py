"""A vote as a pydantic model, by the rules that rockola has: what the plain ways read."""

import unicodedata
from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field


def spelled(text: str) -> str:
    """NFC, blanks collapsed; ValueError when nothing is left or a character does not print."""
    text = " ".join(unicodedata.normalize("NFC", text).split())
    if not 1 <= len(text) <= 80 or not text.isprintable():
        raise ValueError("must have 1 to 80 characters that print")
    return text


Spelled = Annotated[str, AfterValidator(spelled)]


class Vote(BaseModel):
    """A vote by the rules that rockola has."""

    model_config = ConfigDict(extra="forbid")

    name: Spelled
    album: Spelled
    year: Annotated[int, Field(ge=1900, le=2100)]
    rank: Annotated[Decimal, Field(ge=0, le=10, decimal_places=2)]
    id: Annotated[str | None, Field(pattern=r"^[A-Za-z0-9_.:-]{8,128}$")] = None
