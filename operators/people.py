"""Who gets in, from the command line, and the report after somebody did who should not have."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from core import clock
from core.actor import Role, this_command
from core.errors import DomainError, FieldError
from operators.database import DEFAULT_DATA_DIR, transaction
from operators.typed import moment, number


def add_commands(commands: Any) -> None:
    """Declare `token`, `login-link`, `first-admin` and `breach-report`.

    Args:
        commands: argparse's sub-parsers.
    """
    for name, run in (("token", token), ("login-link", login_link)):
        it = commands.add_parser(name, help=run.__doc__)
        it.add_argument("--role", required=True, choices=[role.value for role in Role])
        it.add_argument("--company", required=True, help="the company's code, e.g. onnuri")
        it.add_argument("--user", default=None, help="a login; without it the company-wide one")
        it.add_argument("--data-dir", type=Path, default=DEFAULT_DATA_DIR)
        it.set_defaults(run=run)

    it = commands.add_parser("first-admin", help=first_admin.__doc__)
    it.add_argument("--company", required=True, help="the company's code")
    it.add_argument("--name", required=True, help="the company's name")
    it.add_argument("--phone", required=True, help="the brand's public number, registered as sender")
    it.add_argument("--login", required=True)
    it.add_argument("--admin-name", required=True)
    it.add_argument("--data-dir", type=Path, default=DEFAULT_DATA_DIR)
    it.set_defaults(run=first_admin)

    it = commands.add_parser("breach-report", help=breach_report.__doc__)
    it.add_argument("--company", required=True, help="the company's code")
    it.add_argument("--since", required=True, type=moment, help="2026-12-01 or 2026-12-01T09:00+09:00")
    it.add_argument("--until", default=None, type=moment)
    it.add_argument("--account", default=None, help="a login; without it everybody's")
    it.add_argument("--address", default=None, help="an IP address; without it from anywhere")
    it.add_argument(
        "--session", default=None, type=number, help="a log-in's number (로그인 번호) in the access log"
    )
    it.add_argument("--out", required=True, type=Path)
    it.add_argument("--data-dir", type=Path, default=DEFAULT_DATA_DIR)
    it.set_defaults(run=breach_report)


def token(arguments: argparse.Namespace) -> int:
    """Print a bearer token and nothing else."""
    from workforce.accounts import issue_token

    return _print_issued(issue_token, arguments)


def login_link(arguments: argparse.Namespace) -> int:
    """Print the path of a one-time log-in and nothing else."""
    from workforce.accounts import issue_login_link

    return _print_issued(issue_login_link, arguments)


def _print_issued(issue: Callable[..., str], arguments: argparse.Namespace) -> int:
    with transaction(arguments.data_dir) as session:
        print(
            issue(
                session,
                role=Role(arguments.role),
                company_code=arguments.company,
                login=arguments.user,
                by=this_command(),
                now=clock.now(),
            )
        )
    return 0


def first_admin(arguments: argparse.Namespace) -> int:
    """Make the first company and its administrator on an empty installation; the password is asked for."""
    import getpass

    from workforce.founding import found_company

    password = getpass.getpass("Password: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    with transaction(arguments.data_dir) as session, _named_as_options(arguments):
        found_company(
            session,
            code=arguments.company,
            name=arguments.name,
            phone=arguments.phone,
            admin_login=arguments.login,
            admin_name=arguments.admin_name,
            password=password,
            now=clock.now(),
        )
    print(f"{arguments.name}: {arguments.login} (으)로 로그인해 /admin 의 '시작하기'를 따라가 주세요.")
    return 0


def breach_report(arguments: argparse.Namespace) -> int:
    """Whose data an account or address has seen since a moment, as CSV, with the counts to notify."""
    from core import audit
    from core.clock import rfc3339_kst
    from privacy.breach import HEADS, NOTICE_AT, report_breach
    from web.csv_files import csv_text
    from workforce.queries import company_by_code

    with transaction(arguments.data_dir) as session:
        company = company_by_code(session, code=arguments.company)
        report = report_breach(
            session,
            company_id=company.id,
            since=arguments.since,
            until=arguments.until,
            login=arguments.account,
            from_address=arguments.address,
            session_id=arguments.session,
        )
        audit.record(
            session,
            by=this_command(),
            at=clock.now(),
            what="BreachReported",
            subject=("company", company.id),
            company_id=company.id,
            data={"file": arguments.out.name, "count": len(report.people)},
        )
    arguments.out.touch(mode=0o600)
    arguments.out.chmod(0o600)  # it was there before, perhaps for everybody
    arguments.out.write_text(csv_text(HEADS, report.rows()), encoding="utf-8")
    print(
        f"{company.name}: {len(report.people)}명 (기록 {report.lines}건, {rfc3339_kst(arguments.since)}부터)",
        f"파일: {arguments.out}",
        f"파기되어 누구의 것인지 알 수 없는 기록: {report.unknown}건",
        f"열람 기록을 파일로 받음: {report.files}번",
        "안 때부터 72시간 안에 이 사람들에게 알려야 합니다. "
        + (
            f"{NOTICE_AT:,}명 이상이므로 개인정보보호위원회(KISA)에도 72시간 안에 신고해야 합니다."
            if report.must_be_reported
            else f"{NOTICE_AT:,}명이 안 되어도 불법 접근이면 개인정보보호위원회(KISA)에 신고해야 합니다."
        ),
        sep="\n",
    )
    return 0


@contextmanager
def _named_as_options(arguments: argparse.Namespace) -> Iterator[None]:
    """A refused field is called what the person typed it as. Raises InvalidError."""
    try:
        yield
    except DomainError as error:
        options = {
            "code": "--company",
            "name": "--admin-name" if arguments.name.strip() else "--name",
            "brand_name": "--name",
            "main_phone": "--phone",
            "sender_number": "--phone",
            "phone": "--phone",
            "login": "--login",
            "password": "Password",
        }
        named = tuple(FieldError(options.get(each.field, each.field), each.message) for each in error.errors)
        error.errors = named
        raise
