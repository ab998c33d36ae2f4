"""Reads requests of an exporter of traces (OTLP, protocol buffers), in base64, one a line of standard input:
NDJSON, one span a line."""

import base64
import json
import sys

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


def value(any_value):
    return getattr(any_value, any_value.WhichOneof("value"))


def attributes(pairs):
    return {pair.key: value(pair.value) for pair in pairs}


def main():
    for line in sys.stdin:
        request = ExportTraceServiceRequest.FromString(base64.b64decode(line))
        for resource in request.resource_spans:
            for scope in resource.scope_spans:
                for span in scope.spans:
                    out = {
                        "trace": span.trace_id.hex(),
                        "id": span.span_id.hex(),
                        "parent": span.parent_span_id.hex(),
                        "name": span.name,
                        "kind": span.kind,
                        "start": span.start_time_unix_nano,
                        "end": span.end_time_unix_nano,
                        "failed": span.status.code == 2,
                        "flags": span.flags,
                        "attributes": attributes(span.attributes),
                        "resource": attributes(resource.resource.attributes),
                        "scope": scope.scope.name,
                    }
                    print(json.dumps(out))


if __name__ == "__main__":
    main()
