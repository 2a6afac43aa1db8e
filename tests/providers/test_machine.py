"""What the machine leaves this process, on made-up trees of /proc and /sys."""

import os
from pathlib import Path

import pytest

from agentic_flow.providers.machine import free_memory, usable_cores


def write(root: Path, files: dict[str, str]) -> Path:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return root


MEMINFO = {"proc/meminfo": "MemTotal:  16000 kB\nMemFree: 10 kB\nMemAvailable:   8000 kB\n"}


@pytest.mark.parametrize(
    ("files", "free"),
    [
        pytest.param({}, None, id="a system that does not say"),
        pytest.param({"proc/meminfo": "MemTotal: 1 kB\n"}, None, id="a kernel before MemAvailable"),
        pytest.param(MEMINFO, 8000 * 1024, id="no control group"),
        pytest.param(
            MEMINFO
            | {
                "proc/self/cgroup": "0::/a/b\n",
                "sys/fs/cgroup/a/b/memory.max": "max\n",
                "sys/fs/cgroup/a/b/memory.current": "5000\n",
            },
            8000 * 1024,
            id="a group without a limit",
        ),
        pytest.param(
            MEMINFO
            | {
                "proc/self/cgroup": "0::/a/b\n",
                "sys/fs/cgroup/a/b/memory.max": "7000\n",
                "sys/fs/cgroup/a/b/memory.current": "5000\n",
                "sys/fs/cgroup/a/b/memory.stat": "anon 1\ninactive_file 1500\nactive_file 9\n",
            },
            3500,
            id="a limit, less what is used, but for pages that can go",
        ),
        pytest.param(
            MEMINFO
            | {
                "proc/self/cgroup": "0::/a/b\n",
                "sys/fs/cgroup/a/b/memory.max": "7000\n",
                "sys/fs/cgroup/a/b/memory.current": "0\n",
                "sys/fs/cgroup/a/memory.max": "900\n",
                "sys/fs/cgroup/a/memory.current": "400\n",
            },
            500,
            id="the group above is tighter",
        ),
        pytest.param(
            MEMINFO
            | {
                "proc/self/cgroup": "0::/../outside\n",
                "sys/fs/cgroup/memory.max": "4000\n",
                "sys/fs/cgroup/memory.current": "1000\n",
            },
            3000,
            id="a container that sees its group as the top",
        ),
        pytest.param(
            MEMINFO
            | {
                "proc/self/cgroup": "12:memory:/docker/abc\n3:cpu,cpuacct:/docker/abc\n",
                "sys/fs/cgroup/memory/memory.limit_in_bytes": "6000\n",
                "sys/fs/cgroup/memory/memory.usage_in_bytes": "5500\n",
                "sys/fs/cgroup/memory/memory.stat": "total_inactive_file 100\n",
            },
            600,
            id="version 1, in a container",
        ),
        pytest.param(
            MEMINFO
            | {
                "proc/self/cgroup": "0::/a\n",
                "sys/fs/cgroup/a/memory.max": "1000\n",
                "sys/fs/cgroup/a/memory.current": "2000\n",
            },
            0,
            id="a limit that was lowered below the use",
        ),
    ],
)
def test_free_memory_is_the_least_of_all_bounds(
    tmp_path: Path, files: dict[str, str], free: int | None
) -> None:
    assert free_memory(write(tmp_path, files)) == free


def topology(*siblings: str) -> dict[str, str]:
    return {
        f"sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list": f"{threads}\n"
        for cpu, threads in enumerate(siblings)
    }


@pytest.mark.parametrize(
    ("allowed", "files", "cores"),
    [
        pytest.param({0, 1, 2, 3}, {}, 4, id="nothing is known of the cores"),
        pytest.param({0, 1, 2, 3}, topology("0-1", "0-1", "2-3", "2-3"), 2, id="two threads a core"),
        pytest.param({0, 2}, topology("0-1", "0-1", "2-3", "2-3"), 2, id="bound to one thread of each"),
        pytest.param({1}, topology("0-1", "0-1"), 1, id="bound to one"),
        pytest.param(
            {0, 1, 2, 3},
            {"proc/self/cgroup": "0::/a\n", "sys/fs/cgroup/a/cpu.max": "250000 100000\n"},
            2,
            id="a quota of two and a half",
        ),
        pytest.param(
            {0, 1},
            {"proc/self/cgroup": "0::/a\n", "sys/fs/cgroup/a/cpu.max": "50000 100000\n"},
            1,
            id="a quota of a half",
        ),
        pytest.param(
            {0, 1, 2},
            {"proc/self/cgroup": "0::/a\n", "sys/fs/cgroup/a/cpu.max": "max 100000\n"},
            3,
            id="no quota",
        ),
        pytest.param(
            {0, 1, 2, 3},
            {
                "proc/self/cgroup": "3:cpu,cpuacct:/x\n",
                "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "300000\n",
                "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
            },
            3,
            id="version 1",
        ),
        pytest.param(
            {0, 1},
            {
                "proc/self/cgroup": "3:cpu:/\n",
                "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n",
                "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
            },
            2,
            id="version 1 without a quota",
        ),
    ],
)
def test_cores_are_those_this_process_may_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, allowed: set[int], files: dict[str, str], cores: int
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _process: allowed, raising=False)
    assert usable_cores(write(tmp_path, files)) == cores


def test_this_machine_can_be_asked() -> None:
    assert usable_cores() >= 1
    assert free_memory() != 0


def test_a_system_without_affinity_counts_its_processors(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    assert usable_cores(tmp_path) == os.cpu_count()
