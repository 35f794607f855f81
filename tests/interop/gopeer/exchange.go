// SPDX-License-Identifier: MIT OR Apache-2.0

package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/ipfs/go-cid"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
)

const (
	requestDeadline = 10 * time.Second
	answerDeadline  = 60 * time.Second
)

func (n *node) answerExchange(stream network.Stream) {
	defer stream.Close()
	_ = stream.SetReadDeadline(time.Now().Add(requestDeadline))
	var request exchangeRequest
	if err := request.decode(bufio.NewReader(stream)); err != nil {
		n.note("bad_exchange")
		return
	}
	n.note(fmt.Sprintf("exchange_%d", request.Options))
	_ = stream.SetDeadline(time.Now().Add(answerDeadline))
	out := bufio.NewWriter(stream)
	if err := n.serve(&request).encode(out); err == nil {
		_ = out.Flush()
	}
}

func (n *node) serve(request *exchangeRequest) *exchangeResponse {
	switch {
	case request.Options&(wantHeaders|wantMessages) == 0:
		return &exchangeResponse{Status: statusBadRequest, Error: "no options set"}
	case request.Length == 0 || request.Length > maxRequestLength:
		return &exchangeResponse{Status: statusBadRequest, Error: "length out of range"}
	case len(request.Head) == 0:
		return &exchangeResponse{Status: statusBadRequest, Error: "no head"}
	}
	index, known := n.chain.byKey[tipsetKey(request.Head)]
	if !known {
		return &exchangeResponse{Status: statusInternalError, Error: "tipset not found"}
	}
	response := &exchangeResponse{Status: statusOk}
	for ; index >= 0 && len(response.Chain) < int(request.Length); index-- {
		tip, item := n.chain.tipsets[index], wireTipset{}
		if request.Options&wantHeaders != 0 {
			for _, block := range tip.blocks {
				item.Blocks = append(item.Blocks, block.raw)
			}
		}
		if request.Options&wantMessages != 0 {
			messages, err := n.chain.compact(tip)
			if err != nil {
				return &exchangeResponse{Status: statusInternalError, Error: err.Error()}
			}
			item.Messages = messages
		}
		response.Chain = append(response.Chain, item)
	}
	if len(response.Chain) < int(request.Length) {
		response.Status = statusPartial
	}
	return response
}

func (n *node) exchange(ctx context.Context, from peer.ID, request *exchangeRequest) (*exchangeResponse, error) {
	stream, err := n.host.NewStream(network.WithNoDial(ctx, "exchange"), from, exchangeProtocol)
	if err != nil {
		return nil, err
	}
	defer stream.Close()
	_ = stream.SetDeadline(time.Now().Add(answerDeadline))
	if err := request.encode(stream); err != nil {
		return nil, err
	}
	if err := stream.CloseWrite(); err != nil {
		return nil, err
	}
	response := &exchangeResponse{}
	return response, response.decode(bufio.NewReader(stream))
}

type walkResult struct {
	Requests int `json:"requests"`
	Tipsets  int `json:"tipsets"`
	Blocks   int `json:"blocks"`
	Messages int `json:"messages"`
	Bytes    int `json:"bytes"`
}

// walk reads the chain of a peer from a head back to genesis and compares every byte with the recording.
func (n *node) walk(ctx context.Context, from peer.ID, head []cid.Cid, window, options uint64) (walkResult, error) {
	result := walkResult{}
	index, known := n.chain.byKey[tipsetKey(head)]
	if !known {
		return result, fmt.Errorf("head %v is not in the recording", head)
	}
	for index >= 0 {
		request := &exchangeRequest{Head: n.chain.tipsets[index].cids, Length: window, Options: options}
		response, err := n.exchange(ctx, from, request)
		result.Requests++
		if err != nil {
			return result, fmt.Errorf("from %d: %w", n.chain.tipsets[index].height, err)
		}
		want := min(int(window), index+1)
		full := response.Status == statusOk && want == int(window)
		last := response.Status == statusPartial && want < int(window)
		if len(response.Chain) != want || !(full || last) {
			return result, fmt.Errorf("from %d: status %d (%s) with %d tipsets, wanted %d", n.chain.tipsets[index].height,
				response.Status, response.Error, len(response.Chain), want)
		}
		for i := range response.Chain {
			if err := n.compare(&result, n.chain.tipsets[index-i], &response.Chain[i], options); err != nil {
				return result, fmt.Errorf("epoch %d: %w", n.chain.tipsets[index-i].height, err)
			}
		}
		index -= want
	}
	return result, nil
}

func (n *node) compare(result *walkResult, want *tipset, got *wireTipset, options uint64) error {
	result.Tipsets++
	if options&wantHeaders == 0 && len(got.Blocks) != 0 {
		return fmt.Errorf("%d headers that nobody asked for", len(got.Blocks))
	}
	if options&wantHeaders != 0 {
		if len(got.Blocks) != len(want.blocks) {
			return fmt.Errorf("%d blocks, recorded %d", len(got.Blocks), len(want.blocks))
		}
		for i, raw := range got.Blocks {
			if !bytes.Equal(raw, want.blocks[i].raw) {
				return fmt.Errorf("block %d differs from the recording", i)
			}
			result.Blocks++
			result.Bytes += len(raw)
		}
	}
	if (got.Messages != nil) != (options&wantMessages != 0) {
		return fmt.Errorf("messages there: %t, asked for: %t", got.Messages != nil, options&wantMessages != 0)
	}
	if got.Messages == nil {
		return nil
	}
	messages, err := n.chain.compact(want)
	if err != nil {
		return err
	}
	same := func(a, b [][]byte) bool { return slices.EqualFunc(a, b, bytes.Equal) }
	indices := func(a, b [][]uint64) bool { return slices.EqualFunc(a, b, slices.Equal[[]uint64]) }
	if !same(messages.Bls, got.Messages.Bls) || !same(messages.Secpk, got.Messages.Secpk) {
		return fmt.Errorf("messages differ from the recording")
	}
	if !indices(messages.BlsIncludes, got.Messages.BlsIncludes) || !indices(messages.SecpkIncludes, got.Messages.SecpkIncludes) {
		return fmt.Errorf("the blocks' shares of the messages differ")
	}
	for _, raw := range slices.Concat(messages.Bls, messages.Secpk) {
		result.Messages++
		result.Bytes += len(raw)
	}
	return nil
}
