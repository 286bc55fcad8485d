"""A replica for tests. It notes each start in the file "starts", counts what it has in flight, and holds calls until a file is there."""
import json, os, threading, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

lock = threading.Lock()
in_flight = 0


def count(change):
    global in_flight
    with lock:
        in_flight += change
        return in_flight


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        name, _, argument = self.path.lstrip("/").partition("/")
        now = count(1)
        getattr(self, "on_" + name)(argument)
        body = json.dumps({"pid": os.getpid(), "version": os.environ.get("VERSION", ""), "in_flight": now}).encode()
        # Before the answer: once that is out, the next call may come in.
        count(-1)
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def on_who(self, _):
        pass

    def on_work(self, seconds):
        time.sleep(float(seconds))

    def on_hold(self, name):
        open(name + ".held", "w").close()
        while not os.path.exists(name + ".free"):
            time.sleep(0.01)

    def log_message(self, *_):
        pass


with open("starts", "a") as starts:
    starts.write(f"{os.getpid()}\n")
time.sleep(float(os.environ.get("START_SECONDS", "0")))
if os.environ.get("NEVER"):
    time.sleep(600)
ThreadingHTTPServer.daemon_threads = True
ThreadingHTTPServer.request_queue_size = 128
ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
