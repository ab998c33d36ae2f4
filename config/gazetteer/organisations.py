"""Makes organisations.tsv: names of organisations with the ids that others know them by.

    python3 config/gazetteer/organisations.py SOURCES OUT

SOURCES is the folder laid out by train/sources.sh: `name-suggestion-index` (labels, descriptions and
websites of Wikidata's items, CC0) and `pytickersymbols` (listed companies with ISIN, MIT). A name that
two organisations share is left out, and so is one whose item has another website than the listed company
of that name. Standard library only.
"""

import collections
import json
import re
import sys

# What the description of an item has to say of it, and what it must not.
ORGANISATION = re.compile(
    r"\b(compan(y|ies)|corporation|bank|airline|agency|retailer|chain|manufacturer|organi[sz]ation|operator|provider|"
    r"brand|ministry|department|authority|university|union|association|society|charity|foundation|institute|network|"
    r"conglomerate|group|service|utility|railway|insurer|broadcaster|commission|council|cooperative|regulator|firm|"
    r"enterprise|federation|body|government|police|army|navy|force|fund)\b",
    re.I,
)
PLACE = re.compile(
    r"\b(municipality|city|town|village|district|province|borough|county|commune|region|island|street|road|river|"
    r"area|capital|human settlement|disambiguation|family name|given name|genre|person|politician|device|product|"
    r"school|hospital|station|line|building|museum|church|trail|park|route)\b",
    re.I,
)
# Words at the end of a name that say what kind of company it is; `registry.rs` has the same ones.
LEGAL = set(
    "ab ag as asa bv co company corp corporation gmbh holding holdings inc incorporated kgaa limited llc llp ltd nv oyj "
    "plc pty sa sab sarl se spa".split()
)
WORD = re.compile(r"[^\W_](?:[^\W_]|')*[^\W_]|[^\W_]")


def key(name):
    words = WORD.findall(name.lower().replace(".", ""))
    while len(words) > 1 and words[-1] in LEGAL:
        words.pop()
    return " ".join(words)


def host(address):
    return re.sub(r"^(www|en|corporate|global)\.", "", re.sub(r"^https?://", "", address or "").split("/")[0].lower())


def main(sources, out):
    sys.path.insert(0, f"{sources}/pytickersymbols")
    from pytickersymbols import PyTickerSymbols

    with open(f"{sources}/name-suggestion-index/dist/wikidata/wikidata.min.json", encoding="utf-8") as file:
        items = json.load(file)["wikidata"]
    with open(f"{sources}/name-suggestion-index/dist/wikidata/dissolved.min.json", encoding="utf-8") as file:
        dissolved = set(json.load(file)["dissolved"])
    named, sites, labels = collections.defaultdict(set), collections.defaultdict(set), {}
    for item, facts in items.items():
        label, description = facts.get("label") or "", facts.get("description") or ""
        if item in dissolved or not ORGANISATION.search(description) or PLACE.search(description) or len(label) < 2:
            continue
        labels[item] = label
        named[key(label)].add(item)
        for site in facts.get("officialWebsites") or ():
            sites[host(site)].add(item)
    rows = {}
    for name, found in named.items():
        if len(found) == 1 and name:
            (item,) = found
            rows[name] = [labels[item], item, "", ""]
    for stock in PyTickerSymbols().get_all_stocks():
        name = key(stock["name"])
        # A namesake abroad and a daughter on the same site are somebody else: name and website have to agree.
        website = (stock.get("metadata") or {}).get("website") or ""
        own = set().union(*(sites.get(host(part), set()) for part in re.split(r"[\s()]+", website) if "." in part))
        both = named.get(name, set()) & own
        item = min(both) if len(both) == 1 else ""
        if named.get(name) and not item:
            rows.pop(name, None)
            continue
        isins = stock.get("isins") or []
        row = [re.sub(r"\s+", " ", stock["name"]), item, stock.get("symbol") or "", isins[0] if len(isins) == 1 else ""]
        if name and (row[1] or row[2] or row[3]):
            rows[name] = row
    with open(out, "w", encoding="utf-8") as file:
        file.write("# Made by organisations.py: name in lower case, label, Wikidata item, ticker, ISIN.\n")
        for name in sorted(rows, key=str.encode):
            file.write("\t".join([name, *rows[name]]) + "\n")
    print(len(rows), sum(1 for row in rows.values() if row[1]), sum(1 for row in rows.values() if row[3]))


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2])
