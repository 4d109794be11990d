"""My account, for every role: what is open, ended within seconds; the password; a screen that locks."""

from __future__ import annotations

import re
import threading

import httpx
import pytest
from sqlmodel import Session, col, select

from core.actor import SYSTEM, Role
from core.models import DatedSetting, TimelineEntry
from core.secrets import hash_password
from tests.serving import client_of
from tests.web.conftest import WebWorld
from web.identity import COOKIE
from web.locked import LOCKED_HEADER
from workforce.accounts import issue_token
from workforce.models import Account, ApiToken, Membership, WebSession
from workforce.passwords import password_fault

PASSWORD = "a-long-password"
END = re.compile(r'action="/account/sessions/(\d+)/end"')
PART = {"HX-Request": "true"}


def give_password(web: WebWorld, role: str = "agent") -> str:
    with web.database.transaction() as session:
        account = session.exec(select(Account).where(col(Account.login).startswith(f"{role}-"))).one()
        account.password_hash = hash_password(PASSWORD)
        return account.login


def log_in(web: WebWorld, login: str, password: str = PASSWORD, browser: str = "") -> httpx.Client:
    client = client_of(web.url, headers={"user-agent": browser} if browser else {})
    web.clients.append(client)
    assert client.post("/login", data={"login": login, "password": password}).status_code == 303
    return client


def lock_after(web: WebWorld, minutes: int) -> None:
    with web.database.transaction() as session:
        session.add(
            DatedSetting(
                company_id=web.company.id,
                key="idle_lock_s",
                value={"agent": minutes * 60},
                valid_from=web.now,
                source="test",
                entered_at=web.now,
            )
        )


def told(session: Session) -> list[str]:
    return [each.what for each in session.exec(select(TimelineEntry).order_by(col(TimelineEntry.id)))]


def test_every_role_has_the_page(web_world: WebWorld) -> None:
    for role in Role:
        page = web_world.sign_in(role).get("/account")
        assert page.status_code == 200 and "지금 이 화면" in page.text, role


def test_others_are_ended_and_i_stay(web_world: WebWorld) -> None:
    me = web_world.sign_in("agent")
    login = give_password(web_world)
    phone = log_in(web_world, login, browser="Mozilla/5.0 (Linux; Android 14) Chrome/130.0 Mobile Safari/537")
    desk = log_in(web_world, login)
    page = me.get("/account").text
    assert "Chrome · Android" in page and len(END.findall(page)) == 3
    stranger = web_world.sign_in("qa")
    theirs = END.findall(page)[0]
    assert stranger.post(f"/account/sessions/{theirs}/end").status_code == 404
    assert me.post("/account/sessions/others/end").headers["location"] == "/account?done=others"
    assert {each.get("/agent").status_code for each in (phone, desk)} == {303}
    assert me.get("/agent").status_code == 200
    only = END.findall(me.get("/account").text)
    assert len(only) == 1
    me.post(f"/account/sessions/{only[0]}/end")
    assert me.get("/agent").status_code == 303, "one's own ends too"
    with web_world.database.reading() as session:
        assert told(session)[-2:] == ["SessionsEnded", "SessionsEnded"]


def listen_to(client: httpx.Client, token: str | None = None) -> threading.Event:
    """A page that listens in the background; the event is set when its stream has been ended for it."""
    greeted, ended = threading.Event(), threading.Event()
    headers = {"Authorization": f"Bearer {token}"} if token else {}

    def listen() -> None:
        heard = []
        with client.stream("GET", "/live", headers=headers) as stream:
            for line in stream.iter_lines():
                heard.append(line)
                greeted.set()
        if "event: ended" in heard:
            ended.set()

    threading.Thread(target=listen, daemon=True).start()
    assert greeted.wait(5)
    return ended


def test_an_ended_session_hears_no_more_within_seconds(web_world: WebWorld) -> None:
    ended = listen_to(web_world.sign_in("agent"))
    with web_world.database.transaction() as session:
        row = session.exec(select(WebSession).where(col(WebSession.revoked_at).is_(None))).one()
        row.revoked_at = web_world.now
    assert ended.wait(8)


def test_a_revoked_tokens_stream_hears_no_more_within_seconds(web_world: WebWorld) -> None:
    program = web_world.sign_in("agent")
    program.cookies.delete(COOKIE)
    with web_world.database.transaction() as session:
        of = {"role": Role.AGENT, "company_code": "onnuri", "login": None, "by": SYSTEM}
        token = issue_token(session, **of, now=web_world.now)  # type: ignore[arg-type]
        kept = issue_token(session, **of, now=web_world.now)  # type: ignore[arg-type]
    first, second = listen_to(program, token), listen_to(program, kept)
    with web_world.database.reading() as session:
        ids = session.exec(select(ApiToken.id).order_by(col(ApiToken.id))).all()
    for token_id, ended, other in zip(ids, (first, second), (second, None), strict=True):
        with web_world.database.transaction() as session:
            session.get_one(ApiToken, token_id).revoked_at = web_world.now
        assert ended.wait(8)
        assert other is None or not other.is_set(), "each token ends its own"


def test_a_new_password_needs_the_old_one_and_ends_the_rest(web_world: WebWorld) -> None:
    me = web_world.sign_in("agent")
    login = give_password(web_world)
    other = log_in(web_world, login)
    for old, new, said in (
        ("wrong", "another-password", "비밀번호가 맞지 않습니다"),
        (PASSWORD, "short", "8자에서"),
        (PASSWORD, PASSWORD, "다른 것을"),
        (PASSWORD, "12345678", "짐작할"),
    ):
        refused = me.post("/account/password", data={"password": old, "new_password": new})
        assert refused.status_code == 422 and said in refused.text
    done = me.post("/account/password", data={"password": PASSWORD, "new_password": "another-password"})
    assert done.headers["location"] == "/account?done=password"
    assert other.get("/agent").status_code == 303 and me.get("/agent").status_code == 200
    log_in(web_world, login, "another-password")
    with web_world.database.reading() as session:
        assert told(session)[-1] == "PasswordChanged"


@pytest.mark.parametrize("guess", ["12345678", "aaaaaaaa", "Qwer1234", "LOGIN", "LOGIN!1"])
def test_a_password_that_is_tried_first_is_refused(guess: str) -> None:
    assert password_fault("sunrise over the sea", login="onnuri-agent") == ""
    assert "짐작" in password_fault(guess.replace("LOGIN", "onnuri-agent"), login="onnuri-agent")


def test_a_screen_locks_and_opens_where_it_was(web_world: WebWorld) -> None:
    me = web_world.sign_in("agent")
    give_password(web_world)
    lock_after(web_world, 15)
    web_world.wait(minutes=14)
    assert me.get("/agent").status_code == 200, "which is use, and counts from now"
    web_world.wait(minutes=14)
    for quiet in ("/live/here", "/agent/waiting"):
        assert me.get(quiet, headers={"X-Ondol-Live": "1", **PART}).status_code < 300
    web_world.wait(minutes=1)
    locked = me.get("/agent/search?q=kim")
    assert locked.headers["location"] == "/unlock?next=/agent/search%3Fq%3Dkim"
    part = me.get("/live/here", headers=PART)
    assert part.status_code == 401 and part.headers[LOCKED_HEADER] == "1"
    assert me.post("/agent/new", data={}).status_code == 401
    api = me.get("/api/v1/tickets")
    assert api.status_code == 401 and api.json()["type"].endswith("session-locked")
    page = me.get(locked.headers["location"])
    assert 'name="next" value="/agent/search?q=kim"' in page.text
    assert me.post("/unlock", data={"password": "wrong", "next": "/agent"}).status_code == 422
    assert me.post("/unlock", data={"password": "wrong"}, headers=PART).status_code == 422
    opened = me.post("/unlock", data={"password": PASSWORD, "next": "/agent/search?q=kim"})
    assert opened.headers["location"] == "/agent/search?q=kim"
    assert me.get("/agent").status_code == 200


def test_typing_is_use_and_nobody_elses_role_locks(web_world: WebWorld) -> None:
    agent, technician = (
        web_world.sign_in("agent"),
        web_world.sign_in("technician", technician=web_world.technician),
    )
    lock_after(web_world, 15)
    for _n in range(3):
        web_world.wait(minutes=10)
        assert agent.post("/live/active").status_code == 204
    assert agent.get("/agent").status_code == 200
    web_world.wait(hours=5)
    assert technician.get("/m").status_code == 200
    assert agent.get("/agent").headers["location"].startswith("/unlock")
    assert agent.post("/logout").status_code == 303, "another person logs in"


def test_use_is_written_down_once_a_minute(web_world: WebWorld) -> None:
    me = web_world.sign_in("agent")

    def noted() -> object:
        with web_world.database.reading() as session:
            return session.exec(select(WebSession.last_used_at)).one()

    begun = web_world.now
    web_world.wait(seconds=30)
    me.get("/agent")
    assert noted() == begun
    web_world.wait(seconds=31)
    me.get("/agent")
    assert noted() == web_world.now


def test_a_membership_that_ends_ends_everything_at_once(web_world: WebWorld) -> None:
    me = web_world.sign_in("agent")
    with web_world.database.transaction() as session:
        token = issue_token(
            session, role=Role.AGENT, company_code="onnuri", login=None, by=SYSTEM, now=web_world.now
        )
    bearer = {"Authorization": f"Bearer {token}"}
    client = web_world.sign_in("qa")
    client.cookies.delete(COOKIE)
    assert client.get("/api/v1/tickets", headers=bearer).status_code == 200
    with web_world.database.transaction() as session:
        session.exec(select(Membership).where(col(Membership.role) == "agent")).one().valid_to = web_world.now
    assert me.get("/agent").status_code == 303
    over = client.get("/api/v1/tickets", headers=bearer)
    assert over.status_code == 401 and "소속이 끝났거나" in over.json()["detail"]
    with web_world.database.transaction() as session:
        seat = session.exec(select(Membership).where(col(Membership.role) == "agent")).one()
        session.add(
            Membership(
                person_id=seat.person_id, company_id=seat.company_id, role="qa", valid_from=web_world.now
            )
        )
    assert me.get("/qa").status_code == 303, "another seat is another log-in"
