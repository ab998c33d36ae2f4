"""Makes src/tag/sequence/lexicon.bin: words that stand in names. See src/tag/sequence/README.md.

    python3 train/lexicon.py SOURCES OUT

SOURCES is the folder laid out by train/sources.sh: `faker` and `names` (given names and surnames),
`name-suggestion-index` and `pytickersymbols` (names of organisations), and the sentences
of `common-voice`, which tell what words are written with a small letter. Standard library only; the same
sources give the same bytes.

Layout: a header that ends with a zero byte, the number of words as u32, for each the FNV-1a of its
lower-case UTF-8 as u32 in rising order, then for each a byte of signs. Numbers are little-endian.
"""

import collections
import importlib
import json
import os
import pkgutil
import re
import struct
import sys

import inputs

GIVEN, GIVEN_OFTEN, SURNAME, SURNAME_OFTEN, ORGANISATION, ORGANISATION_ALONE, SMALL = (1 << bit for bit in range(7))

# Ranks in the census up to which a name is common, and up to which it is taken at all.
GIVEN_RANK, SURNAME_RANK, SURNAME_LAST = 600, 3000, 40000
# Countries in whose lists a name stands that is common.
COUNTRIES_OFTEN = 3
# Times that a word has to stand with a small letter in the sentences of a language.
SMALL_MIN = 3
SMALL_LANGUAGES = "cs da de en es fi fr hu it nl pl pt ro ru sk sv tr uk".split()
WORD = re.compile(r"[^\W\d_]+")


def census(sources, signs):
    for file, sign, often, rank, last in (
        ("dist.female.first", GIVEN, GIVEN_OFTEN, GIVEN_RANK, 1 << 20),
        ("dist.male.first", GIVEN, GIVEN_OFTEN, GIVEN_RANK, 1 << 20),
        ("dist.all.last", SURNAME, SURNAME_OFTEN, SURNAME_RANK, SURNAME_LAST),
    ):
        with open(f"{sources}/names/{file}", encoding="ascii") as lines:
            for line in lines:
                name, *_, place = line.split()
                if int(place) <= last:
                    signs[name.lower()] |= sign | (often if int(place) <= rank else 0)


def countries(sources, signs):
    sys.path.insert(0, f"{sources}/faker")
    import faker.providers.person as people

    found = {GIVEN: collections.defaultdict(set), SURNAME: collections.defaultdict(set)}
    for module in pkgutil.iter_modules(people.__path__):
        provider = importlib.import_module(f"faker.providers.person.{module.name}").Provider
        for field in sorted(dir(provider)):
            sign = GIVEN if field.startswith("first_name") else SURNAME if field.startswith("last_name") else 0
            names = getattr(provider, field)
            if sign and isinstance(names, (tuple, list, dict)):
                for name in names:
                    for word in WORD.findall(name if isinstance(name, str) else " ".join(name)):
                        if len(word) > 1 and word.lower() != word:
                            found[sign][word.lower()].add(module.name)
    for sign, names in found.items():
        for name, places in names.items():
            signs[name] |= sign | (sign << 1 if len(places) >= COUNTRIES_OFTEN else 0)


def organisations(sources, signs):
    sys.path.insert(0, f"{sources}/pytickersymbols")
    from pytickersymbols import PyTickerSymbols

    names = {stock["name"] for stock in PyTickerSymbols().get_all_stocks()}
    with open(f"{sources}/name-suggestion-index/dist/json/nsi.min.json", encoding="utf-8") as file:
        tree = json.load(file)["nsi"]
    for path, branch in tree.items():
        for item in branch["items"] if path.startswith("brands/") else ():
            if item["tags"].get("brand:wikidata"):
                names.add(item["tags"].get("brand:en") or item["displayName"])
    for name in sorted(names):
        words = [word for word in WORD.findall(name) if len(word) > 1]
        for word in words:
            signs[word.lower()] |= ORGANISATION if word.lower() != word else 0
        if len(words) == 1 and len(words[0]) > 2:
            signs[words[0].lower()] |= ORGANISATION_ALONE


def small(sources, signs):
    """Words written with a small letter, sentences of Common Voice being what its readers read aloud."""
    counts = collections.Counter()
    for language in SMALL_LANGUAGES:
        own = collections.Counter()
        folder = f"server/data/{language}/"
        for _, text in inputs.files(f"{sources}/common-voice", folder, lambda path: path.endswith(".txt")):
            own.update(word for word in WORD.findall(text) if word == word.lower())
        counts.update({word: count for word, count in own.items() if count >= SMALL_MIN})
    for word, count in counts.items():
        if len(word) > 1 and word != word.upper():
            signs[word] |= SMALL


def fnv(word):
    number = 0x811C9DC5
    for byte in word.encode():
        number = (number ^ byte) * 0x01000193 & 0xFFFFFFFF
    return number


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    inputs.need(sys.argv[1], ("faker", "names", "name-suggestion-index", "pytickersymbols", "common-voice"))
    signs = collections.defaultdict(int)
    for source in (census, countries, organisations, small):
        source(sys.argv[1], signs)
    table = collections.defaultdict(int)
    for word, sign in signs.items():
        table[fnv(word)] |= sign
    entries = sorted(table.items())
    with open(sys.argv[2], "wb") as out:
        out.write(b"copydesk words of names 1\nmade by train/lexicon.py; data and licences: src/tag/sequence/README.md\n\0")
        out.write(struct.pack("<I", len(entries)))
        for number, _ in entries:
            out.write(struct.pack("<I", number))
        out.write(bytes(sign for _, sign in entries))
    for bit in range(7):
        print(1 << bit, sum(1 for sign in signs.values() if sign >> bit & 1))
