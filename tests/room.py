"""A disk that is full, which a limit on the size of files stands in for."""

import resource
from collections.abc import Generator
from contextlib import contextmanager


@contextmanager
def room(size: int) -> Generator[None]:
    """Let no file grow beyond `size` bytes."""
    most, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, hard))
