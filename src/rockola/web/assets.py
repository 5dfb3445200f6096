"""The files of the pages, under names that hold their digest, so that a reader may keep them for ever."""

import gzip
import re
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from fastapi import APIRouter, Request, Response

from rockola.web.problems import Problem

FOLDER = Path(__file__).parent / "static"
MEDIA = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable", "Vary": "Accept-Encoding"}
SHEET = re.compile(rb'@import "\./([a-zA-Z.]+)";\n')
IMPORT = re.compile(rb'(?<=from "\./)[a-z_]+\.js(?=")')
SPOKEN = re.compile(r'\b_\("([^"]+)"\)|\bplural\("([^"]+)", "([^"]+)"')


class Asset(NamedTuple):
    """A file as it is sent."""

    content: bytes
    zipped: bytes
    media: str


class Assets:
    """Read once, at the start."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._sources = {path.name: path.read_bytes() for path in sorted(folder.rglob("*.*")) if path.suffix in MEDIA}
        self._names: dict[str, str] = {}
        self.files: dict[str, Asset] = {}
        for name in self._sources:
            self._place(name)

    def url(self, name: str) -> str:
        """Where a file is."""
        return f"/static/{self._names[name]}"

    def spoken(self) -> list[tuple[str, str]]:
        """What the scripts say: one and many, of which the latter is empty where nothing is counted."""
        scripts = (content.decode() for name, content in self._sources.items() if name.endswith(".js"))
        found = {(text or one, many) for script in scripts for text, one, many in SPOKEN.findall(script)}
        return sorted(found)

    def routes(self) -> APIRouter:
        """The route of the files; a table, so no path leads anywhere else."""
        router = APIRouter()

        @router.get("/static/{name}", include_in_schema=False)
        async def static(request: Request, name: str) -> Response:
            if name not in self.files:
                raise Problem(404, "not_found")
            content, zipped, media = self.files[name]
            if "gzip" in request.headers.get("accept-encoding", ""):
                return Response(zipped, headers={**FOR_EVER, "Content-Encoding": "gzip"}, media_type=media)
            return Response(content, headers=FOR_EVER, media_type=media)

        return router

    def _place(self, name: str) -> str:
        """Gives a file its name, after the scripts it imports, whose names stand in it."""
        if name not in self._names:
            content = IMPORT.sub(lambda found: self._place(found[0].decode()).encode(), self._whole(name))
            self._names[name] = _hashed(name, content)
            media = MEDIA[Path(name).suffix]
            self.files[self._names[name]] = Asset(content, gzip.compress(content, mtime=0), media)
        return self._names[name]

    def _whole(self, name: str) -> bytes:
        """A file with the style sheets it imports in their place: a page waits for one sheet, not for two in turn."""
        return SHEET.sub(lambda found: self._whole(found[1].decode()), self._sources[name])


def _hashed(name: str, content: bytes) -> str:
    stem, suffix = Path(name).stem, Path(name).suffix
    return f"{stem}.{sha256(content).hexdigest()[:12]}{suffix}"
