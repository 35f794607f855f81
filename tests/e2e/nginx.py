# SPDX-License-Identifier: MIT OR Apache-2.0
"""nginx with deploy/nginx/venus.conf in front of nodes of a test, as a child on a free port."""
import os
import pathlib
import shutil
import subprocess

from nodes import REPOSITORY, eventually, free_port, skip, status_of

TEMPLATE = REPOSITORY / "deploy" / "nginx" / "venus.conf"


def _replaced(text, old, new):
    assert old in text, "the template has no %r any more" % old
    return text.replace(old, new)


class Nginx:
    def __init__(self, folder, ports, read_timeout=None):
        """In front of two nodes on loopback; `read_timeout` as nginx writes it, instead of the template's."""
        self.program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/sbin")
        if not self.program:
            skip("nginx is missing: run 'make setup'")
        self.folder = pathlib.Path(folder)
        self.port = free_port()
        text = TEMPLATE.read_text()
        # By way of names, so that a port that is also another's default does no harm.
        for old, name in (("127.0.0.1:3450", "@listen@"), ("127.0.0.1:3453", "@first@"), ("127.0.0.1:3461", "@second@")):
            text = _replaced(text, old, name)
        for name, port in (("@listen@", self.port), ("@first@", ports[0]), ("@second@", ports[1])):
            text = text.replace(name, "127.0.0.1:%d" % port)
        if read_timeout:
            text = _replaced(text, "proxy_read_timeout 60s", "proxy_read_timeout " + read_timeout)
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "venus.conf").write_text(text)
        temp = "".join("  %s_temp_path %s/%s;\n" % (kind, self.folder, kind)
                       for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        (self.folder / "nginx.conf").write_text(
            "%sworker_processes 2;\ndaemon off;\npid %s/pid;\nerror_log %s/error.log;\n"
            "events { worker_connections 1024; }\nhttp {\n  access_log off;\n%s  include %s/venus.conf;\n}\n" % (
                "user root;\n" if os.geteuid() == 0 else "", self.folder, self.folder, temp, self.folder))
        self.process = None

    def start(self):
        self.process = subprocess.Popen([self.program, "-p", str(self.folder), "-c", str(self.folder / "nginx.conf")],
                                        stdin=subprocess.DEVNULL)
        eventually(self._serves, 20, "nginx serves")
        return self

    def _serves(self):
        if self.process.poll() is not None:
            raise AssertionError("nginx ended:\n" + (self.folder / "error.log").read_text()[-2000:])
        return status_of(self.url + "/nothing") == 404

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(20)

    @property
    def url(self):
        return "http://127.0.0.1:%d" % self.port
