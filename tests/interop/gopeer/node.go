// SPDX-License-Identifier: MIT OR Apache-2.0

package main

import (
	"context"
	"crypto/sha256"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/ipfs/boxo/bitswap"
	"github.com/ipfs/boxo/bitswap/network/bsnet"
	"github.com/ipfs/boxo/blockstore"
	"github.com/ipfs/go-cid"
	"github.com/ipfs/go-datastore"
	dssync "github.com/ipfs/go-datastore/sync"
	"github.com/libp2p/go-libp2p"
	dht "github.com/libp2p/go-libp2p-kad-dht"
	pubsub "github.com/libp2p/go-libp2p-pubsub"
	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"
	"github.com/libp2p/go-libp2p/p2p/net/connmgr"
	"github.com/libp2p/go-libp2p/p2p/security/noise"
	tls "github.com/libp2p/go-libp2p/p2p/security/tls"
	libp2pquic "github.com/libp2p/go-libp2p/p2p/transport/quic"
	"github.com/libp2p/go-libp2p/p2p/transport/tcp"
)

type settings struct {
	network string // as in the names of topics
	listen  []string
	seed    string // of the identity; empty: a new one
	head    int64  // highest epoch to announce
	serve   bool   // whether the recording's blocks are had by bitswap
}

// node is one Filecoin peer over a recorded chain.
type node struct {
	host    host.Host
	dht     *dht.IpfsDHT
	gossip  *pubsub.PubSub
	bitswap *bitswap.Bitswap
	chain   *chain
	network string
	topics  map[string]*pubsub.Topic

	mutex     sync.Mutex
	headIndex int
	hellos    []heardHello
	heard     map[string][]heardMessage
	counts    map[string]int
	scores    map[string]float64
}

func identity(seed string) (crypto.PrivKey, error) {
	var source [32]byte
	if seed != "" {
		source = sha256.Sum256([]byte(seed))
	} else {
		for i := range source {
			source[i] = byte(rand.UintN(256))
		}
	}
	key, _, err := crypto.GenerateEd25519Key(rand.NewChaCha8(source))
	return key, err
}

func newNode(ctx context.Context, c *chain, s settings) (*node, error) {
	key, err := identity(s.seed)
	if err != nil {
		return nil, err
	}
	connections, err := connmgr.NewConnManager(150, 180, connmgr.WithGracePeriod(20*time.Second))
	if err != nil {
		return nil, err
	}
	h, err := libp2p.New(
		libp2p.Identity(key),
		libp2p.ListenAddrStrings(s.listen...),
		libp2p.Transport(tcp.NewTCPTransport),
		libp2p.Transport(libp2pquic.NewTransport),
		libp2p.Security(noise.ID, noise.New),
		libp2p.Security(tls.ID, tls.New),
		libp2p.ConnectionManager(connections),
		libp2p.UserAgent("venus-gopeer"),
		libp2p.Ping(true),
		libp2p.DisableRelay())
	if err != nil {
		return nil, err
	}
	n := &node{
		host: h, chain: c, network: s.network, headIndex: c.upTo(s.head), topics: map[string]*pubsub.Topic{},
		heard: map[string][]heardMessage{}, counts: map[string]int{}, scores: map[string]float64{},
	}
	return n, n.start(ctx, s)
}

func (n *node) start(ctx context.Context, s settings) (err error) {
	// Lotus leaves private addresses out of its tables; the network of a test has no others. Refreshing
	// would connect peers that a test keeps apart.
	n.dht, err = dht.New(ctx, n.host,
		dht.Mode(dht.ModeServer),
		dht.ProtocolPrefix(protocol.ID("/fil/kad/"+s.network)),
		dht.QueryFilter(func(any, peer.AddrInfo) bool { return true }),
		dht.RoutingTableFilter(func(any, peer.ID) bool { return true }),
		dht.DisableProviders(), dht.DisableValues(), dht.DisableAutoRefresh())
	if err != nil {
		return err
	}
	store := n.chain.store
	if !s.serve {
		store = blockstore.NewBlockstore(dssync.MutexWrap(datastore.NewMapDatastore()))
	}
	n.bitswap = bitswap.New(ctx, bsnet.NewFromIpfsHost(n.host, bsnet.Prefix("/chain")), n.dht, store)
	if n.gossip, err = newGossip(ctx, n.host, s.network, n.keepScores); err != nil {
		return err
	}
	for _, topic := range []string{blocksTopic(s.network), messagesTopic(s.network)} {
		if err := n.join(ctx, topic); err != nil {
			return err
		}
	}
	n.host.SetStreamHandler(helloProtocol, n.answerHello)
	n.host.SetStreamHandler(exchangeProtocol, n.answerExchange)
	n.host.Network().Notify(&network.NotifyBundle{
		DisconnectedF: func(network.Network, network.Conn) { n.note("disconnected") },
	})
	return n.greet(ctx)
}

func (n *node) head() *tipset {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	return n.chain.tipsets[n.headIndex]
}

func (n *node) note(what string) {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	n.counts[what]++
}

func (n *node) keepScores(scores map[peer.ID]float64) {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	for id, score := range scores {
		n.scores[id.String()] = score
	}
}

func (n *node) addresses() []string {
	list := []string{}
	for _, address := range n.host.Addrs() {
		list = append(list, address.String()+"/p2p/"+n.host.ID().String())
	}
	return list
}

type connection struct {
	Peer      string   `json:"peer"`
	Agent     string   `json:"agent"`
	Addresses []string `json:"addresses"` // of the open connections
	Protocols []string `json:"protocols"`
}

func (n *node) connections() []connection {
	list := []connection{}
	for _, id := range n.host.Network().Peers() {
		c := connection{Peer: id.String()}
		if agent, err := n.host.Peerstore().Get(id, "AgentVersion"); err == nil {
			c.Agent, _ = agent.(string)
		}
		for _, open := range n.host.Network().ConnsToPeer(id) {
			c.Addresses = append(c.Addresses, open.RemoteMultiaddr().String())
		}
		protocols, _ := n.host.Peerstore().GetProtocols(id)
		for _, name := range protocols {
			c.Protocols = append(c.Protocols, string(name))
		}
		slices.Sort(c.Protocols)
		list = append(list, c)
	}
	return list
}

func (n *node) state() map[string]any {
	open := n.connections()
	n.mutex.Lock()
	defer n.mutex.Unlock()
	tip := n.chain.tipsets[n.headIndex]
	return map[string]any{
		"connections": open, "hellos": n.hellos, "counts": maps.Clone(n.counts), "scores": maps.Clone(n.scores),
		"height": tip.height, "head": cidStrings(tip.cids), "genesis": n.chain.tipsets[0].cids[0].String(),
	}
}

func cidStrings(list []cid.Cid) []string {
	out := []string{}
	for _, c := range list {
		out = append(out, c.String())
	}
	return out
}
