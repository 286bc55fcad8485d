"""The app under test: does what its path says. Files beside it change how it behaves."""
import json, os, signal, subprocess, sys, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlparse


def present(name):
    return os.path.exists(name)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        name, _, argument = urlparse(self.path).path.lstrip("/").partition("/")
        getattr(self, "on_" + name, self.on_nothing)(argument)

    def answer(self, value, status=200):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def on_nothing(self, _):
        self.answer("nothing here", 404)

    def on_ready(self, _):
        self.answer("ready", 503 if present("unready") else 200)

    def on_health(self, _):
        self.answer("healthy", 503 if present("sick") else 200)

    def on_env(self, _):
        self.answer(dict(os.environ))

    def on_argv(self, _):
        with open("/proc/self/cmdline", "rb") as file:
            self.answer(file.read().hex())

    def on_status(self, _):
        with open("/proc/self/status") as file:
            self.answer(file.read())

    def on_where(self, _):
        self.answer({"cwd": os.getcwd(), "pid": os.getpid(), "sid": os.getsid(0), "pgid": os.getpgid(0)})

    def on_slow(self, seconds):
        time.sleep(float(seconds))
        self.answer("slow")

    def on_exit(self, code):
        os._exit(int(code))

    def on_print(self, text):
        print(text, flush=True)
        print(text, file=sys.stderr, flush=True)
        self.answer("printed")

    def on_flood(self, count):
        for i in range(int(count)):
            sys.stdout.write("x" * 1000 + "\n")
        sys.stdout.flush()
        self.answer("flooded")

    def on_children(self, _):
        near = subprocess.Popen(["sleep", "300"])
        far = subprocess.Popen(["sleep", "300"], start_new_session=True)
        self.answer([near.pid, far.pid])

    def log_message(self, *_):
        pass


if present("crash"):
    print("about to crash", flush=True)
    sys.exit(7)
if present("deaf"):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
if present("silent"):
    time.sleep(600)
ThreadingHTTPServer.daemon_threads = True
ThreadingHTTPServer.request_queue_size = 128
ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
