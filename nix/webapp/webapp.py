"""A web application for tries: every request gets one page. In the foreground, or with -D as a daemon.

Environment: PORT (of the loopback and all other interfaces), and with -D PID_FILE.
"""
import http.server
import os
import signal
import sys

port = int(os.environ["PORT"])
page = f"""<!DOCTYPE html>
<title>Simple web application</title>
<p>Simple web application, listening on port: {port}</p>
"""


class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = page.encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words):
        pass


class Server(http.server.ThreadingHTTPServer):
    # Nobody is to wait for connections of a server before it.
    allow_reuse_address = True


def become_daemon(pid_file):
    if os.fork():
        os._exit(0)
    os.setsid()
    if os.fork():
        os._exit(0)
    os.chdir("/")
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in range(3):
        os.dup2(null, descriptor)
    with open(pid_file + ".new", "w") as file:
        file.write(f"{os.getpid()}\n")
    os.rename(pid_file + ".new", pid_file)


def main():
    pid_file = os.environ["PID_FILE"] if "-D" in sys.argv[1:] else None
    # Before it goes into the background: whoever started it learns what is wrong.
    server = Server(("", port), Page)
    if pid_file is not None:
        become_daemon(pid_file)

    def end(*_):
        if pid_file is not None:
            os.unlink(pid_file)
        os._exit(0)

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    server.serve_forever()


main()
