#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Venus among peers made of the network libraries of Lotus (go-libp2p, gossipsub, kad-dht, bitswap).

usage: interop_test.py VENUS GOPEER [TEST...]

Every test starts a real node on the recorded network and one or more gopeers over real sockets. Both directions
are tried: what Venus takes from such a peer and what such a peer takes from Venus, which must be the recording
to the last byte."""
import os
import sys
import tempfile
import unittest

import recording
from gopeer import Failed, GoPeer
from venus_node import VenusNode

SENDER = "t1dzdedrfbvsuq42k22ja4qxvbzdwjv6we2i6w4cy"
BURNT_FUNDS = 99
# An epoch with messages; the one below it is no null round.
EPOCH = 187


class Lab:
    """Processes that end with a test, or with a class of tests."""

    def __init__(self, cleanup):
        self.cleanup = cleanup
        folder = tempfile.TemporaryDirectory(prefix="venus-interop-")
        self.folder = folder.name
        cleanup(folder.cleanup)

    def node(self):
        """A node that knows the genesis alone."""
        node = VenusNode(VENUS, os.path.join(self.folder, "venus"))
        node.command("chain", "import", recording.genesis())
        self.cleanup(node.stop)
        return node.start()

    def gopeer(self, name, **flags):
        peer = GoPeer(GOPEER, recording.chain(), recording.NETWORK, os.path.join(self.folder, name + ".log"),
                      seed=name, **flags)
        self.cleanup(peer.stop)
        return peer


class FromGenesis(unittest.TestCase):
    def test_sync_and_gossip_of_blocks(self):
        lab = Lab(self.addCleanup)
        node = lab.node()
        source, listener = lab.gopeer("source", head=EPOCH - 1), lab.gopeer("listener", head=0, serve=False)
        for peer in (source, listener):
            self.assertIn("venus", peer.do("connect", address=node.address("tcp"))["agent"].lower())
        node.wait_head(source.do("state")["head"])
        counts = source.do("state")["counts"]
        self.assertGreaterEqual(counts["hello_said"], 1)
        self.assertGreaterEqual(counts["hello_served"], 1)
        # The next tipset by gossip alone.
        blocks = source.do("block", height=EPOCH)
        for block in blocks:
            source.do("publish", topic="blocks", data=block["data"])
        node.wait_head([block["cid"] for block in blocks])
        # Only the one who published it has its messages: they came by bitswap, not by chain exchange.
        self.assertTrue(any(block["messages"] for block in blocks))
        self.assertEqual(source.do("state")["counts"]["exchange_2"], counts["exchange_2"])
        for block in blocks:
            passed_on = listener.do("heard", topic="blocks", cids=[block["gossip_cid"]])
            self.assertEqual(passed_on["from"], node.peer)
        # And what is left by a greeting.
        source.do("set_head", height=197)
        source.do("hello", peer=node.peer)
        node.wait_head(source.do("state")["head"])
        self.assertEqual(node.stop(), 0)


class Synced(unittest.TestCase):
    """One node that fetched the chain over QUIC, and others that ask it for it."""

    @classmethod
    def setUpClass(cls):
        lab = Lab(cls.addClassCleanup)
        cls.node = lab.node()
        source = lab.gopeer("source")
        cls.node.connect(source.address("quic-v1"))
        cls.node.wait_head(source.do("state")["head"])
        cls.dialled = source.do("state")["connections"][0]["addresses"][0]
        source.stop()
        cls.head, cls.height = cls.node.head()
        # Executed, so that it can say what the head's state is.
        cls.node.wait("nonce", lambda: [cls.node.call("MpoolGetNonce", SENDER)])

    @classmethod
    def tearDownClass(cls):
        assert cls.node.stop() == 0

    def setUp(self):
        self.gopeer = Lab(self.addCleanup).gopeer

    def connected(self, name, transport="tcp", **flags):
        peer = self.gopeer(name, **flags)
        peer.do("connect", address=self.node.address(transport))
        return peer

    def test_quic_was_dialled(self):
        self.assertIn("/quic-v1", self.dialled)

    def test_gopeer_reads_the_chain(self):
        node, head, height = self.node, self.head, self.height
        for transport, window in (("tcp", 900), ("quic-v1", 50)):
            peer = self.connected(transport, transport, serve=False)
            protocols = peer.do("state")["connections"][0]["protocols"]
            for needed in ("/fil/hello/1.0.0", "/fil/chain/xchg/0.0.1", "/chain/ipfs/bitswap/1.2.0", "/meshsub/1.1.0",
                           "/fil/kad/%s/kad/1.0.0" % recording.NETWORK, "/ipfs/id/1.0.0", "/ipfs/ping/1.0.0"):
                self.assertIn(needed, protocols)
            for options in (1, 2, 3):
                read = peer.do("walk", peer=node.peer, cids=head, length=window, options=options)
                self.assertEqual(read["tipsets"], recording.TIPSETS)
                self.assertEqual(read["blocks"], recording.BLOCKS if options & 1 else 0)
                self.assertEqual(read["messages"], recording.MESSAGES if options & 2 else 0)
            node.wait("hello from Venus", lambda peer=peer: peer.do("state")["hellos"])
            hello = peer.do("state")["hellos"][0]
            self.assertEqual((hello["head"], hello["height"]), (head, height))
            self.assertEqual(hello["weight"], node.call("ChainTipSetWeight", [{"/": cid} for cid in head]))
            self.assertEqual(hello["genesis"], node.call("ChainGetGenesis")["Cids"][0]["/"])

    def test_bitswap_from_venus(self):
        peer = self.connected("reader", serve=False)
        messages = [cid for block in peer.do("block", height=EPOCH) for cid in block["messages"]]
        self.assertEqual(peer.do("fetch", cids=messages), {"blocks": len(messages), "equal": len(messages)})

    def test_requests_that_break_the_rules(self):
        node, head = self.node, self.head
        peer = self.connected("rude")
        genesis = peer.do("state")["genesis"]
        for length, options, cids in ((0, 1, head), (901, 1, head), (1, 0, head), (1, 1, []),
                                      (1, 1, [genesis, head[0]])):
            with self.subTest(length=length, options=options, cids=cids):
                answer = peer.do("exchange", peer=node.peer, cids=cids, length=length, options=options)
                self.assertIn(answer["status"], range(200, 300))
                self.assertEqual(answer["tipsets"], 0)
        answer = peer.do("exchange", peer=node.peer, cids=head, length=3, options=3)
        self.assertEqual((answer["status"], answer["tipsets"]), (0, 3))

    def test_other_genesis_ends_the_connection(self):
        stranger = self.connected("stranger")
        with self.assertRaises(Failed):
            stranger.do("hello", peer=self.node.peer, genesis=self.head[0])
        stranger.wait_disconnected()

    def test_gossip_of_messages(self):
        node = self.node
        node.command("wallet", "import", recording.secp256k1_key())
        sender, listener = self.connected("sender"), self.connected("listener")
        nonce = node.call("MpoolGetNonce", SENDER)
        gas = {"gas_limit": 2_000_000, "fee_cap": 1_000_000_000, "premium": 100_000}

        def signed(**fields):
            return sender.do("sign", key=recording.secp256k1_key(), to_id=BURNT_FUNDS, value=1, **gas, **fields)

        def pending():
            return [m["Message"]["Nonce"] for m in node.call("MpoolPending", None) if m["Message"]["From"] == SENDER]

        # Accepted: it is in the pool and was passed on.
        good = signed(nonce=nonce)
        sender.do("publish", topic="messages", data=good["data"])
        self.assertEqual(listener.do("heard", topic="messages", cids=[good["cid"]])["from"], node.peer)
        self.assertEqual(pending(), [nonce])
        # Rejected: who sent it pays, by its score or its connection, and nobody else hears of it.
        for index, bad in enumerate((signed(nonce=nonce + 1, signature="wrong")["data"], "82", "00" * 64)):
            rude = self.connected("rude%d" % index)
            rude.do("publish", topic="messages", data=bad)
            node.wait("a penalty", lambda rude=rude: node.score(rude.peer) < -50 or not node.connected(rude.peer))
        # Ours: what the node signs and sends, a peer reads.
        message = {"From": SENDER, "To": "t099", "Value": "2", "GasLimit": gas["gas_limit"], "Method": 0, "Params": None,
                   "GasFeeCap": str(gas["fee_cap"]), "GasPremium": str(gas["premium"]), "Nonce": 0, "Version": 0}
        ours = node.call("MpoolPushMessage", message, None)
        self.assertEqual(ours["Message"]["Nonce"], nonce + 1)
        listener.do("heard", topic="messages", cids=[ours["CID"]["/"]])
        self.assertEqual({m["cid"] for m in listener.do("heard", topic="messages")}, {good["cid"], ours["CID"]["/"]})

    def test_dht(self):
        node = self.node
        seeker, sought = self.connected("seeker"), self.connected("sought")
        found = seeker.do("find", peer=sought.peer)
        self.assertTrue(set(found) & {address.rsplit("/p2p/", 1)[0] for address in sought.addresses})
        hidden = self.gopeer("hidden")
        hidden.do("connect", address=seeker.address("tcp"))
        found = node.wait("hidden peer", lambda: node.call("NetFindPeer", hidden.peer))
        self.assertTrue(any("/127.0.0.1/" in address for address in found["Addrs"]))


if __name__ == "__main__":
    VENUS, GOPEER = sys.argv.pop(1), recording.program(sys.argv.pop(1))
    unittest.main(verbosity=2)
