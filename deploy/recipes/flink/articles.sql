-- Articles as a table of Flink SQL 2.x, from the topic: needs flink-connector-kafka and flink-json. Tombstones are
-- skipped. Left out: blocks, rights.

CREATE TABLE article_revisions (
  id STRING NOT NULL,
  revision BIGINT NOT NULL,
  schema_version BIGINT,
  url STRING,
  canonical_url STRING,
  feed ROW<name STRING, title STRING, url STRING>,
  source ROW<name STRING, domain STRING>,
  title STRING,
  authors ARRAY<STRING>,
  published_at TIMESTAMP_LTZ(3),
  published_at_source STRING,
  updated_at TIMESTAMP_LTZ(3),
  first_seen_at TIMESTAMP_LTZ(3),
  fetched_at TIMESTAMP_LTZ(3),
  `language` ROW<code STRING, confidence DOUBLE>,
  summary STRING,
  `text` STRING,
  word_count BIGINT,
  images ARRAY<ROW<url STRING, caption STRING, credit STRING>>,
  content ROW<origin STRING, verdict STRING, `fallback` BOOLEAN>,
  tags ARRAY<ROW<id STRING, label STRING, kind STRING, score DOUBLE, salience DOUBLE, evidence ARRAY<STRING>, ids MAP<STRING, STRING>>>,
  story ROW<id STRING, `first` BOOLEAN, similarity DOUBLE, merged ARRAY<STRING>>,
  removed ARRAY<ROW<kind STRING, rule STRING, score DOUBLE, `text` STRING>>,
  notes ARRAY<ROW<kind STRING, `text` STRING>>,
  -- Event time for windows: when the revision was fetched, which is also the timestamp of its record.
  WATERMARK FOR fetched_at AS fetched_at - INTERVAL '30' SECOND
) WITH (
  'connector' = 'kafka',
  'topic' = 'news.articles',
  'properties.bootstrap.servers' = 'localhost:9092',
  'properties.group.id' = 'flink',
  'properties.isolation.level' = 'read_committed',
  'scan.startup.mode' = 'earliest-offset',
  'format' = 'json',
  'json.timestamp-format.standard' = 'ISO-8601'
);

-- The latest revision of each article.
CREATE VIEW articles AS
SELECT * FROM (
  SELECT *, ROW_NUMBER() OVER (PARTITION BY id ORDER BY revision DESC) AS place FROM article_revisions
) WHERE place = 1;

-- A row for each tag of a revision.
CREATE VIEW article_tags AS
SELECT article.id, article.revision, tag.id AS tag, tag.label, tag.kind, tag.score
FROM article_revisions AS article CROSS JOIN UNNEST(article.tags)
  AS tag (id, label, kind, score, salience, evidence, ids);
