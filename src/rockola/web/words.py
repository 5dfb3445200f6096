"""What the pages say, in Spanish and English, and how each writes numbers. The page's script reads the same table."""

from collections.abc import Mapping

Words = Mapping[str, str | tuple[str, str]]  # a pair is one and many

WORDS: dict[str, Words] = {
    "es": {
        "thousands": ".",
        "decimal": ",",
        "percent": "\u00a0%",
        "live_results": "Resultados en vivo",
        "results": "Resultados",
        "skip": "Ir a los resultados",
        "pages": "Páginas",
        "language": "Idioma",
        "to_dark": "Oscuro",
        "to_light": "Claro",
        "live": "en vivo",
        "empty": "esperando votos",
        "stale": "sin actualizar",
        "recounting": "recontando",
        "lost": "sin conexión",
        "away": "sin datos",
        "changed": "último voto hace {}",
        "counted": ("voto contado", "votos contados"),
        "now": "ahora",
        "each_counted": "todos los votos leídos contaron",
        "duplicate": ("repetido", "repetidos"),
        "over_limit": ("fuera de límite", "fuera de límite"),
        "not_in_catalogue": ("fuera de catálogo", "fuera de catálogo"),
        "unreadable": ("ilegible", "ilegibles"),
        "place": "Puesto",
        "votes": ("voto", "votos"),
        "mean": "nota media",
        "more": "y {} más",
        "empty_title": "Todavía no hay votos",
        "empty_how": "Esta orden envía los de un archivo:",
        "empty_then": "Los resultados aparecen aquí solos.",
        "notice_stale": "No se puede leer el conteo. Estos son los últimos números, de las {}. Se vuelve a intentar.",
        "notice_recounting": "El conteo se está rehaciendo y aún no llega hasta donde estaba: faltan votos por sumar.",
        "notice_lost": "Se perdió la conexión. Estos son los últimos números, de las {}. Se vuelve a intentar.",
        "notice_away": "No se puede leer el conteo, y aún no hay números que mostrar. La página vuelve a intentarlo.",
        "doors": "Puertas",
        "how": "¿Cómo se contó?",
        "read_to": "Leído hasta",
        "log": "Registro",
        "rebuilt": "El conteo se rehízo desde el archivo de votos.",
        "once": "Cada voto recibido cuenta una sola vez. Los demás se guardan con su motivo.",
        "check": "Los mismos números en JSON",
    },
    "en": {
        "thousands": ",",
        "decimal": ".",
        "percent": "%",
        "live_results": "Live results",
        "results": "Results",
        "skip": "Skip to the results",
        "pages": "Pages",
        "language": "Language",
        "to_dark": "Dark",
        "to_light": "Light",
        "live": "live",
        "empty": "waiting for votes",
        "stale": "not updating",
        "recounting": "recounting",
        "lost": "connection lost",
        "away": "no data",
        "changed": "last vote {} ago",
        "counted": ("vote counted", "votes counted"),
        "now": "now",
        "each_counted": "every vote that was read counted",
        "duplicate": ("repeated", "repeated"),
        "over_limit": ("over the limit", "over the limit"),
        "not_in_catalogue": ("not in the catalogue", "not in the catalogue"),
        "unreadable": ("unreadable", "unreadable"),
        "place": "Place",
        "votes": ("vote", "votes"),
        "mean": "mean rank",
        "more": "and {} more",
        "empty_title": "No votes yet",
        "empty_how": "This command sends those of a file:",
        "empty_then": "The results appear here by themselves.",
        "notice_stale": "The count cannot be read. These are the last numbers, of {}. Trying again.",
        "notice_recounting": "The count is being made again and is not yet where it was: votes are still missing.",
        "notice_lost": "The connection is lost. These are the last numbers received, of {}. Trying again.",
        "notice_away": "The count cannot be read, and there are no numbers to show yet. The page tries again.",
        "doors": "Doors",
        "how": "How was it counted?",
        "read_to": "Read up to",
        "log": "Log",
        "rebuilt": "The count was made again from the archive of votes.",
        "once": "Every vote received counts once. The others are kept with their reason.",
        "check": "The same numbers in JSON",
    },
}


def pick_language(asked: str, kept: str, accepted: str) -> str:
    """The first of the URL's, the cookie's and the browser's languages that there is; Spanish when there is none."""
    preferred = (entry.split(";")[0].strip()[:2].lower() for entry in accepted.split(","))
    for wish in (asked, kept, *preferred):
        if wish in WORDS:
            return wish
    return "es"


def number(words: Words, value: float, decimals: int = 0) -> str:
    """A number as the language writes it: 1.010 or 1,010."""
    text = f"{value:,.{decimals}f}"
    return text.translate({ord(","): str(words["thousands"]), ord("."): str(words["decimal"])})


def percent(words: Words, share: float) -> str:
    """A share as a percentage with one decimal."""
    return number(words, share * 100, 1) + str(words["percent"])


def plural(words: Words, key: str, value: int) -> str:
    """The word for one or for many."""
    return words[key][0 if value == 1 else 1]
