"""Data in and out, from the command line: lists of the system before, backups, everything as CSV."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from core import clock
from core.revision import code_revisions
from operators.database import DEFAULT_DATA_DIR, address, migrate_database, opened, told_in_a_sentence

IMPORT_KINDS = ("points", "technicians", "households", "boilers", "prices", "tickets", "refusals")
"""The keys of `exchange.kinds.KINDS`, told here because importing them takes every command two seconds."""


def add_commands(commands: Any) -> None:
    """Declare `import`, `export`, `backup` and `restore`.

    Args:
        commands: argparse's sub-parsers.
    """
    it = commands.add_parser("import", help=import_table.__doc__)
    it.add_argument("kind", choices=IMPORT_KINDS, metavar="KIND", help=" ".join(IMPORT_KINDS))
    it.add_argument("file", type=Path, metavar="FILE.csv")
    it.add_argument("--company", required=True, help="the company's code")
    it.add_argument(
        "--date", default="", metavar="2026-11-20", help="of every row, where the list has no date"
    )
    it.add_argument("--dry-run", action="store_true", help="say the same and keep nothing")
    it.add_argument("--language", choices=["ko", "en"], default="ko")
    it.add_argument("--data-dir", type=Path, default=DEFAULT_DATA_DIR)
    it.set_defaults(run=import_table)

    for name, what, run in (
        ("export", "folder", export),
        ("backup", "file", backup),
        ("restore", "file", restore),
    ):
        it = commands.add_parser(name, help=run.__doc__)
        it.add_argument(what, type=Path, metavar="DIR" if what == "folder" else "FILE")
        if run is restore:
            it.add_argument("--replace", action="store_true", help="forget the tickets that are there")
        it.add_argument("--data-dir", type=Path, default=DEFAULT_DATA_DIR)
        it.set_defaults(run=run)


def import_table(arguments: argparse.Namespace) -> int:
    """Bring a list of the system before in: points, technicians, households, boilers, prices or tickets."""
    from core.i18n import set_language
    from exchange.commands import import_command

    set_language(arguments.language)
    with opened(arguments.data_dir) as database:
        return import_command(
            database,
            kind=arguments.kind,
            path=arguments.file,
            company=arguments.company,
            dry_run=arguments.dry_run,
            day=arguments.date,
            now=clock.now(),
        )


def export(arguments: argparse.Namespace) -> int:
    """Write everything as CSV, one file a table, into a new folder."""
    from exchange.commands import export_command

    with address(arguments.data_dir) as url, opened(arguments.data_dir, url) as database:
        return export_command(database, url, folder=arguments.folder, now=clock.now())


def backup(arguments: argparse.Namespace) -> int:
    """Write the whole database into one file."""
    from exchange.commands import backup_command

    with address(arguments.data_dir) as url, opened(arguments.data_dir, url) as database:
        return backup_command(database, url, path=arguments.file, now=clock.now())


def restore(arguments: argparse.Namespace) -> int:
    """Put a backup back, all of it or nothing, and bring its tables to this version."""
    from exchange.commands import restore_command

    with address(arguments.data_dir) as url, told_in_a_sentence():
        code = restore_command(
            url, path=arguments.file, replacing=arguments.replace, revisions=code_revisions()
        )
        migrate_database(url)
        return code
