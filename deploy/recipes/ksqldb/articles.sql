-- Articles as a stream of ksqlDB, from the topic. The server needs `ksql.streams.consumer.isolation.level=read_committed`
-- in its properties: without it, records that were never committed are read too. Times are texts in RFC 3339, ROWTIME
-- is when the revision was fetched. Left out: blocks, rights.

SET 'auto.offset.reset' = 'earliest';

CREATE STREAM article_revisions (
  id STRING KEY,
  revision BIGINT,
  schema_version BIGINT,
  url STRING,
  canonical_url STRING,
  feed STRUCT<name STRING, title STRING, url STRING>,
  source STRUCT<name STRING, domain STRING>,
  title STRING,
  authors ARRAY<STRING>,
  published_at STRING,
  published_at_source STRING,
  updated_at STRING,
  first_seen_at STRING,
  fetched_at STRING,
  `language` STRUCT<code STRING, confidence DOUBLE>,
  summary STRING,
  `text` STRING,
  word_count BIGINT,
  images ARRAY<STRUCT<url STRING, caption STRING, credit STRING>>,
  content STRUCT<origin STRING, verdict STRING, `fallback` BOOLEAN>,
  tags ARRAY<STRUCT<id STRING, label STRING, kind STRING, score DOUBLE, salience DOUBLE, evidence ARRAY<STRING>, ids MAP<STRING, STRING>>>,
  story STRUCT<id STRING, `first` BOOLEAN, similarity DOUBLE, merged ARRAY<STRING>>,
  removed ARRAY<STRUCT<kind STRING, rule STRING, score DOUBLE, `text` STRING>>,
  notes ARRAY<STRUCT<kind STRING, `text` STRING>>
) WITH (
  KAFKA_TOPIC = 'news.articles',
  KEY_FORMAT = 'KAFKA',
  VALUE_FORMAT = 'JSON'
);

-- The latest revision of each article: the revisions of one are in one partition, in order.
CREATE TABLE articles AS
SELECT id,
       LATEST_BY_OFFSET(revision) AS revision,
       LATEST_BY_OFFSET(canonical_url) AS canonical_url,
       LATEST_BY_OFFSET(title) AS title,
       LATEST_BY_OFFSET(published_at) AS published_at,
       LATEST_BY_OFFSET(`language`->code) AS language_code,
       LATEST_BY_OFFSET(`text`) AS `text`
FROM article_revisions
GROUP BY id
EMIT CHANGES;
