"""A base URL -> the same without a trailing slash, or what is wrong with it. Looks nothing up."""

from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import SplitResult, urlsplit

from agentic_flow.core.patterns import pattern

_METADATA_NAMES = frozenset(
    {"metadata", "metadata.google.internal", "instance-data", "instance-data.ec2.internal"}
)
_METADATA_ADDRESSES = frozenset({ip_address("100.100.100.200"), ip_address("fd00:ec2::254")})
"""Alibaba Cloud and AWS over IPv6; the others' are link-local (169.254.169.254)."""
_HOST = pattern(r"[A-Za-z0-9_.-]{1,253}")
_NUMERIC = pattern(r"(0[xX][0-9A-Fa-f]*|[0-9]+)")


class BadEndpoint(Exception):
    """A URL nobody should send a key to. Its text says what would do, and holds nothing of the URL."""


def checked(url: str) -> str:
    """Return a base URL that a key may go to: https, or http on this machine. Raises `BadEndpoint`."""
    parts, host = _parts(url)
    address = _address(host)
    local = host == "localhost" or (address is not None and address.is_loopback)
    if parts.scheme != "https" and not (parts.scheme == "http" and local):
        raise BadEndpoint("https://..., or http:// on this machine only (localhost, 127.0.0.1, [::1])")
    if address is not None:
        _refuse_address(address)
    elif host.rstrip(".") in _METADATA_NAMES:
        raise BadEndpoint("a provider's address, not a cloud machine's metadata service")
    return url.rstrip("/")


def origin(url: str) -> tuple[str, str, int]:
    """Return scheme, host and port of a URL that was `checked`: who gets what is sent there."""
    parts, host = _parts(url)
    return parts.scheme, host.rstrip("."), parts.port or (443 if parts.scheme == "https" else 80)


def _parts(url: str) -> tuple[SplitResult, str]:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as failure:
        raise BadEndpoint("a URL such as https://host/path") from failure
    if "@" in parts.netloc:
        raise BadEndpoint("a URL without a user name or password in it")
    if port == 0 or not host or not (":" in host or _HOST.fullmatch(host)):
        raise BadEndpoint("a URL such as https://host/path")
    return parts, host


def _address(host: str) -> IPv4Address | IPv6Address | None:
    """Return the address a host spells out, None for a name."""
    try:
        address = ip_address(host)
    except ValueError as failure:
        # Resolvers also read 2852039166 and 0xA9.254.43518 for addresses: too clever to be meant well.
        if ":" in host or _NUMERIC.fullmatch(host.rstrip(".").rpartition(".")[2]):
            raise BadEndpoint("a host name, or an address in its usual form") from failure
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _refuse_address(address: IPv4Address | IPv6Address) -> None:
    if (
        address.is_link_local
        or address.is_unspecified
        or address.is_multicast
        or address in _METADATA_ADDRESSES
    ):
        raise BadEndpoint("a provider's address, not a link-local, metadata or unspecified one")
