"""The lines that a file can only begin with: tests import the module that they are for."""

from pathlib import Path

import pytest

from agentic_flow.core.beginnings import beginning
from agentic_flow.core.values import ContextFile, Task

WALLET = "import os\n\nLIMIT = 3\n\nclass Wallet:\n    pass\n\ndef _own(): pass\n\nasync def count(): pass\n"


def begins(path: str, text: str, **files: str) -> str:
    context = tuple(ContextFile(Path("/w") / name, name, held) for name, held in files.items())
    return beginning(path, Task(text, "coder", context=context))


def test_tests_of_a_given_module_begin_with_its_import() -> None:
    files = {"wallet.py": WALLET, "other.py": "x = 1\n"}
    assert begins("test_wallet.py", "Test it", **files) == "from wallet import Wallet, count\n"
    assert begins("wallet_test.py", "Test it", **files) == "from wallet import Wallet, count\n"
    assert begins("test_wallet.py", "Use Pytest", **files) == (
        "import pytest\n\nfrom wallet import Wallet, count\n"
    )


def test_they_are_imported_from_their_own_folder_only() -> None:
    assert begins("src/test_wallet.py", "Test it", **{"src/wallet.py": WALLET}).startswith("from wallet")
    assert not begins("tests/test_wallet.py", "Test it", **{"src/wallet.py": WALLET})


@pytest.mark.parametrize(
    ("path", "files"),
    [
        ("wallet.py", {"wallet.py": WALLET}),  # it is changed
        ("test_wallet.py", {"wallet.py": WALLET, "test_wallet.py": ""}),  # and here it is extended
        ("test_bank.py", {"wallet.py": WALLET}),
        ("main.py", {"wallet.py": WALLET}),
        ("test_wallet.js", {"wallet.py": WALLET}),
        ("test_wallet.py", {"wallet.py": "def broken("}),
        ("test_wallet.py", {"wallet.py": "x = 1\n"}),
        ("test_wallet.py", {"wallet.py": "".join(f"def f{n}(): pass\n" for n in range(9))}),
        ("test_wallet.py", {}),
    ],
)
def test_where_it_is_not_certain_the_model_chooses(path: str, files: dict[str, str]) -> None:
    assert begins(path, "Test it", **files) == ""
