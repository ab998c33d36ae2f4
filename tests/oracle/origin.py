"""The origin: numbered entries and revisions in many feeds, on many loopback addresses.

Feeds of one address are one site to the daemon and so belong to one shard; several addresses
spread them. An entry stays listed until the reader has seen its last version, so that whatever
was issued is owed: nothing can rightly be missed.
"""

import email.utils
import hashlib
import random
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import prose

LISTED_MIN = 15


class Entry:
    def __init__(self, number, feed):
        self.number = number
        self.feed = feed
        self.version = 0
        self.confirmed = -1
        self.published = time.time()


class Book:
    """What was issued, and what of it the reader has confirmed."""

    def __init__(self, feeds, seed):
        self.lock = threading.Lock()
        self.random = random.Random(f"book {seed}")
        self.feeds = [[] for _ in range(feeds)]
        self.entries = []
        self.revisions = 0

    def issue(self, feed=None):
        with self.lock:
            if feed is None:
                feed = self.random.randrange(len(self.feeds))
            entry = Entry(len(self.entries), feed)
            self.entries.append(entry)
            self.feeds[feed].append(entry)
            return entry

    def revise(self):
        """Rewrites an entry that is still listed."""
        with self.lock:
            listed = self.random.choice(self.feeds)[-LISTED_MIN:]
            if listed:
                entry = self.random.choice(listed)
                if entry.version < 19:
                    entry.version += 1
                    self.revisions += 1

    def confirm(self, number, version):
        with self.lock:
            if number < len(self.entries):
                entry = self.entries[number]
                entry.confirmed = max(entry.confirmed, version)

    def owed(self):
        with self.lock:
            return [entry.number for entry in self.entries if entry.confirmed < entry.version]

    def listed(self, feed):
        """Newest first: (number, version, published) of what the feed shows now."""
        with self.lock:
            entries = self.feeds[feed]
            keep = entries[-LISTED_MIN:]
            older = [entry for entry in entries[:-LISTED_MIN] if entry.confirmed < entry.version]
            self.feeds[feed] = older + keep
            return [(entry.number, entry.version, entry.published) for entry in reversed(older + keep)]


class Origin:
    def __init__(self, book, addresses, seed):
        self.book = book
        self.random = random.Random(f"origin {seed}")
        self.trouble = None  # None, "errors" or "slow"
        self.requests = 0
        self.not_modified = 0
        self.servers = self._listen(addresses)
        for server in self.servers:
            threading.Thread(target=server.serve_forever, daemon=True).start()

    def _listen(self, addresses):
        origin = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 30

            def do_GET(self):
                try:
                    origin.answer(self)
                except OSError:
                    self.close_connection = True  # the daemon was killed meanwhile

            def log_message(self, *arguments):
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

            def handle_error(self, request, client_address):
                pass  # connections break all the time here

        while True:
            port, servers = 0, []
            try:
                for host in range(addresses):
                    servers.append(Server((f"127.0.1.{host + 1}", port), Handler))
                    port = servers[0].server_address[1]
                return servers
            except OSError:
                for server in servers:
                    server.server_close()

    def url(self, feed):
        host, port = self.servers[feed % len(self.servers)].server_address
        return f"http://{host}:{port}/feed-{feed}"

    def answer(self, handler):
        self.requests += 1
        path = handler.path
        if not path.startswith("/feed-") or not path[6:].isdigit() or int(path[6:]) >= len(self.book.feeds):
            return send(handler, 404, b"no such page")
        feed = int(path[6:])
        trouble, dice = self.trouble, self.random.random()
        if trouble == "slow" and dice < 0.5:
            time.sleep(dice * 6)
        elif trouble == "errors" and dice < 0.4:
            return self.fail(handler, feed, dice)
        body = self.render(feed)
        etag = '"' + hashlib.sha256(body).hexdigest()[:16] + '"'
        if handler.headers.get("If-None-Match") == etag:
            self.not_modified += 1
            return send(handler, 304, b"", {"ETag": etag})
        return send(handler, 200, body, {"ETag": etag, "Content-Type": "application/rss+xml; charset=utf-8"})

    def fail(self, handler, feed, dice):
        if dice < 0.1:
            send(handler, 500, b"out of order")
        elif dice < 0.2:
            send(handler, 503, b"try again", {"Retry-After": "1"})
        elif dice < 0.3:
            # More was promised than comes.
            body = self.render(feed)
            handler.send_response(200)
            handler.send_header("Content-Length", str(len(body)))
            handler.send_header("Content-Type", "application/rss+xml; charset=utf-8")
            handler.send_header("ETag", '"never-valid"')
            handler.end_headers()
            handler.wfile.write(body[: len(body) // 2])
            handler.close_connection = True
        else:
            handler.connection.shutdown(socket.SHUT_RDWR)
            handler.close_connection = True

    def render(self, feed):
        base = self.url(feed)
        parts = [
            '<?xml version="1.0" encoding="utf-8"?>\n<rss version="2.0" '
            'xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>'
            f"<title>Courier {feed}</title><link>{base}</link><language>en</language>\n"
        ]
        for number, version, published in self.book.listed(feed):
            html = "".join(f"<p>{text}</p>" for text in prose.paragraphs(number, version))
            parts.append(
                f"<item><title>What the council learned in case {number}</title><link>{base}/entry-{number}</link>"
                f'<guid isPermaLink="false">entry-{number}</guid>'
                f"<pubDate>{email.utils.formatdate(published, usegmt=True)}</pubDate>"
                f"<content:encoded><![CDATA[{html}]]></content:encoded></item>\n"
            )
        parts.append("</channel></rss>\n")
        return "".join(parts).encode()


def send(handler, status, body, headers=None):
    handler.send_response(status)
    for name, value in (headers or {}).items():
        handler.send_header(name, value)
    if status != 304:
        handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)
