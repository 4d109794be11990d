"""Who may come in from where, and for how long: decided from a company's dated rules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

KEYS = ("allowed_networks", "second_factor", "device_days", "idle_lock_s", "api_per_minute")
"""The dated numbers that are read with every session and token."""


WIDEST = {4: 8, 6: 16}
"""Shortest prefix by version of IP: 10.0.0.0/8 is somebody's own, 0.0.0.0/0 is everybody."""


@dataclass(frozen=True)
class AccessRules:
    """A company's rules as they hold at one moment."""

    networks: tuple[str, ...]
    second_factor: str
    device_days: int
    idle_lock_s: Mapping[str, int]
    api_per_minute: int

    @classmethod
    def read(cls, values: Mapping[str, Any]) -> AccessRules:
        """From dated values by key."""
        return cls(
            networks=tuple(values["allowed_networks"]),
            second_factor=values["second_factor"],
            device_days=values["device_days"],
            idle_lock_s=values["idle_lock_s"],
            api_per_minute=values["api_per_minute"],
        )

    @property
    def asks_somebody(self) -> bool:
        """Whether anybody at all is asked for a second factor."""
        return self.second_factor == "always" or bool(self.networks)

    def demands_factor(self, address: str) -> bool:
        """Whether whoever comes from this address owes a second factor."""
        if self.second_factor == "always":
            return True
        return bool(self.networks) and not is_within(self.networks, address)

    def is_inside(self, address: str) -> bool:
        """Whether the address is in one of the company's own networks."""
        return self.second_factor != "always" and is_within(self.networks, address)

    def idle_after(self, role: str) -> timedelta | None:
        """How long a browser of this role may lie unused; None for ever."""
        seconds = self.idle_lock_s.get(role, 0)
        return timedelta(seconds=seconds) if seconds else None


class WideNetworkError(ValueError):
    """A network wider than `WIDEST`."""


def is_within(networks: Iterable[str], address: str) -> bool:
    """Whether an address is in one of the networks (CIDR); what is no address is in none."""
    try:
        found = ip_address(address)
    except ValueError:
        return False
    if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    return any(found in network for network in map(_network, networks) if network.version == found.version)


def read_network(typed: str) -> str:
    """A network as it is stored, e.g. `203.0.113.0/24`; one address is a network too.

    Raises:
        ValueError: it cannot be read.
        WideNetworkError: it is wider than any company's, and would quietly ask nobody.
    """
    network = _network(typed.strip())
    if network.prefixlen < WIDEST[network.version]:
        raise WideNetworkError(typed)
    return str(network)


def _network(text: str) -> IPv4Network | IPv6Network:
    return ip_network(text, strict=False)
