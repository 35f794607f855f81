#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Checks every project #include against the architecture.

A room is a folder below src/ whose CMakeLists.txt calls venus_room(<name> DEPENDS a b c ...). Its
sources may include headers of the room itself and of the rooms that DEPENDS reaches; its tests and
benchmarks also those that TEST_DEPENDS reaches, and the test_util/ folders of all these. Programs
(venus_program in apps/) may include what their DEPENDS reaches. Beyond what the lists say, some
directions are never right, whoever writes them into a list: see FORBIDDEN.

  rooms.py [REPOSITORY]    exit 1 and one line per violation
"""
import pathlib
import re
import sys

CALL = re.compile(r"\bvenus_(room|program)\s*\(([^)]*)\)")
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*"([^"]+)"', re.M)
KEYWORDS = {"DEPENDS", "LIBS", "PRIVATE_LIBS", "PCH", "TEST_DEPENDS", "TEST_LABEL"}
SOURCES = {".cpp", ".hpp"}
TESTS = re.compile(r"(_test|_bench)\.cpp$|(^|/)test_util/")

CHAIN_SIDE = {"vm", "chainstore", "consensus", "mpool", "sync", "net"}
# (rooms it holds for, rooms they must not reach, why)
FORBIDDEN = [
    (r"services/(?!node$|devnet$)", r"services/", "a service calls another through api/ only"),
    (r"services/(?!node$|devnet$)", r"(%s)$" % "|".join(sorted(CHAIN_SIDE)),
     "only the node owns the chain side"),
    (r"(%s|actors|db|api|rpc|platform)$" % "|".join(sorted(CHAIN_SIDE)), r"services/",
     "services stand on top"),
    (r"(base|crypto|ipld|types)$", r"(bridge|db|rpc|platform|api)$",
     "data structures know neither I/O nor native code"),
]


def arguments(text):
    """The words of a CMake call by keyword; "" holds the positional ones."""
    words, keyword = {"": []}, ""
    for word in re.sub(r"#[^\n]*", "", text).split():
        if word in KEYWORDS:
            keyword = word
            words.setdefault(keyword, [])
        else:
            words[keyword].append(word.strip('"'))
    return words


class Project:
    def __init__(self, root):
        self.root = pathlib.Path(root).resolve()
        self.src = self.root / "src"
        self.depends, self.test_depends, self.programs = {}, {}, {}
        self.errors = []
        self.read_lists()

    def error(self, path, line, text):
        self.errors.append("%s:%d: %s" % (path.relative_to(self.root), line, text))

    def read_lists(self):
        lists = sorted(self.src.rglob("CMakeLists.txt"))
        lists += sorted((self.root / "apps").rglob("CMakeLists.txt"))
        for path in lists:
            text = path.read_text()
            for call in CALL.finditer(re.sub(r"(?m)^\s*#.*$", "", text)):
                words = arguments(call.group(2))
                name = words[""][0] if words[""] else ""
                if call.group(1) == "program":
                    self.programs[name] = (path.parent, words.get("DEPENDS", []))
                    continue
                folder = path.parent.relative_to(self.src).as_posix()
                if name != folder:
                    self.error(path, 1, "room '%s' lies in folder '%s'" % (name, folder))
                self.depends[folder] = words.get("DEPENDS", [])
                self.test_depends[folder] = words.get("TEST_DEPENDS", [])

    def reach(self, names, path=()):
        """The rooms that names reach through DEPENDS, themselves included."""
        found = set()
        for name in names:
            if name in path:
                self.errors.append("src: circle of rooms: " + " -> ".join(path + (name,)))
                continue
            if name not in self.depends or name in found:
                continue
            found |= {name} | self.reach(self.depends[name], path + (name,))
        return found

    def room_of(self, relative):
        """The innermost room that a path below src/ lies in."""
        parts = relative.split("/")[:-1]
        while parts:
            if "/".join(parts) in self.depends:
                return "/".join(parts)
            parts.pop()
        return None

    def check_lists(self):
        for room, depends in sorted(self.depends.items()):
            path = self.src / room / "CMakeLists.txt"
            for name in depends + self.test_depends[room]:
                if name not in self.depends and not re.search("[/_]test_util$", name):
                    self.error(path, 1, "DEPENDS names '%s', which is no room" % name)
            reached = self.reach(depends)
            for holder, target, why in FORBIDDEN:
                if not re.match(holder, room):
                    continue
                for name in sorted(reached - {room}):
                    if re.match(target, name):
                        self.error(path, 1, "%s reaches %s: %s" % (room, name, why))

    def check_file(self, path, room, allowed, is_test):
        text = path.read_text(errors="replace")
        for match in INCLUDE.finditer(text):
            name, line = match.group(1), text.count("\n", 0, match.start()) + 1
            if not (self.src / name).is_file():
                if (path.parent / name).is_file():
                    self.error(path, line, 'write "%s" as a path from src/' % name)
                elif self.room_of(name):
                    self.error(path, line, '"%s" does not exist' % name)
                continue  # a generated header or one of the Rust library
            target = self.room_of(name)
            if target is None:
                self.error(path, line, '"%s" lies in no room' % name)
            elif target not in allowed:
                self.error(path, line, '"%s": %s does not depend on %s' % (name, room, target))
            elif TESTS.search(name) and not is_test:
                self.error(path, line, '"%s" is for tests only' % name)

    def run(self):
        self.check_lists()
        for path in sorted(self.src.rglob("*")):
            if path.suffix not in SOURCES:
                continue
            relative = path.relative_to(self.src).as_posix()
            room = self.room_of(relative)
            if room is None:
                self.error(path, 1, "lies in no room: its folder's CMakeLists.txt has no venus_room")
                continue
            is_test = bool(TESTS.search(relative))
            names = [room] + (self.test_depends[room] + ["base"] if is_test else [])
            names = [re.sub("[/_]test_util$", "", name) for name in names]
            self.check_file(path, room, self.reach(names), is_test)
        for name, (folder, depends) in sorted(self.programs.items()):
            path = folder / (name + ".cpp")
            if path.is_file():
                self.check_file(path, "program " + name, self.reach(depends), False)
        return sorted(set(self.errors))


def main(argv):
    root = argv[1] if len(argv) > 1 else pathlib.Path(__file__).resolve().parents[2]
    project = Project(root)
    errors = project.run()
    for error in errors:
        print(error)
    print("rooms: %d rooms, %d programs, %d violations"
          % (len(project.depends), len(project.programs), len(errors)))
    return 1 if errors or not project.depends else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
