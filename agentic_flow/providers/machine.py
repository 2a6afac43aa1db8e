"""What this process may use of the machine: bytes of memory, cores. Reads /proc, /sys and cgroups only."""

import os
from collections.abc import Iterator
from pathlib import Path

_ROOT = Path("/")


def free_memory(root: Path = _ROOT) -> int | None:
    """Return the bytes this process can still take, or None where the system does not say.

    That is the least of `MemAvailable` and what each control group above this process leaves. File
    pages that a group could drop (`inactive_file`) count as free, as they do in `MemAvailable`.
    """
    available = [_available(root), *_left_in_groups(root)]
    return min((left for left in available if left is not None), default=None)


def usable_cores(root: Path = _ROOT) -> int:
    """Return how many physical cores this process may use, at least 1.

    Two hardware threads of one core count once: they share the units that multiply matrices. A CPU
    quota of 2.5 cores gives 2, because a third thread would only be held back.
    """
    allowed = _allowed_cpus()
    cores = {_siblings(root, cpu) for cpu in allowed}
    quotas = [int(quota) for quota in _quotas(root)]
    return max(1, min([len(cores), *quotas]))


def _available(root: Path) -> int | None:
    for line in _lines(root / "proc/meminfo"):
        name, _, amount = line.partition(":")
        if name == "MemAvailable":
            return int(amount.split()[0]) * 1024  # the kernel says kB and means KiB
    return None


def _left_in_groups(root: Path) -> Iterator[int]:
    for group in _groups(root, "memory"):
        for most, used, droppable in (
            ("memory.max", "memory.current", "inactive_file"),
            ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
        ):
            limit, usage = _number(group / most), _number(group / used)
            if limit is not None and usage is not None:
                yield max(0, limit - usage + _statistic(group / "memory.stat", droppable))


def _quotas(root: Path) -> Iterator[float]:
    for group in _groups(root, "cpu"):
        quota, period = _number(group / "cpu.cfs_quota_us"), _number(group / "cpu.cfs_period_us")
        for line in _lines(group / "cpu.max"):
            first, _, second = line.partition(" ")
            quota, period = (int(first) if first.isdigit() else None), int(second)
        if quota is not None and quota > 0 and period:
            yield quota / period


def _groups(root: Path, controller: str) -> Iterator[Path]:
    """Yield the folders of this process's control groups, from its own up to the top, version 2 and 1.

    A container often sees only its own group, mounted as the top one: folders that are not there are
    passed over.
    """
    base = root / "sys/fs/cgroup"
    for line in _lines(root / "proc/self/cgroup"):
        _, controllers, path = line.split(":", 2)
        if controllers and controller not in controllers.split(","):
            continue
        mount = base / controller if controllers else base
        own = mount / path.lstrip("/")
        yield from (folder for folder in (own, *own.parents) if folder.is_relative_to(mount))


def _allowed_cpus() -> set[int]:
    if hasattr(os, "sched_getaffinity"):
        return os.sched_getaffinity(0)
    return set(range(os.cpu_count() or 1))  # no affinity on this system


def _siblings(root: Path, cpu: int) -> str:
    """Name the core that holds `cpu`: the list of hardware threads in it, or the cpu itself."""
    folder = root / f"sys/devices/system/cpu/cpu{cpu}/topology"
    return next(iter(_lines(folder / "thread_siblings_list")), str(cpu))


def _statistic(path: Path, name: str) -> int:
    pairs = (line.split() for line in _lines(path))
    return next((int(pair[1]) for pair in pairs if pair[0] == name), 0)


def _number(path: Path) -> int | None:
    """Read a limit; None where there is no such file or it says `max`."""
    text = next(iter(_lines(path)), "").strip()
    return int(text) if text.isdigit() else None


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="ascii").splitlines()
    except OSError:  # another system, or a kernel without this controller
        return []
