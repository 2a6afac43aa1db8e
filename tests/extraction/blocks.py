"""A block of code as models send it, and the files that are read out of a reply."""

from agentic_flow.extraction import Extraction

CODE = "def f():\n    return 1\n"
PY = f"```python\n{CODE}```\n"


def files(found: Extraction) -> dict[str, str]:
    return {draft.path: draft.text for draft in found.drafts}
