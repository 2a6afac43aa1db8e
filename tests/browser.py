"""A real browser without a window, where this machine has one."""

import shutil
import subprocess
from pathlib import Path

import pytest

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def browse(page: Path, profile: Path, *options: str) -> str:
    """Open a page and return its document as the browser has it; without a browser the test is skipped."""
    browser = next(filter(None, map(shutil.which, _NAMES)), None)
    if browser is None:
        pytest.skip(f"no browser is found ({', '.join(_NAMES)}); on Debian: apt-get install chromium")
    quiet = ("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run")
    done = subprocess.run(
        [browser, *quiet, f"--user-data-dir={profile}", *options, "--dump-dom", page.as_uri()],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if not done.stdout:
        pytest.skip(f"{browser} does not start here: {done.stderr[-300:]}")
    return done.stdout
