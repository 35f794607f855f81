# SPDX-License-Identifier: MIT OR Apache-2.0
"""Real daemons for tests: started in a temporary home on a free port, ended with the test."""
import http.client
import json
import os
import pathlib
import signal
import subprocess
import time
import urllib.parse


class Failed(Exception):
    """A JSON-RPC error or an HTTP status other than 200."""


class Daemon:
    def __init__(self, build, program, home, *flags, env=None):
        self.binary = str(pathlib.Path(build) / "apps" / program)
        self.home = pathlib.Path(home)
        self.flags = list(flags)
        self.env = env or {}
        self.log = self.home.parent / (self.home.name + ".log")
        self.process = None

    def start(self, pass_fds=(), stdin=subprocess.DEVNULL):
        command = [self.binary, "--home", str(self.home), "run", "--api-listen", "127.0.0.1:0"] + self.flags
        (self.home / "api").unlink(missing_ok=True)
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(command, stdin=stdin, stdout=log, stderr=log, pass_fds=pass_fds,
                                            env={**os.environ, **self.env})
        deadline = time.monotonic() + 60
        # The token is the last thing a daemon writes before it serves.
        while not ((self.home / "api").exists() and (self.home / "token").exists()):
            if self.process.poll() is not None:
                raise AssertionError("%s ended:\n%s" % (self.binary, self.log.read_text()[-2000:]))
            if time.monotonic() > deadline:
                raise AssertionError("%s does not listen" % self.binary)
            time.sleep(0.02)
        parts = (self.home / "api").read_text().split("/")
        self.host, self.port = parts[2], int(parts[4])
        return self

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(30)

    def kill(self):
        """As a power cut would: no time to tidy up."""
        self.process.kill()
        self.process.wait()

    @property
    def url(self):
        return "http://%s:%d" % (self.host, self.port)

    @property
    def token(self):
        return (self.home / "token").read_text().strip()

    def http(self, verb, path, body=None, token=None):
        """Status and parsed JSON (or text) of one request."""
        connection = http.client.HTTPConnection(self.host, self.port, timeout=30)
        headers = {"Content-Type": "application/json"}
        if token:
            headers["Authorization"] = "Bearer " + token
        try:
            connection.request(verb, path, None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            text = answer.read().decode()
        finally:
            connection.close()
        try:
            return answer.status, json.loads(text)
        except ValueError:
            return answer.status, text

    def call(self, method, *params, token=None):
        """One JSON-RPC call; Failed with the message when it is refused."""
        status, answer = self.http("POST", "/rpc/v0", {"jsonrpc": "2.0", "id": 1, "method": "Filecoin." + method,
                                                      "params": list(params)}, self.token if token is None else token)
        if status != 200 or not isinstance(answer, dict) or "error" in answer:
            raise Failed("%s %s" % (status, answer))
        return answer["result"]

    def cli(self, *words, stdin=None, check=True):
        done = subprocess.run([self.binary, "--home", str(self.home), *words], input=stdin or "", text=True,
                              capture_output=True, timeout=60)
        if check and done.returncode != 0:
            raise AssertionError("%s: %s" % (words, done.stderr))
        return done.stdout.strip() if check else done


def query(**values):
    return "?" + urllib.parse.urlencode(values)
