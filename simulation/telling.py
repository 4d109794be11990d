"""The texts that families and technicians got about a seeded ticket, in the product's own wording."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from core.masking import mask_address
from core.secrets import hash_token
from dispatch.family_links import new_token, url_of
from dispatch.models import FamilyLink
from notifications import messages
from notifications.catalogue import Role
from notifications.messages import (
    Absent,
    Case,
    Context,
    EnRoute,
    Event,
    VisitResult,
    VisitScheduled,
    Window,
    Worker,
)
from notifications.models import Notice
from notifications.recipients import CallTask, Delivery, Party, plan_recipients
from notifications.wording import Rendered, render
from simulation.bulk import Batch
from simulation.shapes import HomeSpec, Maker, TechnicianSpec

FamilyContext = VisitScheduled | EnRoute | Absent | VisitResult


@dataclass
class Letterbox:
    """Puts the notices of one ticket into the batch. A number's first text says where we have it from."""

    batch: Batch
    maker: Maker
    ticket_id: int
    case: Case
    family: tuple[Party, ...]
    known: set[str]
    rang: Callable[[Event, int, CallTask, str, datetime], None]
    """What to do about a number that takes no text: event, generation, call, words, moment."""
    links_at: str = ""
    """Where links lead; empty: texts have none."""
    _generation: dict[Event, int] = field(default_factory=dict)

    def tell_family(self, context: FamilyContext, at: datetime) -> None:
        """Tell resident, requester and payer, each in own words."""
        event = messages.event_of(context)
        generation = self._count(event)
        plan = plan_recipients(event=event, parties=self.family)
        reached = replace(self.case, resident_reached=plan.resident_reached)
        context = replace(context, case=reached)
        for delivery in plan.deliveries:
            first = delivery.phone not in self.known
            self.known.add(delivery.phone)
            text = render(
                context=self._linked(context, delivery, at),
                variant=delivery.variant,
                acquaintance="FIRST" if first else "LATER",
            )
            self._keep(text, delivery.recipient, delivery.phone, generation, at)
        for call in plan.calls:
            words = render(context=context, variant=call.variant).text
            self.rang(event, generation, call, words, at)

    def _linked(self, context: FamilyContext, delivery: Delivery, at: datetime) -> FamilyContext:
        """The news with a link of this reader's own, which works from then on."""
        if not self.links_at:
            return context
        token = new_token()
        self.batch.add(
            FamilyLink,
            company_id=self.maker.id,
            ticket_id=self.ticket_id,
            roles=[role.value for role in delivery.serves],
            token_hash=hash_token(token),
            created_at=at,
        )
        return replace(context, case=replace(context.case, link=url_of(self.links_at, token)))

    def tell_technician(self, context: Context, technician: TechnicianSpec, at: datetime) -> None:
        """Tell a technician of a job."""
        generation = self._count(messages.event_of(context))
        text = render(context=context, variant="technician")
        self._keep(text, Role.TECHNICIAN, technician.person.phone, generation, at)

    def _count(self, event: Event) -> int:
        self._generation[event] = self._generation.get(event, 0) + 1
        return self._generation[event]

    def _keep(self, text: Rendered, to: Role, phone: str, generation: int, at: datetime) -> None:
        notice_id = self.batch.reserve(Notice)
        self.batch.add(
            Notice,
            id=notice_id,
            company_id=self.maker.id,
            ticket_id=self.ticket_id,
            event=text.event.value,
            generation=generation,
            recipient=to.value,
            channel=text.channel,
            to_phone=phone,
            from_phone=self.maker.sender_number,
            subject=text.subject or "",
            text=text.text,
            bytes=text.bytes,
            template_version=text.template_version,
            state="delivered",
            created_at=at,
            next_try_at=at,
            attempts=1,
            provider="fake",
            provider_message_id=f"SEED{notice_id:09d}",
            accepted_at=at + timedelta(seconds=1),
            settled_at=at + timedelta(seconds=3),
        )


def deliver(notice: Notice, *, at: datetime) -> None:
    """A text that the product's own door has written lies on the phone seconds later."""
    notice.state, notice.attempts, notice.provider = "delivered", 1, "fake"
    notice.provider_message_id = f"SEED{notice.id:09d}"
    notice.accepted_at, notice.settled_at = at + timedelta(seconds=1), at + timedelta(seconds=3)


def worker_of(technician: TechnicianSpec, company_id: int) -> Worker:
    """The technician as the family knows him; who works for two makers has a number at each."""
    badge = technician.badge if technician.company_id == company_id else technician.other_badge
    return Worker(technician.person.name, badge)


def place_words(home: HomeSpec) -> str:
    """No nearer than the dong."""
    return mask_address(home.address).replace("***", "").strip()


def window_of(span: tuple[datetime, datetime]) -> Window:
    """As messages want it."""
    return Window(*span)
