"""Fills the tables of the recipes for DuckDB and ClickHouse from articles.ndjson, and prints what is in them.

    tables.py duckdb|clickhouse RECIPES     in the folder of articles.ndjson
"""

import json
import pathlib
import sys


def duckdb(recipes):
    import duckdb

    database = duckdb.connect()
    database.execute((recipes / "duckdb/articles.sql").read_text())

    def rows(query):
        return database.execute(query).fetchall()

    return {
        "revisions": rows("SELECT count(*) FROM revisions")[0][0],
        "articles": [list(row) for row in rows(
            "SELECT id, revision, title, language.code, epoch_ms(published_at), len(text), len(tags) FROM articles ORDER BY id"
        )],
        "tags": rows("SELECT count(*) FROM article_tags WHERE tag = 'desk/test'")[0][0],
    }


def clickhouse(recipes):
    from chdb import session

    database = session.Session()
    database.query("CREATE DATABASE news ENGINE = Atomic")
    database.query("USE news")
    database.query((recipes / "clickhouse/articles.sql").read_text())
    lines = pathlib.Path("articles.ndjson").resolve()
    database.query(f"INSERT INTO articles FROM INFILE '{lines}' FORMAT JSONEachRow")

    def rows(query):
        return [json.loads(line) for line in str(database.query(query, "JSONCompactEachRow")).splitlines()]

    return {
        "revisions": len(lines.read_text().splitlines()),
        "articles": rows(
            "SELECT id, revision, title, language.code, toInt64(toUnixTimestamp64Milli(published_at)), lengthUTF8(text),"
            " length(tags) FROM articles FINAL ORDER BY id"
            " SETTINGS output_format_json_quote_64bit_integers = 0"
        ),
        "tags": rows(
            "SELECT count() FROM articles FINAL ARRAY JOIN tags WHERE tags.id = 'desk/test'"
            " SETTINGS output_format_json_quote_64bit_integers = 0"
        )[0][0],
    }


if __name__ == "__main__":
    fill = {"duckdb": duckdb, "clickhouse": clickhouse}[sys.argv[1]]
    print(json.dumps(fill(pathlib.Path(sys.argv[2]))))
