-- Articles as a table of ClickHouse 24 and later. Lists of objects are Array(Tuple(..)): columns of the type
-- Nested(..) would stay empty without an error. Times need no setting. Fields that are not named are left out.

CREATE TABLE articles
(
    id String,
    revision UInt32,
    url Nullable(String),
    canonical_url Nullable(String),
    feed Tuple(name String, title Nullable(String), url String),
    source Tuple(name Nullable(String), domain Nullable(String)),
    title String,
    authors Array(String),
    summary Nullable(String),
    text String,
    word_count UInt64,
    published_at DateTime64(3, 'UTC'),
    updated_at Nullable(DateTime64(3, 'UTC')),
    first_seen_at DateTime64(3, 'UTC'),
    fetched_at DateTime64(3, 'UTC'),
    language Tuple(code LowCardinality(String), confidence Float32),
    content Tuple(origin LowCardinality(String), verdict LowCardinality(String), fallback Bool),
    tags Array(Tuple(id String, label String, kind String, score Float32, evidence Array(String), ids Map(String, String))),
    images Array(Tuple(url String, caption Nullable(String), credit Nullable(String))),
    story Tuple(id String, first Bool, similarity Float32),
    removed Array(Tuple(kind String, rule String, score Float32, text String))
)
-- Keeps the highest revision of each id; `SELECT .. FROM articles FINAL` shows no other.
ENGINE = ReplacingMergeTree(revision)
ORDER BY id;
