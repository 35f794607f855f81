#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""venus-auth and venus-wallet as processes, over sockets, killed in the middle of their work.

  auth_wallet_test.py BUILD_FOLDER
"""
import base64
import concurrent.futures
import hashlib
import json
import os
import pathlib
import sys
import tempfile
import threading
import time
import unittest

from processes import Daemon, Failed, query

BUILD = None
PASSWORD = "a passphrase nobody guesses 7531"
CHEAP = "--keys-scrypt-n=1024"


def cbor_head(major, value):
    if value < 24:
        return bytes([major << 5 | value])
    for size, code in ((1, 24), (2, 25), (4, 26), (8, 27)):
        if value < 1 << (8 * size):
            return bytes([major << 5 | code]) + value.to_bytes(size, "big")
    raise ValueError(value)


def cbor(value):
    if value is None:
        return b"\xf6"
    if isinstance(value, int):
        return cbor_head(0, value) if value >= 0 else cbor_head(1, -1 - value)
    if isinstance(value, bytes):
        return cbor_head(2, len(value)) + value
    if isinstance(value, list):
        return cbor_head(4, len(value)) + b"".join(cbor(item) for item in value)
    if isinstance(value, dict):
        pairs = (cbor_head(3, len(k)) + k.encode() + cbor(v) for k, v in value.items())
        return cbor_head(5, len(value)) + b"".join(pairs)
    if isinstance(value, tuple):  # a link
        return b"\xd8\x2a" + cbor(b"\x00" + value[0])
    raise TypeError(value)


def cid(text):
    return (b"\x01\x71\xa0\xe4\x02\x20" + hashlib.blake2b(text, digest_size=32).digest(),)


def block(epoch, variant):
    """A header of miner f01000 as a miner sends it to be signed."""
    return cbor([b"\x00\xe8\x07", [b"\x01" * 96], [1, b"\x02" * 96], [], [], [cid(b"parent")], b"\x00\x01", epoch,
                 cid(b"state"), cid(b"receipts"), cid(b"messages"), None, 1700000000 + variant, None, 0, b"\x00\x64"])


def b64(data):
    return base64.b64encode(data).decode()


class Base(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="venus-e2e-")
        self.addCleanup(self.folder.cleanup)
        self.password_file = pathlib.Path(self.folder.name) / "password"
        self.password_file.write_text(PASSWORD + "\n")
        self.password_file.chmod(0o600)

    def daemon(self, program, *flags, **options):
        home = pathlib.Path(self.folder.name) / program
        home.mkdir(exist_ok=True)
        daemon = Daemon(BUILD, program, home, *flags, **options)
        self.addCleanup(daemon.stop)
        return daemon

    def wallet(self, *flags, **options):
        return self.daemon("venus-wallet", CHEAP, "--password-file", str(self.password_file), *flags, **options)

    def sign_block(self, wallet, signer, epoch, variant, token=None):
        return wallet.call("WalletSign", signer, b64(block(epoch, variant)), {"Type": "block", "Extra": None},
                           token=token)["Data"]


class Auth(Base):
    def test_the_walk_of_a_token(self):
        auth = self.daemon("venus-auth").start()
        self.assertEqual((auth.home / "token").stat().st_mode & 0o777, 0o600)
        admin = auth.token
        auth.cli("user", "add", "miner-a", "--comment", "first")
        token = auth.cli("token", "gen", "--perm", "sign", "miner-a")
        self.assertEqual(auth.http("POST", "/verify", {"token": token}, admin),
                         (200, {"name": "miner-a", "perm": "sign", "ext": ""}))
        payload = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
        self.assertEqual(payload, {"name": "miner-a", "perm": "sign", "ext": ""})
        auth.cli("user", "miner", "add", "miner-a", "t01000")
        self.assertEqual(auth.http("GET", "/user/miner/exist" + query(user="miner-a", miner="f01000"), None, token)[1], True)
        self.assertEqual(auth.http("GET", "/user/miner/exist" + query(user="other", miner="f01000"), None, token)[0], 403)
        self.assertEqual(auth.http("GET", "/tokens", None, token)[0], 403)
        self.assertEqual(auth.http("GET", "/tokens")[0], 401)
        auth.cli("user", "update", "--name", "miner-a", "--state", "disabled")
        self.assertEqual(auth.http("POST", "/verify", {"token": token}, admin)[0], 401)
        auth.cli("user", "active", "miner-a")
        self.assertEqual(auth.http("POST", "/verify", {"token": token}, admin)[0], 200)
        auth.cli("token", "rm", token)
        self.assertEqual(auth.http("POST", "/verify", {"token": token}, admin)[0], 401)
        auth.stop()
        auth.start()
        self.assertEqual(auth.token, admin)
        self.assertEqual(auth.http("POST", "/verify", {"token": token}, admin)[0], 401)
        log = auth.log.read_text()
        self.assertNotIn(token, log)
        self.assertNotIn(admin, log)

    def test_nothing_acknowledged_is_lost_by_kill_9(self):
        auth = self.daemon("venus-auth").start()
        admin, done, stop = auth.token, [], threading.Event()

        def write(worker):
            for i in range(100000):
                if stop.is_set():
                    return
                name = "user-%d-%d" % (worker, i)
                try:
                    if auth.http("PUT", "/user/new", {"name": name}, admin)[0] == 200:
                        done.append(name)
                except OSError:
                    return

        threads = [threading.Thread(target=write, args=(w,)) for w in range(4)]
        for thread in threads:
            thread.start()
        while len(done) < 50:
            time.sleep(0.01)
        auth.kill()
        stop.set()
        for thread in threads:
            thread.join()
        auth.start()
        for name in done:
            self.assertEqual(auth.http("GET", "/user/has" + query(name=name), None, admin), (200, True), name)

    def test_other_daemons_see_a_revocation_in_seconds(self):
        auth = self.daemon("venus-auth").start()
        auth.cli("user", "add", "miner-a")
        token = auth.cli("token", "gen", "--perm", "sign", "miner-a")
        # A daemon asks auth about tokens with one of its own.
        env = {"VENUS_WALLET_AUTH_TOKEN": auth.token}
        wallet = self.wallet("--auth-url", auth.url, env=env).start()
        self.assertEqual(wallet.call("WalletList", token=token), [])
        with self.assertRaises(Failed):
            wallet.call("WalletNew", "bls", token=token)
        auth.cli("token", "rm", token)
        begun = time.monotonic()
        while time.monotonic() - begun < 10:
            try:
                wallet.call("WalletList", token=token)
            except Failed:
                break
            time.sleep(0.1)
        else:
            self.fail("the revoked token is still good after 10 s")


class Wallet(Base):
    def test_a_second_block_is_refused_also_after_kill_9(self):
        wallet = self.wallet().start()
        signer = wallet.cli("new", "bls")
        first = self.sign_block(wallet, signer, 10, 0)
        wallet.kill()
        wallet.start()
        self.assertEqual(self.sign_block(wallet, signer, 10, 0), first)
        with self.assertRaisesRegex(Failed, "slashed"):
            self.sign_block(wallet, signer, 10, 1)
        self.assertTrue(self.sign_block(wallet, signer, 11, 1))
        records = json.loads(wallet.cli("record", "list", "-o", "json"))
        self.assertEqual(sum(1 for r in records if r["Err"]), 1)

    def test_a_kill_in_the_middle_of_signing_never_allows_two_blocks(self):
        wallet = self.wallet().start()
        signer = wallet.cli("new", "bls")
        token, given, lock = wallet.token, {}, threading.Lock()

        def ask(job):
            epoch, variant = job
            try:
                signature = self.sign_block(wallet, signer, epoch, variant, token)
            except (Failed, OSError):
                return
            with lock:
                given.setdefault(epoch, []).append((variant, signature))

        # Two callers want different blocks of each epoch, at the same time.
        jobs = [(epoch, variant) for epoch in range(1, 2000) for variant in (0, 1)]
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            running = [pool.submit(ask, job) for job in jobs]
            while len(given) < 60:
                time.sleep(0.005)
            wallet.kill()
            for future in running:
                future.cancel()
        self.assertGreaterEqual(len(given), 60)
        self.assertTrue(all(len(answers) == 1 for answers in given.values()))
        wallet.start()
        for epoch, [(variant, signature)] in given.items():
            self.assertEqual(self.sign_block(wallet, signer, epoch, variant), signature)
            with self.assertRaises(Failed):
                self.sign_block(wallet, signer, epoch, 1 - variant)

    def test_a_locked_wallet_refuses_and_says_so(self):
        wallet = self.wallet().start()
        signer = wallet.cli("new", "secp256k1")
        wallet.stop()
        wallet.flags = [CHEAP]
        wallet.start()
        self.assertEqual(wallet.cli("lock-state"), "locked")
        self.assertEqual(wallet.http("GET", "/readyz")[0], 503)
        self.assertEqual(wallet.http("GET", "/healthz")[0], 200)
        self.assertEqual(wallet.call("WalletList"), [signer])
        with self.assertRaisesRegex(Failed, "locked"):
            self.sign_block(wallet, signer, 1, 0)
        self.assertNotEqual(wallet.cli("unlock", "--password-file", "-", stdin="wrong password\n", check=False).returncode, 0)
        wallet.cli("unlock", "--password-file", "-", stdin=PASSWORD + "\n")
        self.assertEqual(wallet.http("GET", "/readyz")[0], 200)
        self.assertTrue(self.sign_block(wallet, signer, 1, 0))
        wallet.cli("lock", "--password-file", str(self.password_file))
        with self.assertRaisesRegex(Failed, "locked"):
            self.sign_block(wallet, signer, 2, 0)

    def test_the_password_comes_through_a_descriptor(self):
        wallet = self.daemon("venus-wallet", CHEAP)
        reader, writer = os.pipe()
        os.write(writer, PASSWORD.encode())
        os.close(writer)
        wallet.env = {"VENUS_PASSWORD_FD": str(reader)}
        wallet.start(pass_fds=(reader,))
        os.close(reader)
        self.assertEqual(wallet.cli("lock-state"), "unlocked")

    def test_no_secret_lies_about(self):
        wallet = self.wallet().start()
        signer = wallet.cli("new", "bls")
        exported = wallet.cli("export", signer)
        key = json.loads(bytes.fromhex(exported))["PrivateKey"]
        self.sign_block(wallet, signer, 1, 0)
        with self.assertRaises(Failed):
            wallet.call("WalletSign", signer, b64(b"whatever"), {"Type": "unknown"})
        secrets = [PASSWORD, exported, key, base64.b64decode(key).hex(), wallet.token]
        process = pathlib.Path("/proc") / str(wallet.process.pid)
        places = {"command line": (process / "cmdline").read_bytes(), "environment": (process / "environ").read_bytes(),
                  "log": wallet.log.read_bytes()}
        for file in wallet.home.iterdir():
            self.assertEqual(file.stat().st_mode & 0o077, 0, file)
            if file.name != "token":
                places[file.name] = file.read_bytes()
        for place, content in places.items():
            for secret in secrets:
                self.assertNotIn(secret.encode(), content, place)
            self.assertNotIn(base64.b64decode(key), content, place)

    def test_keys_move_between_wallets(self):
        wallet = self.wallet().start()
        for kind in ("bls", "secp256k1", "delegated"):
            address = wallet.cli("new", kind)
            exported = wallet.cli("export", address)
            wallet.cli("delete", address, "--really-do-it")
            self.assertEqual(wallet.cli("has", address), "false")
            self.assertEqual(wallet.cli("import", stdin=exported + "\n"), address)

    def test_passwords_and_admin_calls_need_the_right(self):
        wallet = self.wallet().start()
        reader = wallet.cli("auth", "create-token", "--perm", "sign")
        for method, params in (("WalletNew", ["bls"]), ("WalletExport", ["f01"]), ("Unlock", ["x"]), ("Lock", [PASSWORD])):
            with self.assertRaisesRegex(Failed, "permission"):
                wallet.call(method, *params, token=reader)
        with self.assertRaises(Failed):
            wallet.call("WalletList", token="")
        self.assertEqual(wallet.call("AuthVerify", reader), ["read", "write", "sign"])

    def test_draw_random_parameters_of_gos_encoder(self):
        wallet = self.wallet().start()
        signer = wallet.cli("new", "secp256k1")
        params = cbor({"Rbase": b"\x01" * 32, "Pers": 5, "Round": 77, "Entropy": b"abc"})
        self.assertEqual(wallet.call("WalletSign", signer, b64(params), {"Type": "drawrandomparam", "Extra": ""})["Type"], 1)


if __name__ == "__main__":
    BUILD = sys.argv.pop(1)
    unittest.main(verbosity=2)
