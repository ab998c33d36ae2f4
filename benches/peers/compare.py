"""The daemon beside the usual pipelines: CPU per piece of work, memory, threads, in one run.

CPU is user and system time of the process, all threads, from /proc; memory is the peak of its
resident set. All run one after the other on the same core, the origin and Kafka on another.
"""

import argparse
import os
import pathlib
import platform
import signal
import subprocess
import tempfile
import time
import urllib.request

HERE = pathlib.Path(__file__).parent
TICK = os.sysconf("SC_CLK_TCK")


def cpu(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def status(pid, name):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1])
    return 0


class Origin:
    def __init__(self, program, arguments=()):
        self.process = subprocess.Popen([program, *arguments], stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())

    def feeds(self, kind, count):
        """Each feed on a site of its own."""
        return [f"http://127.{1 + n // 62500}.{n // 250 % 250}.{1 + n % 250}:{self.port}/{kind}/{n}" for n in range(count)]

    def polls(self):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/polls") as answer:
            return int(answer.read())


class Desk:
    name = "copydesk"

    def __init__(self, options, delivery="exactly_once"):
        self.options, self.delivery = options, delivery
        if delivery != "exactly_once":
            self.name += f" ({delivery})"

    def start(self, folder, feeds, interval, run):
        lines = [
            f"kafka: {{brokers: [{self.options.brokers}]}}",
            f"delivery: {self.delivery}",
            f"topics: {{articles: {run}, dead_letters: {run}.dlq, ledger: {run}.ledger, replication: 1}}",
            "http: {contact: bench@example.org, allow_private_networks: true}",
            "admin: {listen: 127.0.0.1:0}",
            "feeds:",
        ]
        lines += [f"  - {{name: f{n}, url: '{url}', interval: {interval}s}}" for n, url in enumerate(feeds)]
        (folder / "copydesk.yaml").write_text("\n".join(lines) + "\n")
        return [self.options.program, "run", "--config", str(folder / "copydesk.yaml"), "--log", "warn"]


class Peer:
    def __init__(self, name, command, options):
        self.name, self.command, self.options = name, command, options

    def start(self, folder, feeds, interval, run):
        create_topic(self.options, run)
        (folder / "feeds").write_text("\n".join(feeds))
        go = self.command[0].endswith("pipeline")
        every = f"{interval}s" if go else str(interval)
        dash = "-" if go else "--"
        return [*self.command, f"{dash}feeds", str(folder / "feeds"), f"{dash}interval", every,
                f"{dash}brokers", self.options.brokers, f"{dash}topic", run]


def measure(candidate, options, origin, kind, count, interval, warm, seconds):
    """CPU and polls between two moments, and what the process takes."""
    run = f"bench-{kind}-{os.getpid()}-{int(time.time() * 1000)}"
    with tempfile.TemporaryDirectory() as folder:
        command = candidate.start(pathlib.Path(folder), origin.feeds(kind, count), interval, run)
        with open(pathlib.Path(folder) / "log", "w+", encoding="utf-8") as log:
            process = subprocess.Popen(["taskset", "-c", "0", *command], stdout=log, stderr=log)
            try:
                before_all = origin.polls()
                deadline = time.monotonic() + max(120, count / 100)
                while origin.polls() < before_all + count and time.monotonic() < deadline:
                    time.sleep(0.2)
                if process.poll() is not None:
                    log.seek(0)
                    raise SystemExit(f"{candidate.name} ended: {log.read()[-2000:]}")
                first = cpu(process.pid)
                time.sleep(warm)
                polls, spent, at = origin.polls(), cpu(process.pid), time.monotonic()
                time.sleep(seconds)
                polls, spent, took = origin.polls() - polls, cpu(process.pid) - spent, time.monotonic() - at
                return {
                    "first": first,
                    "polls": polls,
                    "us": spent / polls * 1e6 if polls else float("nan"),
                    "core": spent / took * 100,
                    "peak": status(process.pid, "VmHWM") / 1024,
                    "rss": status(process.pid, "VmRSS") / 1024,
                    "threads": status(process.pid, "Threads"),
                }
            finally:
                process.send_signal(signal.SIGTERM)
                try:
                    process.wait(20)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()


def articles(candidate, options, count):
    """CPU per article from nothing to all published, start-up taken off; peak memory."""
    feeds = 10
    origin = Origin(options.origin, ["-entries", str(count // feeds)])
    try:
        idle = measure(candidate, options, origin, "still", 1, 3600, 3, 1)["first"] if options.startup else 0
        run = f"bench-articles-{os.getpid()}-{int(time.time() * 1000)}"
        with tempfile.TemporaryDirectory() as folder:
            command = candidate.start(pathlib.Path(folder), origin.feeds("still", feeds), 3600 if candidate.name.startswith("copydesk") else 30, run)
            process = subprocess.Popen(["taskset", "-c", "0", *command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                deadline, done, spent = time.monotonic() + 180, 0, 0.0
                while done < count and time.monotonic() < deadline:
                    time.sleep(1)
                    spent = cpu(process.pid)
                    done = published(options, run)
                return {"articles": done, "ms": (spent - idle) / max(done, 1) * 1e3, "peak": status(process.pid, "VmHWM") / 1024}
            finally:
                process.kill()
                process.wait()
    finally:
        origin.process.kill()


def create_topic(options, topic):
    """The daemon creates its own; the usual pipelines count on somebody who does."""
    from confluent_kafka.admin import AdminClient, NewTopic

    admin = AdminClient({"bootstrap.servers": options.brokers})
    for created in admin.create_topics([NewTopic(topic, 8, 1)]).values():
        created.result(30)


def published(options, topic):
    """Records of the topic, markers of transactions left out, seen from its watermarks."""
    import confluent_kafka

    consumer = confluent_kafka.Consumer({"bootstrap.servers": options.brokers, "group.id": "bench", "isolation.level": "read_committed", "enable.partition.eof": True, "auto.offset.reset": "earliest"})
    try:
        found = consumer.list_topics(topic, 5).topics.get(topic)
        if found is None or found.error is not None:
            return 0
        consumer.assign([confluent_kafka.TopicPartition(topic, p, 0) for p in found.partitions])
        ended, count = 0, 0
        while ended < len(found.partitions):
            message = consumer.poll(5)
            if message is None:
                break
            if message.error():
                ended += 1
            else:
                count += 1
        return count
    finally:
        consumer.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", required=True)
    parser.add_argument("--origin", required=True)
    parser.add_argument("--pipeline", required=True, help="the Go pipeline")
    parser.add_argument("--python", required=True)
    parser.add_argument("--brokers", required=True)
    parser.add_argument("--seconds", type=int, default=15)
    parser.add_argument("--only", action="append", help="name of a candidate; repeatable")
    parser.add_argument("--startup", action="store_true", default=True)
    options = parser.parse_args()
    candidates = [
        Desk(options),
        Desk(options, "at_least_once"),
        Peer("Go, trafilatura", [options.pipeline], options),
        Peer("Go, readability", [options.pipeline, "-extractor", "readability"], options),
        Peer("Python, trafilatura", [options.python, str(HERE / "pipeline.py")], options),
    ]
    if options.only:
        candidates = [c for c in candidates if c.name in options.only]
    print(f"{platform.platform()}, {os.cpu_count()} cores\n")
    print("| | 304 poll, us | changed feed, us | article, ms | 200 articles, peak MiB | 100 feeds idle, % of a core | idle, MiB | threads |")
    print("|---|---|---|---|---|---|---|---|", flush=True)
    os.sched_setaffinity(0, {os.cpu_count() - 1})
    for candidate in candidates:
        # Few articles of small pages, so that they are soon done where only polls count.
        small = ["-page", "3000"]
        few, many = Origin(options.origin, ["-entries", "1", *small]), Origin(options.origin, small)
        try:
            still = measure(candidate, options, few, "still", 100, 1, 5, options.seconds)
            changing = measure(candidate, options, many, "changing", 100, 1, 20, options.seconds)
            idle = measure(candidate, options, few, "still", 100, 3600, 10, options.seconds)
        finally:
            few.process.kill()
            many.process.kill()
        job = articles(candidate, options, 200)
        print(
            f"| {candidate.name} | {still['us']:.0f} | {changing['us']:.0f} | {job['ms']:.1f} | {job['peak']:.0f} "
            f"| {idle['core']:.2f} | {idle['rss']:.0f} | {idle['threads']} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
