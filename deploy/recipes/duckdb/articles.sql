-- Articles as a table of DuckDB 1.x and later, from lines of `copydesk tail --json`:
--
--   copydesk tail --from-beginning --count 1000 --json > articles.ndjson
--   duckdb news.duckdb < articles.sql
--
-- The columns are named here, since DuckDB would take an empty list for a list of JSON and a column
-- without values for JSON. Fields that are not named are left out.

CREATE OR REPLACE TABLE revisions AS
SELECT * FROM read_json('articles.ndjson', format = 'newline_delimited', columns = {
  id: 'VARCHAR', revision: 'UINTEGER', url: 'VARCHAR', canonical_url: 'VARCHAR',
  feed: 'STRUCT(name VARCHAR, title VARCHAR, url VARCHAR)',
  source: 'STRUCT(name VARCHAR, domain VARCHAR)',
  title: 'VARCHAR', authors: 'VARCHAR[]', summary: 'VARCHAR', text: 'VARCHAR', word_count: 'UBIGINT',
  published_at: 'TIMESTAMPTZ', updated_at: 'TIMESTAMPTZ', first_seen_at: 'TIMESTAMPTZ', fetched_at: 'TIMESTAMPTZ',
  language: 'STRUCT(code VARCHAR, confidence FLOAT)',
  content: 'STRUCT(origin VARCHAR, verdict VARCHAR, "fallback" BOOLEAN)',
  tags: 'STRUCT(id VARCHAR, label VARCHAR, kind VARCHAR, score FLOAT, evidence VARCHAR[], ids MAP(VARCHAR, VARCHAR), salience FLOAT)[]',
  images: 'STRUCT(url VARCHAR, caption VARCHAR, credit VARCHAR)[]',
  story: 'STRUCT(id VARCHAR, "first" BOOLEAN, similarity FLOAT)',
  removed: 'STRUCT(kind VARCHAR, rule VARCHAR, score FLOAT, "text" VARCHAR)[]',
  rights: 'STRUCT(access VARCHAR, license VARCHAR, "usage" MAP(VARCHAR, VARCHAR))'
});

-- The latest revision of each article.
CREATE OR REPLACE VIEW articles AS
SELECT * FROM revisions QUALIFY row_number() OVER (PARTITION BY id ORDER BY revision DESC) = 1;

-- One row for each tag of an article.
CREATE OR REPLACE VIEW article_tags AS
SELECT articles.id, tag.id AS tag, tag.label, tag.kind, tag.score, tag.salience
FROM articles, unnest(articles.tags) AS listed(tag);
