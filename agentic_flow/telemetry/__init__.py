"""A run's end -> spans and metrics at the collector of OTEL_EXPORTER_OTLP_ENDPOINT. It never fails a run."""

from collections.abc import Callable, Collection, Mapping
from threading import Lock, Thread
from time import monotonic
from urllib.parse import urlsplit

from agentic_flow.core.errors import Interrupted
from agentic_flow.core.remembered import RememberedRun
from agentic_flow.telemetry.describing import describe_calls, describe_run

_ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
_WORDS = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"
_WORDS_WANTED = ("true", "span_only", "span_and_event")
_OFF = {"traces": "OTEL_TRACES_EXPORTER", "metrics": "OTEL_METRICS_EXPORTER"}
_SECONDS = 1.0
"""The most that a run waits for the collector at its end, and of a process that finds none only one run."""


class Telemetry:
    """Tells a collector what runs did; what it did not take once is sent no more. Threads may share it."""

    def __init__(self, environment: Mapping[str, str], hosted: Collection[str]) -> None:
        """Read what a person may want, by OpenTelemetry's names; `hosted` are the providers far away."""
        self._hosted = hosted
        self._words = environment.get(_WORDS, "").lower() in _WORDS_WANTED
        self._cumulative = "cumulative" in (
            environment.get("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "").lower()
        )
        self._collector = _host(environment[_ENDPOINT])
        self._signals = {name for name, variable in _OFF.items() if environment.get(variable) != "none"}
        self._lock = Lock()

    def tell(self, run: RememberedRun) -> list[str]:
        """Send the run, its words only where they were asked for; return what a person should know."""
        try:
            from agentic_flow.telemetry.sending import send_metrics, send_spans
        except ImportError:
            return self._give_up(
                set(self._signals),
                f"{_ENDPOINT} is set, but OpenTelemetry is not installed and nothing is sent; "
                "run `pip install 'agentic-flow[otel]'`",
            )
        calls = describe_calls(run, self._hosted)
        span = describe_run(run, calls, words=self._words)
        senders: dict[str, Callable[[], bool]] = {
            "traces": lambda: send_spans(span, calls, _SECONDS),
            "metrics": lambda: send_metrics(calls, _SECONDS, cumulative=self._cumulative),
        }
        try:
            failed = _at_once({name: senders[name] for name in self._signals})
        except Interrupted:  # the run is over, its outcome stands
            return []
        return self._give_up(
            failed,
            f"the collector at {self._collector} ({_ENDPOINT}) did not take this run's "
            f"{' and '.join(sorted(failed))}; is it there, and does it speak OTLP over HTTP?"
            + "".join(f" {_OFF[name]}=none sends none" for name in failed if len(failed) == 1),
        )

    def _give_up(self, signals: set[str], why: str) -> list[str]:
        """Send these no more, and say why to the first who asks."""
        with self._lock:
            new = signals & self._signals
            self._signals = self._signals - signals
        return [why] if new else []


def _at_once(senders: Mapping[str, Callable[[], bool]]) -> set[str]:
    """Send side by side, and return what had not arrived when the time was up."""
    arrived: set[str] = set()

    def send(name: str) -> None:
        try:
            if senders[name]():
                arrived.add(name)
        except Exception:  # noqa: BLE001, S110  (whatever is wrong there, it is told as not arrived)
            pass

    threads = [Thread(target=send, args=(name,), daemon=True) for name in senders]
    for thread in threads:
        thread.start()
    end = monotonic() + _SECONDS
    for thread in threads:
        thread.join(max(0.0, end - monotonic()))
    return set(senders) - arrived


def _host(endpoint: str) -> str:
    """Return where that is, without what else an address may hold: a name and a password, say."""
    try:
        parts = urlsplit(endpoint)
        if parts.hostname:
            return f"{parts.hostname}:{parts.port}" if parts.port else parts.hostname
    except ValueError:
        pass
    return "an address that cannot be read"
