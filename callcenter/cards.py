"""Self-fix cards: what a family can try before somebody drives. Never offered for safety symptoms."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_
from sqlmodel import Session, col, select

from callcenter.models import SelfFixCard


@dataclass(frozen=True)
class Card:
    """A card as it is read out. `steps` are (what to say, why) pairs."""

    code: str
    version: int
    symptoms: tuple[str, ...]
    title: str
    steps: tuple[tuple[str, str], ...]
    stop_when: str


def list_cards(session: Session, *, company_id: int, at: datetime) -> list[Card]:
    """The newest version of every card that holds for a company, its own before the general one, by code."""
    query = (
        select(SelfFixCard)
        .where(
            or_(col(SelfFixCard.company_id) == company_id, col(SelfFixCard.company_id).is_(None)),
            col(SelfFixCard.valid_from) <= at,
        )
        .order_by(col(SelfFixCard.company_id).nulls_first(), col(SelfFixCard.version))
    )
    newest = {row.code: row for row in session.exec(query)}
    return [_card(newest[code]) for code in sorted(newest)]


def cards_for(session: Session, *, company_id: int, symptom: str, at: datetime) -> list[Card]:
    """The cards that fit a symptom, best first (the order of the card's own symptom list)."""
    fitting = [c for c in list_cards(session, company_id=company_id, at=at) if symptom in c.symptoms]
    return sorted(fitting, key=lambda card: (card.symptoms.index(symptom), card.code))


def script_version(cards: list[Card]) -> str:
    """Which texts the agent had before them, for the ticket's record."""
    return ",".join(f"{card.code}@{card.version}" for card in cards)


def _card(row: SelfFixCard) -> Card:
    return Card(
        code=row.code,
        version=row.version,
        symptoms=tuple(row.symptoms),
        title=row.title,
        steps=tuple((step["say"], step.get("why", "")) for step in row.steps),
        stop_when=row.stop_when,
    )
