"""A text provider that sends nothing, for the demo and for tests alone.

It speaks as Solapi, NAVER SENS and NHN Cloud do, on loopback.

A separate process (`python -m notifications.fake_provider`), so that time-outs, 5xx and late reports are
real ones. It persists nothing: after a restart its message list begins anew, with one start-up entry dated
at the start. That entry is how a caller can tell a list that forgot from a list that remembers.
"""

from notifications.fake_provider.app import create_fake_provider
from notifications.fake_provider.controls import Controls, SendFault

__all__ = ["Controls", "SendFault", "create_fake_provider"]
