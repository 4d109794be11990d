"""Which way a text takes: the company's accounts in their order, 알림톡, a voice, and never two at once.

Everything over real HTTP to the fake, as Solapi, NAVER SENS and NHN Cloud.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from typing import Any
from unittest.mock import DEFAULT, Mock

import pytest

from core.actor import SYSTEM
from core.clock import KST
from core.dated import set_rule
from core.db import Database
from notifications import polling, rules
from notifications.alimtalk import TemplateError, approve_template, list_templates, stop_template
from notifications.catalogue import Event, Role
from notifications.models import Notice
from notifications.providers.choice import Carriers, fake_carriers
from notifications.recipients import Party
from notifications.service import withdraw
from notifications.webhooks import take_receipts
from tests.faults.installation import wait_until
from tests.notifications.outbox import Outbox, make_outbox

LANDLINE = [Party(Role.RESIDENT, "김영자", "+8225550101", can_text=False)]
NUMBER = "01098765432"


@pytest.fixture(scope="session")
def all_carriers(one_fake: Any) -> Iterator[Carriers]:
    carriers = fake_carriers(one_fake.url)
    yield carriers
    carriers.close()


@pytest.fixture
def outbox(database: Database, all_carriers: Carriers, fake: Any) -> Outbox:
    made = make_outbox(database)
    made.carriers = all_carriers
    made.clock.tick(seconds=2)  # two of the providers write whole seconds: their lists begin before this one
    use(made, "solapi", "sens")
    return made


def use(outbox: Outbox, *accounts: str) -> None:
    """The company's order from now on."""
    change(outbox, "text_accounts", list(accounts))


def change(outbox: Outbox, key: str, value: Any) -> None:
    with outbox.database.transaction() as session:
        set_rule(
            session,
            company_id=outbox.company_id,
            key=key,
            value=value,
            valid_from=outbox.clock() - timedelta(days=1),
            source="시험",
            by=SYSTEM,
            now=outbox.clock(),
        )


def approve(outbox: Outbox, account: str) -> str:
    with outbox.database.transaction() as session:
        return approve_template(
            session,
            company_id=outbox.company_id,
            account=account,
            event="EN_ROUTE",
            variant="requester",
            channel_key="@onnuri",
            code="EN_ROUTE_1",
            by=SYSTEM,
            now=outbox.clock(),
        )


def ask(outbox: Outbox) -> int:
    """Look up what is due to be looked up, now."""
    outbox.clock.tick(seconds=2)
    return polling.ask_for_reports(outbox.database, carriers=outbox.carriers, clock=outbox.clock)


def report(outbox: Outbox, webhook: Any, fake: Any) -> None:
    """Let Solapi post what it has."""
    fake.control(webhook_url=webhook.url)
    before = len(webhook.posts)
    fake.flush()
    webhook.wait_for(before + 1)
    solapi = outbox.carriers.accounts["solapi"]
    with outbox.database.transaction() as session:
        for post in webhook.posts[before:]:
            take_receipts(
                session, provider_name="solapi", receipts=solapi.parse_webhook(post), now=outbox.clock()
            )


def ways(fake: Any) -> list[tuple[str, str]]:
    """Provider and kind of what was taken, oldest first."""
    return [(message["provider"], message["type"]) for message in fake.messages()]


@pytest.mark.parametrize("account", ["sens", "nhn"])
def test_a_provider_without_reports_is_asked_until_it_knows(outbox: Outbox, fake: Any, account: str) -> None:
    use(outbox, account)
    (notice,) = outbox.tell()
    assert outbox.send(notice).state == "accepted"
    assert ways(fake) == [(account, outbox.notice(notice).channel)]
    assert ask(outbox) == 0, "it is still on its way"
    assert outbox.notice(notice).state == "accepted"
    fake.flush()
    assert ask(outbox) == 1
    assert outbox.notice(notice).state == "delivered"
    assert outbox.row(notice).report_due_at is None


@pytest.mark.parametrize("account", ["sens", "nhn"])
@pytest.mark.parametrize("stored", [True, False], ids=["kept", "not kept"])
def test_an_unclear_try_is_found_where_no_report_comes(
    outbox: Outbox, fake: Any, account: str, stored: bool
) -> None:
    use(outbox, account)
    fake.control(next_faults=[{"status": 503, "stored": stored}])
    (notice,) = outbox.tell()
    assert outbox.send(notice).state == "queued"
    outbox.clock.tick(seconds=16)
    assert outbox.send(notice).state == "accepted"
    assert len(fake.messages()) == 1
    assert outbox.row(notice).attempts == (1 if stored else 2)
    fake.flush()
    ask(outbox)
    assert outbox.notice(notice).state == "delivered"


def test_a_report_that_was_lost_on_its_way_to_us_is_looked_up(outbox: Outbox, fake: Any) -> None:
    (notice,) = outbox.tell()
    outbox.send(notice)
    fake.flush()  # there is no webhook: it is lost
    assert ask(outbox) == 0, "it may still come"
    outbox.clock.tick(seconds=rules.POSTED_WITHIN_S)
    assert ask(outbox) == 1
    assert outbox.notice(notice).state == "delivered"


def test_the_same_words_to_the_same_number_are_told_apart_by_their_request(outbox: Outbox, fake: Any) -> None:
    """SENS keeps no id of ours: a try that failed is never taken for the unclear one after it."""
    use(outbox, "sens")
    fake.control(report_codes={NUMBER: "2003"})
    (notice,) = outbox.tell()
    outbox.send(notice)
    fake.flush()
    ask(outbox)
    assert outbox.notice(notice).state == "queued", "a phone that was off may be on again"
    fake.control(report_codes={}, next_faults=[{"status": 503, "stored": False}])
    outbox.clock.at = outbox.row(notice).next_try_at
    outbox.send(notice)
    outbox.clock.tick(seconds=16)
    assert outbox.send(notice).state == "accepted"
    assert len(fake.messages()) == 2
    assert outbox.row(notice).attempts == 3


def test_what_one_worker_has_no_time_for_goes_out_with_the_next(outbox: Outbox, fake: Any) -> None:
    """A request a text, and each takes four seconds: what was claimed and not handed over is not in doubt."""
    use(outbox, "nhn")
    ids, real = outbox.tell_many(14), outbox.carriers.accounts["nhn"]
    slow = Mock(wraps=real, channels=real.channels, batch=real.batch, polls=True)
    slow.send_many.side_effect = lambda texts, now: (outbox.clock.tick(seconds=4), DEFAULT)[1]
    outbox.carriers = Carriers({"nhn": slow}, ("nhn",))
    outbox.send(ids[0])
    assert len(fake.messages()) == 3
    slow.send_many.side_effect = None
    for taken in (3 + rules.REQUESTS, 14):
        outbox.send(next(row.id for row in outbox.notices() if row.state == "queued"))
        assert len(fake.messages()) == taken
    assert {outbox.row(notice).attempts for notice in ids} == {1}
    assert not slow.find.called


def test_a_text_that_is_refused_holds_back_no_other(outbox: Outbox, fake: Any) -> None:
    """SENS turns the whole request away for one number in it."""
    use(outbox, "sens")
    ids = outbox.tell_many(8)
    bad = outbox.row(ids[5]).to_phone
    fake.control(refuse_codes={"0" + bad.removeprefix("+82"): "400"})
    outbox.send(ids[0])
    assert [outbox.notice(it).state for it in ids] == ["accepted"] * 5 + ["queued"] + ["accepted"] * 2
    assert outbox.notice(ids[5]).problem == "configuration:400"
    assert len(fake.messages()) == 7


def test_another_account_takes_over_only_what_was_certainly_refused(outbox: Outbox, fake: Any) -> None:
    fake.control(busy=["solapi"])
    (notice,) = outbox.tell()
    assert outbox.send(notice).state == "queued"
    assert outbox.send(notice).state == "accepted", "at once"
    assert ways(fake) == [("sens", outbox.notice(notice).channel)]
    assert outbox.row(notice).provider == "sens"


def test_an_unclear_try_stays_with_the_account_that_may_have_it(outbox: Outbox, fake: Any) -> None:
    fake.control(next_faults=[{"status": 503, "stored": True}])
    (notice,) = outbox.tell()
    outbox.send(notice)
    use(outbox, "sens")
    outbox.clock.tick(seconds=16)
    assert outbox.send(notice).state == "accepted"
    assert [provider for provider, _kind in ways(fake)] == ["solapi"]


def test_when_it_is_certainly_not_there_the_next_account_sends_it(outbox: Outbox, fake: Any) -> None:
    fake.control(next_faults=[{"status": 503, "stored": False}])
    (notice,) = outbox.tell()
    outbox.send(notice)
    outbox.clock.tick(seconds=16)
    assert outbox.send(notice).state == "accepted"
    assert [provider for provider, _kind in ways(fake)] == ["sens"]


def test_when_every_account_refuses_it_is_tried_from_the_first_again(outbox: Outbox, fake: Any) -> None:
    fake.control(busy=["solapi", "sens"])
    (notice,) = outbox.tell()
    outbox.send(notice)
    outbox.send(notice)
    assert outbox.row(notice).next_try_at - outbox.clock() == timedelta(seconds=rules.RETRY_PAUSES_S[1])
    fake.control(busy=["sens"])
    outbox.clock.at = outbox.row(notice).next_try_at
    assert outbox.send(notice).state == "accepted"
    assert [provider for provider, _kind in ways(fake)] == ["solapi"]


def test_a_number_that_takes_no_text_is_not_tried_elsewhere(outbox: Outbox, fake: Any) -> None:
    fake.control(refuse_codes={NUMBER: "1060"})
    (notice,) = outbox.tell()
    assert outbox.send(notice).state == "failed"
    assert [asked["why"] for asked in outbox.asked()] == ["permanent"]


def test_alimtalk_goes_where_exactly_these_words_were_approved(outbox: Outbox, fake: Any) -> None:
    version = approve(outbox, "solapi")
    (notice,) = outbox.tell()
    sent = outbox.send(notice)
    assert (sent.channel, sent.state) == ("ALIMTALK", "accepted")
    assert outbox.row(notice).template_version == version
    (arrived,) = fake.messages()
    assert (arrived["type"], arrived["template"]) == ("ATA", "EN_ROUTE_1")
    with outbox.database.transaction() as session:
        (shown,) = list_templates(session, company_id=outbox.company_id)
        assert (shown.code, shown.is_current) == ("EN_ROUTE_1", True)
        assert stop_template(
            session,
            company_id=outbox.company_id,
            account="solapi",
            event="EN_ROUTE",
            variant="requester",
            by=SYSTEM,
            now=outbox.clock(),
        )
    later = outbox.tell(generation=2)[-1]
    assert outbox.send(later).channel in ("SMS", "LMS")


@pytest.mark.parametrize(
    "bad", [("NO_SUCH", "requester", "C"), ("EN_ROUTE", "nobody", "C"), ("EN_ROUTE", "resident", " ")]
)
def test_an_approval_of_words_that_we_do_not_have_is_refused(
    outbox: Outbox, bad: tuple[str, str, str]
) -> None:
    event, variant, code = bad
    with pytest.raises(TemplateError), outbox.database.transaction() as session:
        approve_template(
            session,
            company_id=outbox.company_id,
            account="solapi",
            event=event,
            variant=variant,
            channel_key="@onnuri",
            code=code,
            by=SYSTEM,
            now=outbox.clock(),
        )


@pytest.mark.parametrize(
    ("account", "code"), [("solapi", "3104"), ("solapi", "3107"), ("solapi", "3103"), ("sens", "3020")]
)
def test_where_alimtalk_does_not_arrive_the_text_follows(
    outbox: Outbox, fake: Any, webhook: Any, account: str, code: str
) -> None:
    use(outbox, account)
    approve(outbox, account)
    fake.control(report_codes={f"ATA:{NUMBER}": code})
    (notice,) = outbox.tell()
    assert outbox.send(notice).channel == "ALIMTALK"
    if account == "solapi":
        report(outbox, webhook, fake)
    else:
        fake.flush()
        ask(outbox)
    follows = outbox.send(notice)
    assert (follows.state, follows.channel) == ("accepted", ways(fake)[1][1])
    assert follows.channel in ("SMS", "LMS")
    assert len(outbox.notices()) == 1, "one entry a notice and recipient, the channel used last"
    assert outbox.asked() == []


def test_a_text_that_waited_for_the_morning_is_no_older_for_it(
    outbox: Outbox, fake: Any, webhook: Any
) -> None:
    use(outbox, "solapi")
    approve(outbox, "solapi")
    fake.control(report_codes={f"ATA:{NUMBER}": "3104"})
    (notice,) = outbox.tell()
    outbox.send(notice)
    with outbox.database.transaction() as session:
        row = session.get_one(Notice, notice)
        row.held_until, row.created_at = outbox.clock(), outbox.clock() - timedelta(days=3)
    report(outbox, webhook, fake)
    assert outbox.send(notice).channel in ("SMS", "LMS") and outbox.asked() == []


def test_alimtalk_refused_on_entry_becomes_a_text_at_once(outbox: Outbox, fake: Any) -> None:
    approve(outbox, "solapi")
    fake.control(templates=["ANOTHER"])
    (notice,) = outbox.tell()
    assert outbox.send(notice).state == "queued"
    assert outbox.send(notice).channel in ("SMS", "LMS")
    assert [kind for _provider, kind in ways(fake)] == [outbox.notice(notice).channel]


def test_what_the_carrier_could_not_deliver_just_now_goes_again(
    outbox: Outbox, fake: Any, webhook: Any
) -> None:
    use(outbox, "solapi")
    fake.control(report_codes={NUMBER: "3012"}, duplicates=1, out_of_order=True)
    (notice,) = outbox.tell()
    outbox.send(notice)
    report(outbox, webhook, fake)
    waits = outbox.notice(notice)
    assert (waits.state, waits.problem) == ("queued", "retry:3012"), (
        "its duplicates and stale news say nothing"
    )
    fake.control(report_codes={}, duplicates=0, out_of_order=False)
    outbox.clock.at = outbox.row(notice).next_try_at
    outbox.send(notice)
    report(outbox, webhook, fake)
    assert outbox.notice(notice).state == "delivered"
    assert [m["customFields"]["noticeId"] for m in fake.messages()] == [f"{notice}-1", f"{notice}-2"]
    assert outbox.asked() == []


def test_news_that_stopped_being_true_is_not_sent_again(outbox: Outbox, fake: Any, webhook: Any) -> None:
    use(outbox, "solapi")
    fake.control(report_codes={NUMBER: "3012"})
    (notice,) = outbox.tell()
    outbox.send(notice)
    with outbox.database.transaction() as session:
        withdraw(
            session,
            ticket_id=outbox.ticket_id,
            events=[Event.EN_ROUTE],
            reason="도착",
            now=outbox.clock(),
        )
    report(outbox, webhook, fake)
    assert outbox.notice(notice).state == "failed"
    assert len(fake.messages()) == 1 and outbox.asked() == []


def test_a_carrier_that_stays_silent_for_three_days_is_a_persons_matter(outbox: Outbox, fake: Any) -> None:
    (notice,) = outbox.tell()
    outbox.send(notice)
    outbox.clock.tick(hours=72, seconds=1)
    outbox.sweep()
    assert outbox.notice(notice).state == "unknown"
    assert [asked["why"] for asked in outbox.asked()] == ["no_receipt"]


def test_a_voice_calls_the_landline_and_a_person_whom_it_did_not_reach(
    outbox: Outbox, fake: Any, webhook: Any
) -> None:
    change(outbox, "voice_enabled", True)
    change(outbox, "voice_hours", [["00:00", "23:59"]])
    use(outbox, "sens", "solapi")
    fake.control(report_codes={"VOICE:025550101": "9000"})
    (notice,) = outbox.tell(people=LANDLINE)
    sent = outbox.send(notice)
    assert (sent.channel, sent.state, sent.subject) == ("VOICE", "accepted", "")
    assert ways(fake) == [("solapi", "VOICE")], "SENS has no voice"
    report(outbox, webhook, fake)
    assert outbox.notice(notice).state == "failed"
    assert [asked["why"] for asked in outbox.asked()] == ["not_reached"]


def test_at_night_no_voice_calls(outbox: Outbox, fake: Any) -> None:
    change(outbox, "voice_enabled", True)
    hour = (outbox.clock().astimezone(KST) + timedelta(hours=2)).strftime("%H:%M")
    change(outbox, "voice_hours", [[hour, hour]])
    assert outbox.tell(people=LANDLINE) == []


def test_a_thousand_texts_go_out_in_a_few_requests_and_once_each(
    outbox: Outbox, one_fake: Any, fake: Any, webhook: Any
) -> None:
    """Refused, cut off, answered too late, reported twice and in the wrong order: each is told once."""
    use(outbox, "solapi")
    notices = outbox.tell_many(1000)
    bad, late = {"status": 503}, {"stall_s": 1.0}
    faults = [{**fault, "stored": stored} for fault in (bad, late) for stored in (True, False)]
    fake.control(next_faults=faults, duplicates=1, out_of_order=True)
    with closing(fake_carriers(one_fake.url, timeout_s=0.4)) as impatient:
        outbox.carriers = impatient
        for _wave in range(4):
            outbox.send_all_due()
            wait_until(lambda: len(fake.messages()) >= len(notices) - rules.BATCH)  # its time is not ours
            outbox.clock.tick(seconds=16)
        assert {notice.state for notice in outbox.notices()} == {"accepted"}
        sent = [message["customFields"]["noticeId"].split("-")[0] for message in fake.messages()]
        assert sorted(sent) == sorted(str(notice) for notice in notices)
        requests = fake.client.get("/control/requests").json()["requests"]
        assert requests - outbox.sent_again() < 3 * len(notices) / rules.BATCH
        report(outbox, webhook, fake)
    assert {notice.state for notice in outbox.notices()} == {"delivered"} and outbox.asked() == []
