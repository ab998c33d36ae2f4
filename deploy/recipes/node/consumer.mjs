// Keeps the latest revision of each article as a file of its own, in a group that shares the partitions.
//
//     npm ci && node consumer.mjs FOLDER
//
// BOOTSTRAP_SERVERS, TOPIC, GROUP: see below. UNTIL: end when exactly so many articles are there.
// The folder stands for your store: what it needs is an upsert that takes higher revisions only, and a delete. Since
// both may be done twice, the place in the topic is committed after them, and killing this at any time loses nothing.

import { mkdir, readFile, readdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { decompress } from "fzstd";
import kafkajs from "kafkajs";

const { Kafka, CompressionCodecs, CompressionTypes, logLevel } = kafkajs;
const { BOOTSTRAP_SERVERS = "localhost:9092", TOPIC = "news.articles", GROUP = "articles-to-files", UNTIL } = process.env;
const folder = process.argv[2];

// KafkaJS reads gzip only; copydesk's default is zstd. A consumer never compresses.
CompressionCodecs[CompressionTypes.ZSTD] = () => ({ decompress: async (bytes) => Buffer.from(decompress(bytes)) });

function fail(code, message) {
  console.error(message);
  process.exit(code);
}

async function take(key, value) {
  if (!/^[0-9a-f]{32}$/.test(key)) throw new Error(`${key} is no article's id: is ${TOPIC} the topic of articles?`);
  const file = join(folder, `${key}.json`);
  if (value === null) return rm(file, { force: true }); // a tombstone: the article is gone
  const kept = await readFile(file, "utf8").then(JSON.parse, () => ({ revision: 0 }));
  if (JSON.parse(value).revision <= kept.revision) return;
  await writeFile(`${file}.new`, value);
  await rename(`${file}.new`, file);
}

async function complete() {
  return UNTIL !== undefined && (await readdir(folder)).filter((name) => name.endsWith(".json")).length === Number(UNTIL);
}

if (!folder) fail(64, "usage: node consumer.mjs FOLDER");
await mkdir(folder, { recursive: true });
const kafka = new Kafka({ clientId: GROUP, brokers: BOOTSTRAP_SERVERS.split(","), logLevel: logLevel.NOTHING });
const admin = kafka.admin();
try {
  await admin.connect();
  if (!(await admin.listTopics()).includes(TOPIC)) {
    fail(69, `${TOPIC} is not there yet: copydesk topics --create, or start copydesk run first`);
  }
} catch (error) {
  fail(69, `no answer from Kafka at ${BOOTSTRAP_SERVERS}: ${error.message}`);
}
await admin.disconnect();

const consumer = kafka.consumer({ groupId: GROUP, readUncommitted: false, allowAutoTopicCreation: false });
let end, crash;
const ended = new Promise((resolve, reject) => ([end, crash] = [resolve, reject]));
process.once("SIGINT", end).once("SIGTERM", end);
// What KafkaJS tries again by itself is none of ours.
consumer.on(consumer.events.CRASH, ({ payload }) => payload.restart || crash(payload.error));
await consumer.connect();
await consumer.subscribe({ topics: [TOPIC], fromBeginning: true });
await consumer.run({
  autoCommit: false,
  eachBatch: async ({ batch, heartbeat }) => {
    for (const { key, value } of batch.messages) {
      await take(key.toString(), value);
      await heartbeat();
    }
    const offset = String(BigInt(batch.lastOffset()) + 1n);
    await consumer.commitOffsets([{ topic: batch.topic, partition: batch.partition, offset }]);
    if (await complete()) end();
  },
});
await ended.catch((error) => fail(1, error.message));
await consumer.disconnect();
