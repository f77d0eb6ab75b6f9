# SPDX-License-Identifier: Apache-2.0
"""A client of inference servers: one request after the other to each, over new connections, until it is told to stop.

`client_loop.py FOLDER NAME=HOST:PORT ...` writes a JSON line a request into `FOLDER/NAME`, and ends when there is a
file `FOLDER/stop`. A request counts as answered when the answer is twice what was asked. The first to be counted is the
first that is answered, or comes `FIRST_SECONDS` after the start: a node learns of a new Service a moment after the API.
"""

import http.client
import json
import sys
import threading
import time
from pathlib import Path

INTERVAL_SECONDS = 0.25
# Longer than TCP's first two repeats, so that a lossy link is slow and no failure.
TIMEOUT_SECONDS = 4.0
FIRST_SECONDS = 30.0
ASKED = [1.5, -2.0]
QUESTION = json.dumps({"inputs": [{"name": "INPUT", "shape": [2], "datatype": "FP32", "data": ASKED}]})


def infer(host: str, port: int) -> str:
    """Ask once; empty when the answer was right, else what was wrong."""
    connection = http.client.HTTPConnection(host, port, timeout=TIMEOUT_SECONDS)
    try:
        connection.request("POST", "/v2/models/double/infer", QUESTION)
        answer = connection.getresponse()
        said = answer.read()
        if answer.status != http.client.OK:
            return f"{answer.status}: {said[:200]!r}"
        doubled = json.loads(said)["outputs"][0]["data"]
    except (OSError, http.client.HTTPException, ValueError, LookupError) as error:
        return repr(error)
    finally:
        connection.close()
    return "" if doubled == [2 * value for value in ASKED] else f"wrong: {doubled}"


def ask_on(target: str, folder: Path) -> None:
    """Ask one server until told to stop."""
    name, _, address = target.partition("=")
    host, _, port = address.rpartition(":")
    stop, latest = folder / "stop", time.monotonic() + FIRST_SECONDS
    while infer(host, int(port)) and time.monotonic() < latest and not stop.exists():
        time.sleep(INTERVAL_SECONDS)
    with (folder / name).open("a", buffering=1) as log:
        while not stop.exists():
            began, clock = time.time(), time.monotonic()
            error = infer(host, int(port))
            took = time.monotonic() - clock
            log.write(json.dumps({"at": began, "seconds": took, "error": error}) + "\n")
            time.sleep(max(0.0, INTERVAL_SECONDS - took))


if __name__ == "__main__":
    for asked in sys.argv[2:]:
        threading.Thread(target=ask_on, args=(asked, Path(sys.argv[1]))).start()
