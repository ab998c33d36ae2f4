"""Checks JSON values, one a line of standard input, against a JSON Schema: validate.py SCHEMA."""

import json
import sys

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.validators import validator_for
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

# What ninjs refers to; of GeoJSON only points are written.
GEOJSON = {
    "type": "object",
    "required": ["type", "coordinates"],
    "properties": {
        "type": {"const": "Point"},
        "coordinates": {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2},
    },
}


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        schema = json.load(file)
    draft = validator_for(schema, default=Draft202012Validator)
    draft.check_schema(schema)
    point = Resource(contents=GEOJSON, specification=DRAFT202012)
    registry = Registry().with_resource("https://geojson.org/schema/GeoJSON.json", point)
    validator = draft(schema, registry=registry, format_checker=FormatChecker())
    count = 0
    for line in sys.stdin:
        count += 1
        for error in validator.iter_errors(json.loads(line)):
            sys.exit(f"validate.py: value {count}: {error.json_path}: {error.message}")
    if count == 0:
        sys.exit("validate.py: no values")
    print(count)


if __name__ == "__main__":
    main()
