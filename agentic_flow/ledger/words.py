"""Texts as a database can hold them: what is no Unicode is spelled out, and two spellings stay two."""

from agentic_flow.core.patterns import pattern

_BYTE = pattern("[\udc80-\udcff]")


def storable(text: str) -> str:
    r"""Return the text, a byte that is none of UTF-8 (from a file name, or an argument) as `\xe9`."""
    try:
        text.encode()
    except UnicodeEncodeError:
        spelled = _BYTE.sub(lambda byte: f"\\x{ord(byte[0]) - 0xDC00:02x}", text)
        return spelled.encode("utf-8", "backslashreplace").decode()
    return text
