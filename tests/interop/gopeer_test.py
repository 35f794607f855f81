#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The peer of the interoperation tests against itself: what interop_test.py asks of Venus is asked here of
the libraries alone, so that a failure there is one of Venus.

usage: gopeer_test.py GOPEER"""
import sys
import tempfile
import unittest

import recording
from gopeer import Failed, GoPeer

# What Lotus answers to a request that breaks the rules of chain exchange, and to an unknown head.
BAD_REQUEST, INTERNAL_ERROR = 204, 203


class Peers(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="venus-gopeer-")
        cls.server = cls.start("server")
        cls.client = cls.start("client", serve=False)
        cls.third = cls.start("third", head=100)
        cls.client.do("connect", address=cls.server.address("tcp"))
        cls.third.do("connect", address=cls.server.address("quic-v1"))
        cls.state = cls.server.do("state")

    @classmethod
    def tearDownClass(cls):
        for peer in (cls.server, cls.client, cls.third):
            peer.stop()
        cls.folder.cleanup()

    @classmethod
    def start(cls, name, **flags):
        return GoPeer(PROGRAM, recording.chain(), recording.NETWORK, "%s/%s.log" % (cls.folder.name, name),
                      seed=name, **flags)

    def test_transports(self):
        by_peer = {c["peer"]: c for c in self.server.do("state")["connections"]}
        self.assertIn("/tcp/", by_peer[self.client.peer]["addresses"][0])
        self.assertIn("/quic-v1", by_peer[self.third.peer]["addresses"][0])

    def test_chain_exchange(self):
        for window in (500, 20):
            for options in (1, 2, 3):
                read = self.client.do("walk", peer=self.server.peer, cids=self.state["head"], length=window,
                                      options=options)
                self.assertEqual(read["tipsets"], recording.TIPSETS)
                self.assertEqual(read["blocks"], recording.BLOCKS if options & 1 else 0)
                self.assertEqual(read["messages"], recording.MESSAGES if options & 2 else 0)

    def test_chain_exchange_refusals(self):
        head = self.state["head"]
        for length, options, cids, status in ((0, 1, head, BAD_REQUEST), (901, 1, head, BAD_REQUEST),
                                              (1, 0, head, BAD_REQUEST), (1, 1, [], BAD_REQUEST),
                                              (1, 1, [self.state["genesis"], head[0]], INTERNAL_ERROR)):
            answer = self.client.do("exchange", peer=self.server.peer, cids=cids, length=length, options=options)
            self.assertEqual(answer["status"], status)

    def test_bitswap(self):
        messages = [cid for block in self.client.do("block", height=187) for cid in block["messages"]]
        self.assertGreater(len(messages), 1)
        self.assertEqual(self.client.do("fetch", cids=messages), {"blocks": len(messages), "equal": len(messages)})

    def test_gossip_is_passed_on(self):
        message = self.client.do("sign", key=recording.secp256k1_key(), to_id=99, nonce=0, value=1,
                                 gas_limit=1000000, fee_cap=100, premium=1)
        self.client.do("publish", topic="messages", data=message["data"])
        self.assertEqual(self.third.do("heard", topic="messages", cids=[message["cid"]])["from"], self.server.peer)

    def test_dht(self):
        seeker = self.start("seeker")  # finding connects the two, which the other tests must not be
        try:
            seeker.do("connect", address=self.server.address("tcp"))
            self.assertTrue(seeker.do("find", peer=self.third.peer))
        finally:
            seeker.stop()

    def test_other_genesis_ends_the_connection(self):
        stranger = self.start("stranger")
        try:
            stranger.do("connect", address=self.server.address("tcp"))
            with self.assertRaises(Failed):
                stranger.do("hello", peer=self.server.peer, genesis=self.state["head"][0])
            stranger.wait_disconnected()
        finally:
            stranger.stop()


if __name__ == "__main__":
    PROGRAM = recording.program(sys.argv.pop(1))
    unittest.main(verbosity=2)
