"""The suite's application for Gunicorn."""

import hashlib
import http.client
import itertools
import json
import os
import threading
import time
from urllib.parse import urlsplit

ORDERS = json.dumps(
    [{"id": i, "customer": f"customer-{i % 97}", "cents": i * 7919 % 10_000} for i in range(3000)]
)
HELLO = b"Hello, World!"
DOWNLOAD = b"x" * (10 * 2**20)
requests = itertools.count(1)
local = threading.local()


def hashed(milliseconds):
    return hashlib.pbkdf2_hmac("sha256", b"password", b"salt", 4500 * milliseconds).hex().encode()


def transform():
    sums = {}
    for order in json.loads(ORDERS):
        sums[order["customer"]] = sums.get(order["customer"], 0) + order["cents"]
    return json.dumps(sorted(sums.items(), key=lambda entry: -entry[1])).encode()


def mixed():
    return hashed(50) if next(requests) % 20 == 0 else HELLO


def timer():
    time.sleep(0.02)
    return HELLO


def upstream():
    if not hasattr(local, "connection"):
        local.connection = http.client.HTTPConnection(urlsplit(os.environ["UPSTREAM"]).netloc)
    local.connection.request("GET", "/")
    return local.connection.getresponse().read()


TEXTS = {
    "/": lambda: HELLO,
    "/hash": lambda: hashed(10),
    "/transform": transform,
    "/mixed": mixed,
    "/timer": timer,
    "/upstream": upstream,
    "/download": lambda: DOWNLOAD,
}


def app(environ, start_response):
    path = environ["PATH_INFO"]
    if path == "/echo":
        body = json.dumps(json.load(environ["wsgi.input"])).encode()
    elif path == "/upload":
        size = 0
        while piece := environ["wsgi.input"].read(65536):
            size += len(piece)
        body = str(size).encode()
    else:
        body = TEXTS[path]()
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]
