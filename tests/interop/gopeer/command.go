// SPDX-License-Identifier: MIT OR Apache-2.0

package main

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/ipfs/go-cid"
	"github.com/libp2p/go-libp2p/core/peer"
)

// command is one line of input; which fields count depends on what is to be done.
type command struct {
	Id      int      `json:"id"`
	Do      string   `json:"do"`
	Seconds int      `json:"seconds"` // how long to try, 300 when not said
	Address string   `json:"address"`
	Peer    string   `json:"peer"`
	Cids    []string `json:"cids"`
	Length  uint64   `json:"length"`
	Options uint64   `json:"options"`
	Height  int64    `json:"height"`
	Genesis string   `json:"genesis"`
	Topic   string   `json:"topic"` // "blocks" or "messages"
	Data    string   `json:"data"`  // hex
	Key     string   `json:"key"`   // path
	transfer
}

type action func(*command, context.Context, *node) (any, error)

var actions = map[string]action{
	"state":      func(_ *command, _ context.Context, n *node) (any, error) { return n.state(), nil },
	"connect":    (*command).connect,
	"disconnect": (*command).disconnect,
	"hello":      (*command).hello,
	"walk":       (*command).walk,
	"exchange":   (*command).exchange,
	"fetch":      (*command).fetch,
	"publish":    (*command).publish,
	"sign":       (*command).sign,
	"block":      (*command).block,
	"heard":      (*command).heard,
	"set_head":   (*command).setHead,
	"find":       (*command).find,
}

func (c *command) run(ctx context.Context, n *node) (any, error) {
	do, known := actions[c.Do]
	if !known {
		return nil, fmt.Errorf("no command %q", c.Do)
	}
	if c.Seconds == 0 {
		c.Seconds = 300
	}
	ctx, stop := context.WithTimeout(ctx, time.Duration(c.Seconds)*time.Second)
	defer stop()
	return do(c, ctx, n)
}

func parseCids(texts []string) ([]cid.Cid, error) {
	list := []cid.Cid{}
	for _, text := range texts {
		c, err := cid.Decode(text)
		if err != nil {
			return nil, err
		}
		list = append(list, c)
	}
	return list, nil
}

// connect opens one connection over exactly this address and waits for identify.
func (c *command) connect(ctx context.Context, n *node) (any, error) {
	info, err := peer.AddrInfoFromString(c.Address)
	if err != nil {
		return nil, err
	}
	if err := n.host.Connect(ctx, *info); err != nil {
		return nil, err
	}
	for _, open := range n.connections() {
		if open.Peer == info.ID.String() {
			return open, nil
		}
	}
	return nil, errors.New("connected and gone again")
}

func (c *command) disconnect(_ context.Context, n *node) (any, error) {
	id, err := peer.Decode(c.Peer)
	if err != nil {
		return nil, err
	}
	return nil, n.host.Network().ClosePeer(id)
}

// hello says hello now, with another genesis when one is given.
func (c *command) hello(ctx context.Context, n *node) (any, error) {
	id, err := peer.Decode(c.Peer)
	if err != nil {
		return nil, err
	}
	message := n.ourHello()
	if c.Genesis != "" {
		if message.Genesis, err = cid.Decode(c.Genesis); err != nil {
			return nil, err
		}
	}
	reply, err := n.sayHello(ctx, id, message)
	if err != nil {
		return nil, err
	}
	return map[string]int64{"arrival": reply.Arrival, "sent": reply.Sent}, nil
}

func (c *command) walk(ctx context.Context, n *node) (any, error) {
	id, err := peer.Decode(c.Peer)
	if err != nil {
		return nil, err
	}
	head, err := parseCids(c.Cids)
	if err != nil {
		return nil, err
	}
	return n.walk(ctx, id, head, c.Length, c.Options)
}

// exchange sends one request as it is told to, right or wrong.
func (c *command) exchange(ctx context.Context, n *node) (any, error) {
	id, err := peer.Decode(c.Peer)
	if err != nil {
		return nil, err
	}
	head, err := parseCids(c.Cids)
	if err != nil {
		return nil, err
	}
	response, err := n.exchange(ctx, id, &exchangeRequest{Head: head, Length: c.Length, Options: c.Options})
	if err != nil {
		return nil, err
	}
	return map[string]any{"status": response.Status, "message": response.Error, "tipsets": len(response.Chain)}, nil
}

// fetch gets blocks by bitswap from whoever is connected; the library checks each against its CID.
func (c *command) fetch(ctx context.Context, n *node) (any, error) {
	ids, err := parseCids(c.Cids)
	if err != nil {
		return nil, err
	}
	blocks, err := n.bitswap.GetBlocks(ctx, ids)
	if err != nil {
		return nil, err
	}
	count, equal := 0, 0
	for block := range blocks {
		count++
		if want, err := n.chain.bytes(block.Cid()); err == nil && bytes.Equal(want, block.RawData()) {
			equal++
		}
	}
	return map[string]int{"blocks": count, "equal": equal}, nil
}

func (c *command) topic(n *node) string {
	if c.Topic == "blocks" {
		return blocksTopic(n.network)
	}
	return messagesTopic(n.network)
}

func (c *command) publish(ctx context.Context, n *node) (any, error) {
	data, err := hex.DecodeString(c.Data)
	if err != nil {
		return nil, err
	}
	return map[string]string{"cid": chainCid(data).String()}, n.publish(ctx, c.topic(n), data)
}

func (c *command) sign(context.Context, *node) (any, error) {
	key, err := readKey(c.Key)
	if err != nil {
		return nil, err
	}
	data, id, err := c.transfer.sign(key)
	return map[string]string{"data": hex.EncodeToString(data), "cid": id.String()}, err
}

// block gives the blocks of an epoch as they are gossiped, and the CIDs of their messages.
func (c *command) block(_ context.Context, n *node) (any, error) {
	tip := n.chain.tipsets[n.chain.upTo(c.Height)]
	if tip.height != c.Height {
		return nil, fmt.Errorf("epoch %d is a null round", c.Height)
	}
	blocks := []map[string]any{}
	for _, header := range tip.blocks {
		data, err := n.chain.blockMessage(header)
		if err != nil {
			return nil, err
		}
		lists, err := n.chain.messageCids(header.messages)
		if err != nil {
			return nil, err
		}
		blocks = append(blocks, map[string]any{
			"cid": header.cid.String(), "data": hex.EncodeToString(data), "gossip_cid": chainCid(data).String(),
			"messages": cidStrings(slices.Concat(lists[0], lists[1])),
		})
	}
	return blocks, nil
}

// heard waits until a message with a CID arrived on a topic, or gives all that did so far.
func (c *command) heard(ctx context.Context, n *node) (any, error) {
	for {
		n.mutex.Lock()
		list := slices.Clone(n.heard[c.topic(n)])
		n.mutex.Unlock()
		if len(c.Cids) == 0 {
			return list, nil
		}
		if i := slices.IndexFunc(list, func(m heardMessage) bool { return m.Cid == c.Cids[0] }); i >= 0 {
			return list[i], nil
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("%s did not arrive", c.Cids[0])
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (c *command) setHead(_ context.Context, n *node) (any, error) {
	index := n.chain.upTo(c.Height)
	n.mutex.Lock()
	n.headIndex = index
	n.mutex.Unlock()
	return cidStrings(n.chain.tipsets[index].cids), nil
}

// find asks the DHT for a peer's addresses, again while the tables along the way are still filling.
func (c *command) find(ctx context.Context, n *node) (any, error) {
	id, err := peer.Decode(c.Peer)
	if err != nil {
		return nil, err
	}
	info, err := n.dht.FindPeer(ctx, id)
	for err != nil && ctx.Err() == nil {
		time.Sleep(50 * time.Millisecond)
		info, err = n.dht.FindPeer(ctx, id)
	}
	if err != nil {
		return nil, err
	}
	addresses := []string{}
	for _, address := range info.Addrs {
		addresses = append(addresses, address.String())
	}
	return addresses, nil
}
