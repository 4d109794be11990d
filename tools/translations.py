"""Gathers every text for people and brings the English catalogue up to date: `python tools/translations.py`.

Korean is the language of the message ids and needs no catalogue. New messages are added empty, gone ones are
dropped; `--check` fails when a message has no English yet.
"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
ENGLISH = ROOT / "web" / "locale" / "en" / "LC_MESSAGES" / "ondol.po"
ROOMS = (
    "core", "workforce", "customers", "geo", "scheduling", "billing", "notifications", "dispatch",
    "callcenter", "happycall", "campaigns", "privacy", "exchange", "web",
)  # fmt: skip
METHODS = [("**.py", "python"), ("**.html", "jinja2")]
OPTIONS = {"**.html": {"trimmed": "true", "silent": "false", "extensions": "jinja2.ext.do"}}
KEYWORDS = {"_": None, "N_": None, "gettext": None, "ngettext": (1, 2), "translate": None}
KEYWORDS_WITH_CONTEXT = {"P_": ((1, "c"), 2), "pgettext": ((1, "c"), 2)}
HEADER = (
    "# English texts of Ondol. Gathered by tools/translations.py; Korean is the language of the message ids."
)
TEAM = "Ondol"


def main(arguments: list[str]) -> int:
    """Update the catalogue, or with `--check` only look. Returns the exit code."""
    gathered = gather()
    english = read_english()
    if "--check" in arguments:
        return report(gathered, english)
    english.update(gathered, no_fuzzy_matching=True, update_creation_date=False)
    english.obsolete.clear()
    sign(english)
    ENGLISH.parent.mkdir(parents=True, exist_ok=True)
    with ENGLISH.open("wb") as out:
        write_po(out, english, width=110, omit_header=False, no_location=True, sort_output=True)
    return report(gathered, english)


def gather() -> Catalog:
    """Every marked text of the source."""
    catalogue = Catalog(project="ondol", charset="utf-8")
    for room in ROOMS:
        for message, context in _messages(ROOT / room):
            if message:
                catalogue.add(message, context=context)
    return catalogue


def read_english() -> Catalog:
    """The catalogue as it stands; an empty one before the first time."""
    if not ENGLISH.exists():
        return Catalog(locale="en", project="ondol", charset="utf-8")
    with ENGLISH.open("rb") as file:
        return read_po(file, locale="en")


def sign(english: Catalog) -> None:
    """Say in the catalogue's head whose it is; nothing there depends on the day of the run."""
    english.header_comment = HEADER
    english.project, english.version = TEAM, version()
    english.copyright_holder = english.last_translator = english.language_team = TEAM
    english.msgid_bugs_address = ""
    english.revision_date = english.creation_date
    english.fuzzy = False  # else the compiler skips the whole catalogue


def version() -> str:
    """The product's, as pyproject.toml has it."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        return str(tomllib.load(file)["project"]["version"])


def report(gathered: Catalog, english: Catalog) -> int:
    """Say what is missing. 1 when something is."""
    missing = [message.id for message in gathered if message.id and not _is_translated(english, message)]
    sys.stderr.write(f"{len(gathered)} texts, {len(missing)} without English\n")
    for text in missing[:20]:
        sys.stderr.write(f"  {text!r}\n")
    return int(bool(missing))


def _is_translated(english: Catalog, message: Message) -> bool:
    found = english.get(message.id, message.context)
    return found is not None and bool(found.string) and not found.fuzzy


def _messages(room: Path) -> Iterator[tuple[str | tuple[str, ...], str | None]]:
    found = extract_from_dir(
        str(room), method_map=METHODS, options_map=OPTIONS, keywords=KEYWORDS | KEYWORDS_WITH_CONTEXT
    )
    for _path, _line, message, _comments, context in found:
        yield message, context


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
