// SPDX-License-Identifier: MIT OR Apache-2.0

package main

import (
	"context"
	"fmt"
	"time"

	"github.com/libp2p/go-libp2p/core/event"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
)

const streamDeadline = 10 * time.Second

type heardHello struct {
	Peer    string   `json:"peer"`
	Head    []string `json:"head"`
	Height  int64    `json:"height"`
	Weight  string   `json:"weight"`
	Genesis string   `json:"genesis"`
}

func (n *node) ourHello() *helloMessage {
	tip := n.head()
	return &helloMessage{
		Head: tip.cids, Height: tip.height,
		// The recording does not say a tipset's own weight, only its parents': a lower bound.
		Weight:  tip.blocks[0].weight,
		Genesis: n.chain.tipsets[0].cids[0],
	}
}

// answerHello does as Lotus does: another genesis ends the connection.
func (n *node) answerHello(stream network.Stream) {
	defer stream.Close()
	arrival := time.Now().UnixNano()
	_ = stream.SetDeadline(time.Now().Add(streamDeadline))
	var message helloMessage
	if err := message.decode(stream); err != nil {
		n.note("bad_hello")
		_ = stream.Conn().Close()
		return
	}
	n.mutex.Lock()
	n.hellos = append(n.hellos, heardHello{
		Peer: stream.Conn().RemotePeer().String(), Head: cidStrings(message.Head), Height: message.Height,
		Weight: message.Weight.String(), Genesis: message.Genesis.String(),
	})
	n.mutex.Unlock()
	if !message.Genesis.Equals(n.chain.tipsets[0].cids[0]) {
		_ = stream.Conn().Close()
		return
	}
	reply := latencyMessage{Arrival: arrival, Sent: time.Now().UnixNano()}
	if err := reply.encode(stream); err == nil {
		n.note("hello_served")
	}
}

// sayHello sends, closes its side and waits for the times that the other side saw.
func (n *node) sayHello(ctx context.Context, to peer.ID, message *helloMessage) (*latencyMessage, error) {
	stream, err := n.host.NewStream(network.WithNoDial(ctx, "hello"), to, helloProtocol)
	if err != nil {
		return nil, err
	}
	defer stream.Close()
	_ = stream.SetDeadline(time.Now().Add(streamDeadline))
	if err := message.encode(stream); err != nil {
		return nil, err
	}
	if err := stream.CloseWrite(); err != nil {
		return nil, err
	}
	reply := &latencyMessage{}
	if err := reply.decode(stream); err != nil {
		return nil, fmt.Errorf("no answer to hello: %w", err)
	}
	return reply, nil
}

// greet says hello to every peer that identify shows to speak it; both sides of a connection do.
func (n *node) greet(ctx context.Context) error {
	events, err := n.host.EventBus().Subscribe(new(event.EvtPeerIdentificationCompleted))
	if err != nil {
		return err
	}
	go func() {
		for item := range events.Out() {
			identified := item.(event.EvtPeerIdentificationCompleted)
			protocol, _ := n.host.Peerstore().FirstSupportedProtocol(identified.Peer, helloProtocol)
			if protocol != helloProtocol {
				continue
			}
			go func() {
				if _, err := n.sayHello(ctx, identified.Peer, n.ourHello()); err != nil {
					n.note("hello_failed")
				} else {
					n.note("hello_said")
				}
			}()
		}
	}()
	return nil
}
