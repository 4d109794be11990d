"""Reports late, twice and out of order: the notice ends in the right state, and never goes back."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from sqlmodel import select

from core.db import Database
from notifications.models import ProviderReceipt
from notifications.providers.solapi import SolapiProvider, read_reports
from notifications.webhooks import take_receipts
from tests.notifications.outbox import Outbox, make_outbox

_serial = itertools.count(1)


@pytest.fixture
def outbox(database: Database, solapi: SolapiProvider) -> Outbox:
    return make_outbox(database, solapi)


def report(our_id: str, code: str, *, event_id: str | None = None, message_id: str = "M1") -> dict[str, Any]:
    return {
        "eventDataId": event_id or f"E{next(_serial)}",
        "data": {"messageId": message_id, "statusCode": code, "customFields": {"noticeId": our_id}},
    }


def take(outbox: Outbox, *entries: dict[str, Any]) -> int:
    with outbox.database.transaction() as session:
        return take_receipts(
            session, provider_name="solapi", receipts=read_reports(list(entries)), now=outbox.clock()
        )


@pytest.fixture
def sent(outbox: Outbox) -> int:
    (notice,) = outbox.tell()
    outbox.send(notice)
    return notice


def message_of(outbox: Outbox, notice: int) -> str:
    return outbox.row(notice).provider_message_id or ""


def test_a_real_report_settles_the_text_and_a_duplicate_changes_nothing(
    outbox: Outbox, sent: int, fake: Any, webhook: Any
) -> None:
    fake.control(webhook_url=webhook.url, duplicates=2, out_of_order=True)
    fake.flush()
    webhook.wait_for(4)
    assert [take(outbox, *post) for post in webhook.posts] == [1, 0, 0, 1]
    settled = outbox.notice(sent)
    assert (settled.state, settled.settled_at) == ("delivered", outbox.clock())
    with outbox.database.reading() as session:
        assert len(session.exec(select(ProviderReceipt)).all()) == 2
    assert outbox.asked() == []


def test_the_order_of_reports_does_not_matter(outbox: Outbox) -> None:
    for generation, order in enumerate(itertools.permutations(["2000", "3000", "4000"]), start=1):
        notice = outbox.tell(generation=generation)[-1]
        outbox.send(notice)
        for code in order:
            take(outbox, report(f"{notice}-1", code, message_id=message_of(outbox, notice)))
        assert outbox.notice(notice).state == "delivered", order


def test_one_report_twice_in_one_post_counts_once(outbox: Outbox, sent: int) -> None:
    entry = report(f"{sent}-1", "4000", message_id=message_of(outbox, sent))
    assert take(outbox, entry, entry) == 1


def test_what_the_carrier_could_not_deliver_is_told_by_a_person_once(outbox: Outbox, sent: int) -> None:
    message = message_of(outbox, sent)
    take(outbox, report(f"{sent}-1", "3050", message_id=message))
    take(outbox, report(f"{sent}-1", "3031", message_id=message))
    failed = outbox.notice(sent)
    assert (failed.state, failed.problem) == ("failed", "permanent:3050")
    assert [asked["notice_id"] for asked in outbox.asked()] == [sent]
    take(outbox, report(f"{sent}-1", "4000", message_id=message))
    assert outbox.notice(sent).state == "delivered"


def test_a_report_before_our_own_record_settles_an_unclear_try(outbox: Outbox, fake: Any) -> None:
    fake.control(next_faults=[{"status": 503, "stored": True}])
    (notice,) = outbox.tell()
    outbox.send(notice)
    take(outbox, report(f"{notice}-1", "4000", message_id=fake.messages()[0]["messageId"]))
    outbox.clock.tick(minutes=5)
    assert outbox.send(notice).state == "delivered"
    assert len(fake.messages()) == 1


def test_an_earlier_try_counts_only_when_it_arrived_after_all(outbox: Outbox, fake: Any) -> None:
    fake.control(refuse_codes={"01098765432": "1024"})
    (notice,) = outbox.tell()
    outbox.send(notice)
    fake.control(refuse_codes={})
    outbox.clock.tick(seconds=5)
    outbox.send(notice)
    take(outbox, report(f"{notice}-1", "3050", message_id="M0"))
    assert outbox.notice(notice).state == "accepted"
    take(outbox, report(f"{notice}-1", "4000", message_id="M0"))
    assert outbox.notice(notice).state == "delivered"


def test_a_report_of_another_installation_with_our_numbers_changes_nothing(outbox: Outbox, sent: int) -> None:
    take(outbox, report(f"{sent}-1", "3050", message_id="of-another-house"))
    assert outbox.notice(sent).state == "accepted"


def test_reports_of_others_are_kept_and_change_nothing(outbox: Outbox, sent: int) -> None:
    strangers = ["99999-1", "7", "x-1", "1-1-1", "9" * 40 + "-1", ""]
    assert take(outbox, *(report(our_id, "4000", message_id="another") for our_id in strangers)) == 6
    assert outbox.notice(sent).state == "accepted"


def test_a_report_without_our_id_is_matched_by_the_providers(outbox: Outbox, sent: int) -> None:
    take(outbox, report("", "4000", message_id=message_of(outbox, sent)))
    assert outbox.notice(sent).state == "delivered"
