# SPDX-License-Identifier: MIT OR Apache-2.0
"""A gopeer process (gopeer/main.go) as an object: one method call is one command and its answer."""
import json
import os
import queue
import subprocess
import threading
import time


class Failed(Exception):
    """The peer answered with an error."""


class GoPeer:
    def __init__(self, program, car, network, log, **flags):
        command = [program, "-car", car, "-network", network]
        command += ["-%s=%s" % (name, str(value).lower()) for name, value in flags.items()]
        with open(log, "ab") as errors:
            self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors,
                                            text=True, env={**os.environ, "GOLOG_LOG_LEVEL": "error"})
        first = self.process.stdout.readline()
        if not first:
            raise AssertionError("gopeer did not start, see " + log)
        first = json.loads(first)
        self.peer, self.addresses, self.tipsets = first["peer"], first["addresses"], first["tipsets"]
        self.answers, self.last, self.lock = {}, 0, threading.Lock()
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            answer = json.loads(line)
            self.answers.pop(answer["id"]).put(answer)
        for waiting in list(self.answers.values()):
            waiting.put({"error": "gopeer ended"})

    def begin(self, do, **arguments):
        """Sends a command; finish() waits for its answer."""
        waiting = queue.Queue()
        with self.lock:
            self.last += 1
            self.answers[self.last] = waiting
            self.process.stdin.write(json.dumps({"id": self.last, "do": do, **arguments}) + "\n")
            self.process.stdin.flush()
        return waiting

    def finish(self, waiting):
        answer = waiting.get(timeout=1200)
        if "error" in answer:
            raise Failed(answer["error"])
        return answer["ok"]

    def do(self, do, **arguments):
        return self.finish(self.begin(do, **arguments))

    def wait_disconnected(self):
        """Until a connection was closed once: the DHT may have opened another. The limit only ends a test
        that has failed already."""
        until = time.monotonic() + 60
        while not self.do("state")["counts"].get("disconnected"):
            if time.monotonic() > until:
                raise AssertionError("no connection was closed")
            time.sleep(0.02)

    def address(self, transport):
        """Where it listens: "tcp" or "quic-v1"."""
        return next(address for address in self.addresses if "/%s/" % transport in address)

    def stop(self):
        self.process.stdin.close()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.reader.join()
        self.process.stdout.close()
