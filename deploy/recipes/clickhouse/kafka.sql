-- Fills the table from the topic. Needs a server with a broker beside it.

CREATE TABLE articles_topic AS articles
ENGINE = Kafka
SETTINGS kafka_broker_list = 'localhost:9092', kafka_topic_list = 'news.articles', kafka_group_name = 'clickhouse',
         kafka_format = 'JSONEachRow';

CREATE MATERIALIZED VIEW articles_from_topic TO articles AS
SELECT * FROM articles_topic;
