"""The processes under test: daemons and the broker. Only what was started here is ever signalled."""

import json
import os
import signal
import struct
import subprocess
import time

TERM_LIMIT_S = 35


class Fleet:
    """One to several daemons with the same configuration."""

    def __init__(self, program, directory, config, instances, clock_steps):
        self.directory = directory
        self.config = os.path.join(directory, "copydesk.yaml")
        with open(self.config, "w", encoding="utf-8") as file:
            json.dump(config, file, indent=1)  # JSON is YAML
        self.program = program
        self.processes = [None] * instances
        self.quiet = [0] * instances  # size of the log before the start
        self.stopped = set()
        self.problems = []
        self.slowest_term_s = 0.0
        self.resident_mb = [None, None]  # smallest and largest of any daemon
        # clock.c as a library, between the daemon and the C library.
        self.clocks = os.path.join(os.path.dirname(directory), "clock.so") if clock_steps else None
        for index in range(instances):
            self.step_clock(index, 0)

    def log(self, index):
        return os.path.join(self.directory, f"daemon-{index}.log")

    def clock(self, index):
        return os.path.join(self.directory, f"clock-{index}")

    def step_clock(self, index, offset_s):
        """Puts the wall clock of a daemon off by so much, now and after its next start; monotonic time goes on."""
        file = os.open(self.clock(index), os.O_WRONLY | os.O_CREAT, 0o644)
        os.write(file, struct.pack("=q", offset_s))
        os.close(file)

    def environment(self, index):
        if self.clocks is None:
            return None
        return {**os.environ, "LD_PRELOAD": self.clocks, "STEPPED_CLOCK": self.clock(index)}

    def start(self, index):
        log = open(self.log(index), "ab")
        self.quiet[index] = log.tell()
        self.processes[index] = subprocess.Popen(
            [*self.program, "--config", self.config, "run"],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            env=self.environment(index),
        )
        log.close()

    def running(self):
        """Those that may be chosen for a fault; one that ended by itself is a finding and starts anew."""
        for index, process in enumerate(self.processes):
            if process is not None and process.poll() is not None:
                self.problems.append(f"daemon {index} ended by itself with {process.returncode}")
                self.start(index)
        return [i for i, process in enumerate(self.processes) if process is not None and i not in self.stopped]

    def weigh(self):
        """Notes the resident memory of each daemon."""
        for process in self.processes:
            if process is None or process.poll() is not None:
                continue
            with open(f"/proc/{process.pid}/statm", encoding="ascii") as file:
                mb = round(int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20)
            least, most = self.resident_mb
            self.resident_mb = [min(least or mb, mb), max(most or mb, mb)]

    def kill(self, index):
        process, self.processes[index] = self.processes[index], None
        if process.poll() is None:
            process.kill()
        process.wait()
        self.stopped.discard(index)

    def term(self, index):
        process, self.processes[index] = self.processes[index], None
        start = time.monotonic()
        process.send_signal(signal.SIGTERM)
        try:
            code = process.wait(TERM_LIMIT_S)
            self.slowest_term_s = max(self.slowest_term_s, time.monotonic() - start)
            # SIGTERM counts from the first line of the log on.
            silent = os.path.getsize(self.log(index)) == self.quiet[index]
            if code != 0 and not (silent and code == -signal.SIGTERM):
                self.problems.append(f"daemon {index} ended with {code} after SIGTERM")
        except subprocess.TimeoutExpired:
            self.problems.append(f"daemon {index} was still there {TERM_LIMIT_S} s after SIGTERM")
            process.kill()
            process.wait()

    def pause(self, index):
        self.processes[index].send_signal(signal.SIGSTOP)
        self.stopped.add(index)

    def resume(self, index):
        self.stopped.discard(index)
        if self.processes[index] is not None:
            self.processes[index].send_signal(signal.SIGCONT)

    def end(self):
        for index, process in enumerate(self.processes):
            if process is not None:
                self.kill(index)


class Broker:
    """Apache Kafka by tests/kafka/kafka.sh."""

    def __init__(self, script, cluster):
        self.script = script
        self.nodes = 3 if cluster else 1
        self.name = f"oracle-{os.getpid()}"
        start = self.call("cluster" if cluster else "start", "--with", str(os.getpid()))
        self.bootstrap = start.stdout.strip()

    def call(self, *arguments):
        done = subprocess.run(
            [self.script, *arguments, "--name", self.name],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        if done.returncode != 0:
            raise RuntimeError(f"kafka.sh {' '.join(arguments)}: {done.stderr}")
        return done

    def restart(self, node, away_s):
        """kill -9, a while without it, and back."""
        self.call("kill", "--node", str(node))
        time.sleep(away_s)
        self.call("restart", "--node", str(node))

    def stop(self):
        self.call("stop")
