"""Spans -> OTLP over HTTP: the one importer of OpenTelemetry. Its exporters read their own variables."""

import logging
from collections.abc import Sequence

from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.metrics import Histogram, MeterProvider
from opentelemetry.sdk.metrics.export import AggregationTemporality, InMemoryMetricReader, MetricExportResult
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, Status, StatusCode, Tracer, set_span_in_context

from agentic_flow import __version__
from agentic_flow.telemetry.describing import Call, Span

_SCOPE = "agentic-flow"
_TRIES_ONCE = 0.75
"""Of the time there is, an exporter gets so much: too little for the pause before a second try."""
_DURATIONS = [0.01 * 2**step for step in range(14)]
_TOKENS = [4**step for step in range(14)]
"""Both as the conventions advise."""

logging.getLogger("opentelemetry").addHandler(logging.NullHandler())  # what went wrong is told in our words


def send_spans(run: Span, calls: Sequence[Call], seconds: float) -> bool:
    """Send a run with its calls below it, and say whether the collector took them."""
    kept = InMemorySpanExporter()
    provider = TracerProvider(resource=_resource(), shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(kept))
    tracer = provider.get_tracer(_SCOPE, __version__)
    _trace(tracer, run, calls)
    spans = kept.get_finished_spans()  # none where the sampler wants none
    exporter = OTLPSpanExporter(timeout=seconds * _TRIES_ONCE)
    return not spans or exporter.export(spans) is SpanExportResult.SUCCESS


def send_metrics(calls: Sequence[Call], seconds: float, *, cumulative: bool) -> bool:
    """Send how long calls took and which tokens they used, and say whether the collector took it.

    Each run counts from zero: what it sends is the difference that it made, unless a person wants totals.
    """
    temporality = AggregationTemporality.CUMULATIVE if cumulative else AggregationTemporality.DELTA
    reader = InMemoryMetricReader(preferred_temporality={Histogram: temporality})
    provider = MeterProvider([reader], resource=_resource(), shutdown_on_exit=False)
    meter = provider.get_meter(_SCOPE, __version__)
    took = meter.create_histogram(
        "gen_ai.client.operation.duration",
        unit="s",
        description="GenAI operation duration.",
        explicit_bucket_boundaries_advisory=_DURATIONS,
    )
    used = meter.create_histogram(
        "gen_ai.client.token.usage",
        unit="{token}",
        description="Number of input and output tokens used.",
        explicit_bucket_boundaries_advisory=_TOKENS,
    )
    for call in calls:
        if call.counted is None:
            continue
        took.record((call.ended - call.began) / 1e9, call.counted)
        if call.usage.known:
            by = {name: value for name, value in call.counted.items() if name != "error.type"}
            used.record(call.usage.input_tokens, {**by, "gen_ai.token.type": "input"})
            used.record(call.usage.output_tokens, {**by, "gen_ai.token.type": "output"})
    data = reader.get_metrics_data()
    exporter = OTLPMetricExporter(timeout=seconds * _TRIES_ONCE)
    return data is None or exporter.export(data) is MetricExportResult.SUCCESS  # pyright: ignore[reportUnknownMemberType]  (untyped **kwargs)


def _trace(tracer: Tracer, run: Span, calls: Sequence[Call]) -> None:
    """Make the spans that were already over when they were told of."""
    root = tracer.start_span(run.name, attributes=run.attributes, start_time=run.began)
    for call in calls:
        span = tracer.start_span(
            call.name,
            context=set_span_in_context(root),
            kind=SpanKind.CLIENT if call.remote else SpanKind.INTERNAL,
            attributes=call.attributes,
            start_time=call.began,
        )
        if call.error:
            span.set_status(Status(StatusCode.ERROR))  # its sentence may hold words of the task or the model
        span.end(call.ended)
    if run.error:
        root.set_status(Status(StatusCode.ERROR))
    root.end(run.ended)


def _resource() -> Resource:
    """Say who sends this; OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES win."""
    own = Resource.create({"service.name": _SCOPE, "service.version": __version__})
    return own.merge(OTELResourceDetector().detect())
