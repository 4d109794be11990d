"""Which wordings KakaoTalk has approved for a company, from the command line."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from core import clock
from core.actor import this_command
from operators.database import DEFAULT_DATA_DIR, transaction


def add_commands(commands: Any) -> None:
    """Declare `alimtalk`.

    Args:
        commands: argparse's sub-parsers.
    """
    it = commands.add_parser("alimtalk", help=alimtalk.__doc__)
    it.add_argument("action", choices=["list", "approve", "stop"])
    it.add_argument("--company", required=True, help="the company's code, e.g. onnuri")
    it.add_argument("--account", default="solapi", help="the account that knows the template")
    it.add_argument("--event", default="", help="e.g. VISIT_SCHEDULED")
    it.add_argument(
        "--variant", default="", help="resident, requester, shared or payer; resident.en in English"
    )
    it.add_argument("--channel", default="", help="the KakaoTalk channel as the provider calls it (pfId)")
    it.add_argument("--code", default="", help="the template's code")
    it.add_argument("--data-dir", type=Path, default=DEFAULT_DATA_DIR)
    it.set_defaults(run=alimtalk)


def alimtalk(arguments: argparse.Namespace) -> int:
    """List, enter or end the approvals of 알림톡; each is for one wording exactly as it stands."""
    from notifications import alimtalk as approvals
    from workforce.queries import company_by_code

    with transaction(arguments.data_dir) as session:
        company_id = company_by_code(session, code=arguments.company).id
        wording = {
            "company_id": company_id,
            "account": arguments.account,
            "event": arguments.event,
            "variant": arguments.variant,
            "by": this_command(),
            "now": clock.now(),
        }
        if arguments.action == "approve":
            version = approvals.approve_template(
                session, **wording, channel_key=arguments.channel, code=arguments.code
            )
            print(f"{arguments.event}/{arguments.variant} {version}: 알림톡으로 보냅니다.")
        elif arguments.action == "stop":
            ended = approvals.stop_template(session, **wording)
            print(f"{arguments.event}/{arguments.variant}: {ended}건을 끝냈습니다. 문자로 보냅니다.")
        else:
            for each in approvals.list_templates(session, company_id=company_id):
                state = "" if each.is_current else "  (글이 바뀌어 문자로 보냅니다)"
                print(f"{each.account} {each.event}/{each.variant} {each.wording_version} {each.code}{state}")
    return 0
