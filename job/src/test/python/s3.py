"""An S3 API for tests of the job: moto, which answers one request at a time and logs each.

It prints its port. Each line of the log, whose path is the argument, has the method (COPY for a copy
by the server), path and query, and status. PUT /-/refuse/N refuses all requests after the next N, as
if the client had been killed there; PUT /-/accept ends that.
"""

import sys
import threading

from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server

REFUSED = b"<Error><Code>AccessDenied</Code><Message>killed</Message></Error>"


class Handler(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, *_):
        pass


class Server:
    def __init__(self, log):
        self.moto = DomainDispatcherApplication(create_backend_app)
        self.log = log
        self.lock = threading.Lock()  # what S3 does atomically, moto does in steps
        self.left = None

    def __call__(self, environ, start):
        path = environ["PATH_INFO"]
        with self.lock:
            if path.startswith("/-/"):
                self.left = int(path.split("/")[3]) if "refuse" in path else None
                start("200 OK", [("Content-Length", "0")])
                return [b""]
            if self.left is not None:
                if self.left == 0:
                    environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
                    start("403 Forbidden", [("Content-Length", str(len(REFUSED)))])
                    return [b"" if environ["REQUEST_METHOD"] == "HEAD" else REFUSED]
                self.left -= 1
            return self.answer(environ, start, path)

    def answer(self, environ, start, path):
        status = []

        def begin(line, headers, error=None):
            status.append(line[:3])
            return start(line, headers, error)

        answer = list(self.moto(environ, begin))
        copy = "HTTP_X_AMZ_COPY_SOURCE" in environ
        method = "COPY" if copy else environ["REQUEST_METHOD"]
        query = environ.get("QUERY_STRING", "")
        self.log.write(f"{method} {path}{'?' + query if query else ''} {status[0]}\n")
        return answer


with open(sys.argv[1], "a", buffering=1) as log:
    server = make_server("127.0.0.1", 0, Server(log), threaded=True, request_handler=Handler)
    print(server.server_port, flush=True)
    server.serve_forever()
