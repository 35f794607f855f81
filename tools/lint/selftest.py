#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Proves that the lints find what they are for, on small repositories made for it."""
import hashlib
import importlib.util
import pathlib
import tempfile
import unittest

import files
import rooms

SPDX = "// " + files.LICENCE + "\n"
HERE = pathlib.Path(__file__).resolve().parent


def load(path):
    spec = importlib.util.spec_from_file_location(path.stem + "_tool", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


bundles = load(HERE.parent / "actors" / "import.py")


class WithTree(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


class Rooms(WithTree):
    def setUp(self):
        super().setUp()
        for room, depends in {"base": "", "ipld": "DEPENDS base", "types": "DEPENDS ipld PCH core",
                              "rpc": "DEPENDS base TEST_DEPENDS types"}.items():
            self.write("src/%s/CMakeLists.txt" % room, "venus_room(%s %s)\n" % (room, depends))
            self.write("src/%s/%s.hpp" % (room, room), "")
        self.write("src/base/test_util/vectors.hpp", "")

    def errors(self):
        return rooms.Project(self.root).run()

    def one_error(self, *parts):
        errors = self.errors()
        self.assertEqual(len(errors), 1, errors)
        for part in parts:
            self.assertIn(part, errors[0])

    def test_a_tree_that_keeps_the_rules_passes(self):
        self.write("src/types/a.cpp", '#include "types/types.hpp"\n#include "base/base.hpp"\n')
        self.write("src/rpc/a_test.cpp",
                   '#include "types/types.hpp"\n#include "base/test_util/vectors.hpp"\n')
        self.write("src/base/b.cpp", '#include "venus_native/lib.h"\n#include <vector>\n')
        self.assertEqual(self.errors(), [])

    def test_include_against_the_arrows(self):
        self.write("src/base/a.cpp", '\n#include "types/types.hpp"\n')
        self.one_error("src/base/a.cpp:2", "base does not depend on types")

    def test_test_dependency_in_ordinary_code(self):
        self.write("src/rpc/a.cpp", '#include "types/types.hpp"\n')
        self.one_error("rpc does not depend on types")

    def test_test_util_in_ordinary_code(self):
        self.write("src/types/a.cpp", '  #  include "base/test_util/vectors.hpp"\n')
        self.one_error("for tests only")

    def test_relative_include(self):
        self.write("src/types/a.cpp", '#include "../rpc/rpc.hpp"\n')
        self.one_error("as a path from src/")

    def test_header_that_is_not_there(self):
        self.write("src/types/a.cpp", '#include "types/lost.hpp"\n')
        self.one_error("does not exist")

    def test_unknown_room_and_wrong_name(self):
        self.write("src/rpc/CMakeLists.txt", "venus_room(rpcs DEPENDS nowhere)\n")
        self.assertEqual(len(self.errors()), 2)

    def test_circle(self):
        self.write("src/base/CMakeLists.txt", "venus_room(base DEPENDS types)\n")
        self.assertTrue(any("circle" in error for error in self.errors()))

    def test_source_outside_of_rooms(self):
        self.write("src/loose/a.cpp", "")
        self.one_error("lies in no room")

    def test_service_that_links_the_chain_side_or_another_service(self):
        self.write("src/vm/CMakeLists.txt", "venus_room(vm DEPENDS base)\n")
        self.write("src/services/node/CMakeLists.txt", "venus_room(services/node DEPENDS vm)\n")
        self.assertEqual(self.errors(), [])
        self.write("src/services/miner/CMakeLists.txt", "venus_room(services/miner DEPENDS vm)\n")
        self.one_error("only the node owns the chain side")
        self.write("src/services/miner/CMakeLists.txt", "venus_room(services/miner)\n")
        self.write("src/services/auth/CMakeLists.txt",
                   "venus_room(services/auth DEPENDS services/miner)\n")
        self.one_error("through api/ only")

    def test_program(self):
        self.write("apps/CMakeLists.txt", "# venus_program(old)\nvenus_program(tool DEPENDS ipld)\n")
        self.write("apps/tool.cpp", '#include "ipld/ipld.hpp"\n')
        self.assertEqual(self.errors(), [])
        self.write("apps/tool.cpp", '#include "rpc/rpc.hpp"\n')
        self.one_error("program tool does not depend on rpc")


class Files(WithTree):
    def errors(self):
        return files.check(self.root)[1]

    def test_good_files_pass(self):
        self.write("src/base/a.hpp", SPDX + "#pragma once\n")
        self.write("src/base/a.cpp", SPDX + '#include "base/a.hpp"\n#include <map>\n')
        self.write("src/base/a_test.cpp", SPDX + '#include "base/a.hpp"\n')
        self.assertEqual(self.errors(), [])

    def test_each_rule_is_enforced(self):
        for name, text, says in [
                ("a.cpp", "int a;\n", "licence"),
                ("CMakeLists.txt", "project(x)\n", "licence"),
                ("a.hpp", SPDX, "pragma once"),
                ("b.hpp", SPDX + "#pragma once\nusing namespace std;\n", "using namespace"),
                ("long.cpp", SPDX + "\n" * 600, "601 lines"),
                ("a.md", "see /ro" "ot/.cache\n", "machine"),
                ("b.toml", "x = 'https://proxy." "golang.org'\n", "registry")]:
            with self.subTest(name):
                self.write(name, text)
                errors = self.errors()
                self.assertEqual(len(errors), 1, errors)
                self.assertIn(says, errors[0])
                (self.root / name).unlink()

    def test_own_header_comes_first(self):
        self.write("src/base/a.hpp", SPDX + "#pragma once\n")
        self.write("src/base/a.cpp", SPDX + '#include <map>\n#include "base/a.hpp"\n')
        self.assertIn("comes first", self.errors()[0])

    def test_lock_files_are_left_alone(self):
        self.write("native/Cargo.lock", "crates." "io\n" * 700)
        self.assertEqual(self.errors(), [])


def cid(block):
    return bytes([1, 0x71, 0xA0, 0xE4, 0x02, 32]) + hashlib.blake2b(block, digest_size=32).digest()


def car(root, blocks):
    header = b"\xa2eroots\x81\xd8\x2aX\x27\x00" + root + b"gversion\x01"
    out = bytes([len(header)]) + header
    for block in blocks:
        out += bytes([len(block) + 38]) + cid(block) + block
    return out


class Bundles(WithTree):
    def test_a_whole_bundle_is_accepted_and_installed_where_its_root_belongs(self):
        data = car(cid(b"manifest"), [b"manifest", b"code"])
        root = bundles.verify(data)
        self.write("x.car", "")
        (self.root / "x.car").write_bytes(data)
        rows = {"v18-devnet.car": root, "v18-mainnet.car": "bafyother"}
        self.assertEqual(bundles.install(self.root / "x.car", self.root / "c", rows),
                         ["v18-devnet.car"])
        self.assertEqual((self.root / "c/v18-devnet.car").read_bytes(), data)
        self.assertFalse(bundles.check(self.root / "c", rows))
        self.assertTrue(bundles.check(self.root / "c", {"v18-devnet.car": root}))
        with self.assertRaises(bundles.BadBundle):
            bundles.install(self.root / "x.car", self.root / "c", {"v18-mainnet.car": "bafyother"})

    def test_damage_is_refused(self):
        data = car(cid(b"manifest"), [b"manifest", b"code"])
        for broken in [b"", data[:-1], data[:30], data[:-1] + b"x", b"\xff" * 40,
                       car(cid(b"manifest"), [b"code"])]:
            with self.assertRaises(bundles.BadBundle):
                bundles.verify(broken)


if __name__ == "__main__":
    unittest.main()
