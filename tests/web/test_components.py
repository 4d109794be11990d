"""The macros keep the page marks that outside checks rely on, and never turn people's words into markup."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pytest
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from core.clock import kst
from core.i18n import gettext_now, ngettext_now
from dispatch.states import CLOCK_STATES, TICKET_STATUSES, VISIT_STATES
from web import display

TEMPLATES = Path(display.__file__).parent / "templates"
SCRIPT = "<script>alert(1)</script>"
DUE = kst(date(2026, 12, 1), 10, 15)


@pytest.fixture(scope="module")
def templates() -> Iterator[Environment]:
    """Compiled once: the macros keep nothing of what they showed."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
        undefined=StrictUndefined,
    )
    environment.install_gettext_callables(gettext_now, ngettext_now, newstyle=True)  # type: ignore[attr-defined]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(display, "asset_url", lambda name: f"/static/dist/{name}")
        display.register_display(environment)
        yield environment


def render(templates: Environment, source: str, **context: object) -> str:
    imports = (
        '{% import "components/ui.html" as ui %}{% import "components/forms.html" as forms %}'
        '{% import "components/ticket.html" as ticket %}{% import "components/board.html" as board %}'
        '{% import "components/phone.html" as phones %}'
    )
    return templates.from_string(imports + source).render(**context)


@pytest.mark.parametrize("code", TICKET_STATUSES)
def test_every_ticket_status_has_a_word_and_an_icon(templates: Environment, code: str) -> None:
    badge = render(templates, "{{ ticket.status(code) }}", code=code)
    assert f'data-status="{code}"' in badge
    assert f"</svg>{code}" not in badge, "the bare code is shown to people"
    assert "icons.svg#" in badge


@pytest.mark.parametrize("code", VISIT_STATES)
def test_every_visit_state_has_a_word_and_an_icon(templates: Environment, code: str) -> None:
    badge = render(templates, "{{ ticket.visit_state(code) }}", code=code)
    assert f'data-state="{code}"' in badge
    assert f"</svg>{code}" not in badge


@pytest.mark.parametrize("state", CLOCK_STATES)
def test_a_clock_bears_its_marks(templates: Environment, state: str) -> None:
    stopped = DUE if state == "met" else None
    clock = SimpleNamespace(state=state, due_at=DUE, stopped_at=stopped)
    html = render(templates, '{{ ticket.clock("contact", clock) }}', clock=clock)
    assert 'data-testid="clock"' in html
    assert f'data-state="{state}"' in html
    assert 'data-due="2026-12-01T10:15:00+09:00"' in html
    assert ("data-stopped" in html) is (state == "met")


def test_no_clock_no_mark(templates: Environment) -> None:
    assert render(templates, '{{ ticket.clock("promise", none) }}').strip() == ""


def test_timeline_marks(templates: Environment) -> None:
    html = render(
        templates,
        "{% call board.timeline(start) %}{% call board.lane(7, name) %}"
        '{{ board.job("ON-1", "agreed", 3600, 5400, label, travel_s=600) }}'
        "{% endcall %}{% endcall %}",
        start=kst(date(2026, 12, 1), 5),
        name=SCRIPT,
        label=SCRIPT,
    )
    assert 'data-testid="timeline"' in html
    assert 'data-testid="lane" data-technician="7"' in html
    assert 'data-testid="job" data-number="ON-1" data-state="agreed" data-from="3600" data-to="5400"' in html
    assert "style=" not in html
    assert SCRIPT not in html


def test_phone_marks_and_links_in_texts(templates: Environment) -> None:
    html = render(
        templates,
        '{% call phones.phone("010-1234-5678") %}'
        '{{ phones.sms("VISIT_SCHEDULED", text, at, at) }}{% endcall %}',
        text=f"http://localhost:8000/t/abc {SCRIPT}",
        at=DUE,
    )
    assert 'data-testid="phone" data-number="010-1234-5678"' in html
    assert 'data-testid="sms" data-event="VISIT_SCHEDULED"' in html
    assert 'href="http://localhost:8000/t/abc"' in html
    assert SCRIPT not in html


def test_a_field_with_an_error_says_so_to_everybody(templates: Environment) -> None:
    html = render(
        templates, '{{ forms.field("phone", "전화", value, errors={"phone": "다시"}) }}', value=SCRIPT
    )
    assert 'aria-invalid="true"' in html
    assert 'aria-describedby="e-phone"' in html
    assert 'id="e-phone"' in html
    assert SCRIPT not in html


def test_a_form_carries_its_guards(templates: Environment) -> None:
    html = render(templates, '{% call forms.form("/x", idempotent=True, guard=True) %}{% endcall %}')
    assert "data-once" in html
    assert "data-guard" in html
    assert 'name="idempotency_key" data-idempotency' in html


@pytest.mark.parametrize("layout", ["base", "phone", "public"])
@pytest.mark.parametrize("known", [True, False])
def test_layouts_need_no_inline_script_or_style(templates: Environment, layout: str, known: bool) -> None:
    company = SimpleNamespace(code="onnuri", name=SCRIPT, colour="#0b6e4f")
    me = SimpleNamespace(name=SCRIPT, login="agent1", roles=["agent"], company=company) if known else None
    html = templates.get_template(f"layout/{layout}.html").render(
        me=me,
        nav=[("/agent", "접수", True)],
        banner=["꺼짐"],
        flash=[{"kind": "ok", "text": SCRIPT}],
        lang="ko",
        now_kst=DUE,
        has_provider=False,
        path="/agent",
    )
    assert 'data-now="2026-12-01T10:15:00+09:00"' in html
    assert ("data-live-url" in html) is known
    assert SCRIPT not in html
    assert not re.search(r'<style|\sstyle=|\son\w+="', html)
    assert re.findall(r"<script(?![^>]*(?:src=|application/json))", html) == []


MINIMAL = (
    'ui.button("가")',
    'ui.icon_button("x", "닫기")',
    'ui.badge("가")',
    'ui.note("가")',
    'ui.say("가")',
    'ui.empty("없음")',
    'ui.kv([("가", "나"), ("빈", none)])',
    'ui.tabs([("/a", "가", true, 3)], "날")',
    'ui.panel_tabs([("p", "가", none)], "날")',
    'ui.pager("/next")',
    'ui.meter("가", 3, 0)',
    'ui.figure("가", 3)',
    'ui.person("김영호")',
    'forms.error_summary({"a": "고쳐 주세요"}, "고쳐 주세요", places=["a"])',
    'forms.field("a", "가")',
    'forms.textarea("a", "가")',
    'forms.select("a", "가", [("1", "하나")])',
    'forms.choices("a", "가", [("1", "하나"), ("2", "둘", "설명")])',
    'forms.checkbox("a", "가")',
    'forms.actions("저장")',
    'forms.search("/find", "찾기")',
    "ticket.priority(0)",
    "ticket.flags(safety=true, care=true, escalated=true, transferred=true, pinned=true, reopened=true)",
    'ticket.clocks({"contact": {"state": "running", "due_at": at}, "promise": {}, "handled": none})',
    'ticket.row("ON-1", "RECEIVED", 1, "난방이 안 돼요")',
    'ticket.events([{"at": at, "what": "접수"}], at)',
    'ticket.steps(["접수", "방문"], 1)',
    'ticket.prices([{"name": "출장비", "amount": 18000}], 18000)',
    'ticket.message_state("delivered")',
    'board.lane_group("강남점")',
    "board.shift(0, 3600)",
    "board.lunch(0, 3600)",
    "board.absence(0, 3600)",
    'board.map("/map.json")',
    'board.map_pick("37.5,127.0,12")',
    'phones.sms("ABSENT", "안녕하세요", at, at)',
)


@pytest.mark.parametrize("call", MINIMAL)
def test_macros_need_only_their_first_arguments(templates: Environment, call: str) -> None:
    html = render(templates, "{{ " + call + " }}", at=DUE)
    assert "<" in html
    assert "style=" not in html
    assert "None" not in html


BLOCKS = (
    'ui.card("가")',
    'ui.table(["가", ("나", "num")], "표", tall=true)',
    'ui.dialog("d", "가", auto=true)',
    'forms.form("/x")',
    "board.timeline(at)",
    'board.lane(1, "김영호")',
    'phones.phone("02-555-0101", landline=true)',
)


@pytest.mark.parametrize("call", BLOCKS)
def test_macros_with_a_body_show_it_escaped(templates: Environment, call: str) -> None:
    html = render(templates, "{% call " + call + " %}{{ body }}{% endcall %}", body=SCRIPT, at=DUE)
    assert "&lt;script&gt;" in html
    assert SCRIPT not in html
