"""The files of the pages, under names that hold their digest, so that a reader may keep them for ever."""

from hashlib import sha256
from pathlib import Path

from fastapi import APIRouter, Response

from rockola.web.problems import Problem

FOLDER = Path(__file__).parent / "static"
MEDIA = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable"}


class Assets:
    """Read once, at the start."""

    def __init__(self, folder: Path = FOLDER) -> None:
        files = {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.suffix in MEDIA}
        self._names = {name: _hashed(name, content) for name, content in files.items()}
        self._files = {self._names[name]: (content, MEDIA[Path(name).suffix]) for name, content in files.items()}

    def url(self, name: str) -> str:
        """Where a file is."""
        return f"/static/{self._names[name]}"

    def routes(self) -> APIRouter:
        """The route of the files; a table, so no path leads anywhere else."""
        router = APIRouter()

        @router.get("/static/{name}", include_in_schema=False)
        async def static(name: str) -> Response:
            if name not in self._files:
                raise Problem(404, "not_found")
            content, media = self._files[name]
            return Response(content, headers=FOR_EVER, media_type=media)

        return router


def _hashed(name: str, content: bytes) -> str:
    stem, suffix = Path(name).stem, Path(name).suffix
    return f"{stem}.{sha256(content).hexdigest()[:12]}{suffix}"
