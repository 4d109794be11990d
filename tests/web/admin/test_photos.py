"""A technician's picture: taken in by an administrator, seen by the family that he is coming to."""

from __future__ import annotations

import pytest

from tests.web.conftest import WebWorld
from tests.web.family_world import Family, link_to, open_link
from workforce.photos import MOST_BYTES, BadPhotoError, plain_jpeg

PLACE = b"Exif GPS 37.5012 127.0396"


def segment(marker: int, content: bytes) -> bytes:
    return bytes([0xFF, marker]) + (len(content) + 2).to_bytes(2, "big") + content


def jpeg(*, width: int = 400, height: int = 400, beside: bytes = PLACE) -> bytes:
    """As a camera writes it: a header, what it knows of the place, the picture."""
    frame = b"\x08" + height.to_bytes(2, "big") + width.to_bytes(2, "big") + b"\x01\x01\x11\x00"
    parts = (segment(0xE0, b"JFIF\x00"), segment(0xE1, beside), segment(0xFE, beside), segment(0xC0, frame))
    return b"\xff\xd8" + b"".join(parts) + segment(0xDA, b"\x01\x01\x00\x00?\x00") + b"light\xff\xd9"


def test_only_the_picture_of_a_picture_is_kept() -> None:
    kept = plain_jpeg(jpeg())
    assert PLACE not in kept and kept.endswith(b"light\xff\xd9") and b"JFIF" in kept
    assert plain_jpeg(kept) == kept


@pytest.mark.parametrize(
    "bad",
    [
        b"<svg onload=alert(1)>",
        b"\x89PNG\r\n",
        b"\xff\xd8\xff",
        b"\xff\xd8\xff\xe0\x00\x00" * 9,
        jpeg(width=99),
        jpeg(height=2001),
        jpeg()[:60],
        jpeg() + bytes(MOST_BYTES),
    ],
    ids=["svg", "png", "start", "no length", "narrow", "tall", "cut off", "large"],
)
def test_what_is_no_fitting_picture_is_refused(bad: bytes) -> None:
    with pytest.raises(BadPhotoError):
        plain_jpeg(bad)


def test_the_family_sees_who_comes_and_only_while_he_comes(web_world: WebWorld) -> None:
    family = open_link(web_world)
    admin = web_world.sign_in("admin")
    person = f"/admin/people/{web_world.technician.person_id}"
    assert family.get("/photo").status_code == 404 and "/photo" not in family.get().text
    taken = admin.post(f"{person}/photo", files={"photo": ("me.jpg", jpeg(), "image/jpeg")})
    assert taken.status_code == 303, taken.text
    assert admin.get(f"{person}/photo").content == plain_jpeg(jpeg())
    assert family.get("/photo").status_code == 404, "nobody knows yet whether it is he"
    family.post("/time", window=family.offered()[0], form_key="a")
    seen = family.get("/photo")
    assert (seen.status_code, seen.headers["content-type"]) == (200, "image/jpeg")
    assert seen.headers["cache-control"] == "no-store" and seen.content == plain_jpeg(jpeg())
    assert 'alt="박기사 기사의 사진"' in family.get().text
    payer = link_to(web_world, family.ticket_id, family.visit_id, ("payer",))
    landlord = Family(web_world, family.client, payer, family.ticket_id, family.visit_id)
    assert landlord.get("/photo").status_code == 404
    bad = admin.post(f"{person}/photo", files={"photo": ("me.jpg", b"<script>", "image/jpeg")})
    assert bad.status_code == 422
    assert admin.post(f"{person}/photo", files={"x": ("", b"")}).status_code == 303
    assert family.get("/photo").status_code == 404
