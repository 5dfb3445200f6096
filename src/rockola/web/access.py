"""Who may see what: one table of the web's routes. What does not stand in it is for the organiser alone."""

from enum import StrEnum


class Access(StrEnum):
    """Whom a route is for."""

    EVERYBODY = "everybody"  # tells nothing of any candidate's votes
    RESULTS = "results"  # everybody, with what the contest lets them see now
    ORGANISER = "organiser"  # single votes: whoever brings the token, or everybody when there is none


ROUTES = {
    "/": Access.RESULTS,
    "/stage": Access.RESULTS,
    "/api/results": Access.RESULTS,
    "/api/results/stream": Access.RESULTS,
    "/api/timeseries": Access.RESULTS,
    "/api/verification": Access.EVERYBODY,
    "/receipt": Access.EVERYBODY,
    "/api/receipts/{receipt}": Access.EVERYBODY,
    "/sign-in": Access.EVERYBODY,
    "/sign-out": Access.EVERYBODY,
    "/reveal": Access.ORGANISER,
    "/static/{name}": Access.EVERYBODY,
    "/openapi.json": Access.EVERYBODY,
    "/votes": Access.ORGANISER,
    "/votes/{receipt}": Access.ORGANISER,
    "/api/votes": Access.ORGANISER,
    "/api/votes/tail": Access.ORGANISER,
    "/api/votes/summary": Access.ORGANISER,
    "/api/votes/export": Access.ORGANISER,
    "/api/votes/{receipt}": Access.ORGANISER,
    "/logs": Access.ORGANISER,
}


def access_of(path: str) -> Access:
    """Whom the route of this template is for."""
    return ROUTES.get(path, Access.ORGANISER)
