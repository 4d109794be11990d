"""Sealing against the example of RFC 8291, and the sender's token as a push service reads it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from joserfc import jwt
from joserfc.jwk import ECKey

from notifications.web_push import (
    LONGEST_MESSAGE,
    BadKeyError,
    DeviceKeys,
    Sender,
    from_base64url,
    seal,
    to_base64url,
)

DEVICE = DeviceKeys.read(
    public="BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
    auth="BTBZMqHH6r4Tts7J_aSIgg",
)
SEALED = (
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27ml"
    "mlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPT"
    "pK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
)
"""RFC 8291, section 5."""


def test_the_example_of_the_rfc_is_sealed_byte_for_byte() -> None:
    own = ec.derive_private_key(
        int.from_bytes(from_base64url("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw")), ec.SECP256R1()
    )
    sealed = seal(
        b"When I grow up, I want to be a watermelon",
        device=DEVICE,
        own=own,
        salt=from_base64url("DGv6ra1nlYgDCS1FRnbzlw"),
    )
    assert to_base64url(sealed) == SEALED


def test_a_message_is_sealed_anew_each_time_and_never_longer_than_a_push_may_be() -> None:
    longest = b"x" * LONGEST_MESSAGE
    assert seal(longest, device=DEVICE) != seal(longest, device=DEVICE)
    assert len(seal(longest, device=DEVICE)) == 4096
    with pytest.raises(ValueError, match="carries"):
        seal(longest + b"x", device=DEVICE)


def test_the_token_names_the_service_and_is_signed_with_the_key_it_shows() -> None:
    now = datetime(2026, 12, 1, 3, 0, tzinfo=UTC)
    sender = Sender.derived_from("an invented secret", contact="mailto:it@onnuri.example")
    header = sender.authorization("https://push.example:8443/send/abc?x=1", now=now)
    scheme, token, key = header.replace("t=", "").replace("k=", "").replace(",", "").split(" ")
    assert (scheme, key) == ("vapid", sender.public_key)
    point = from_base64url(key)
    public = ECKey.import_key(
        {"kty": "EC", "crv": "P-256", "x": to_base64url(point[1:33]), "y": to_base64url(point[33:])}
    )
    claims = jwt.decode(token, public).claims
    assert claims["aud"] == "https://push.example:8443"
    assert claims["sub"] == "mailto:it@onnuri.example"
    assert 0 < claims["exp"] - now.timestamp() <= 24 * 3600


@pytest.mark.parametrize(
    ("public", "auth"),
    [
        ("", ""),
        ("****", "BTBZMqHH6r4Tts7J_aSIgg"),
        ("BA" + "A" * 85, "BTBZMqHH6r4Tts7J_aSIgg"),
        (SEALED, "AA"),
    ],
)
def test_what_is_no_devices_key_is_refused(public: str, auth: str) -> None:
    with pytest.raises(BadKeyError):
        DeviceKeys.read(public=public, auth=auth)
