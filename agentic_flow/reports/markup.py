"""Words -> HTML in which they cannot be anything but words; and the frame of a page that stands by itself."""

from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path

STYLE = Path(__file__).with_name("page.css")
COLOURS = 6
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"  # nothing is fetched, whatever a word in it says

MAKER = '<meta name="generator" content="agentic-flow">'
"""By which a page is known for one of ours."""


def text(words: object) -> str:
    """Return words as HTML text; control characters, which a page may not hold, go."""
    return escape("".join(c for c in str(words) if c in "\n\t" or c.isprintable()), quote=True)


def page(title: str, about: str, sections: Iterable[str]) -> str:
    """Return a whole page. `title` and `about` are words, `sections` HTML."""
    body = "\n".join(sections)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
{MAKER}
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<title>{text(title)}</title>
<style>{STYLE.read_text(encoding="utf-8")}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
<header><h1>{text(title)}</h1><p class="soft">{text(about)}</p></header>
<main id="main">
{body}
</main>
</body>
</html>
"""


def section(name: str, heading: str, *parts: str) -> str:
    """Return a section that is named by its heading."""
    inside = "\n".join(parts)
    return f'<section aria-labelledby="{name}"><h2 id="{name}">{text(heading)}</h2>\n{inside}</section>'


def facts(pairs: Iterable[tuple[str, str]]) -> str:
    """Return names with their values, as tiles."""
    tiles = "".join(f"<div><dt>{text(name)}</dt><dd>{text(value)}</dd></div>" for name, value in pairs)
    return f'<dl class="facts">{tiles}</dl>'


def table(
    name: str, head: Sequence[str], rows: Iterable[Sequence[object]], numbers: frozenset[int] = frozenset()
) -> str:
    """Return a table that can be scrolled with the keyboard; `numbers` are the columns set to the right."""
    mark = [' class="number"' if at in numbers else "" for at in range(len(head))]
    top = "".join(f'<th scope="col"{mark[at]}>{text(cell)}</th>' for at, cell in enumerate(head))
    body = "".join(
        "<tr>" + "".join(f"<td{mark[at]}>{text(cell)}</td>" for at, cell in enumerate(row)) + "</tr>"
        for row in rows
    )
    return (
        f'<div class="wide" role="region" aria-label="{text(name)}" tabindex="0"><table>'
        f"<thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def behind(words: str, inside: str) -> str:
    """Return what opens when asked for."""
    return f"<details><summary>{text(words)}</summary>{inside}</details>"
