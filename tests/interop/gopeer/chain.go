// SPDX-License-Identifier: MIT OR Apache-2.0

package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/big"
	"os"
	"slices"

	amt "github.com/filecoin-project/go-amt-ipld/v2"
	"github.com/ipfs/boxo/blockstore"
	blocks "github.com/ipfs/go-block-format"
	"github.com/ipfs/go-cid"
	"github.com/ipfs/go-datastore"
	dssync "github.com/ipfs/go-datastore/sync"
	cbor "github.com/ipfs/go-ipld-cbor"
	mh "github.com/multiformats/go-multihash"
	cbg "github.com/whyrusleeping/cbor-gen"
)

const headerFields = 16

// header is what a peer needs of a block header, beside its bytes.
type header struct {
	cid      cid.Cid
	raw      []byte
	parents  []cid.Cid
	weight   *big.Int // of the parents
	height   int64
	messages cid.Cid
}

type tipset struct {
	height int64
	cids   []cid.Cid
	blocks []*header
}

// chain is a recorded chain: every block of its CAR, and its tipsets from genesis to the CAR's root.
type chain struct {
	store   blockstore.Blockstore
	tipsets []*tipset
	byKey   map[string]int
}

// chainCid is the CID of a header or message: CIDv1, DAG-CBOR, blake2b-256.
func chainCid(data []byte) cid.Cid {
	prefix := cid.Prefix{Version: 1, Codec: cid.DagCBOR, MhType: mh.BLAKE2B_MIN + 31, MhLength: 32}
	c, err := prefix.Sum(data)
	if err != nil {
		panic(err) // a hash of bytes in memory has no way to fail
	}
	return c
}

func tipsetKey(cids []cid.Cid) string {
	key := ""
	for _, c := range cids {
		key += c.KeyString()
	}
	return key
}

func loadChain(path string) (*chain, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	c := &chain{store: blockstore.NewBlockstore(dssync.MutexWrap(datastore.NewMapDatastore())), byKey: map[string]int{}}
	roots, err := c.readCar(bufio.NewReader(file))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	for key := roots; len(key) > 0; {
		tip, err := c.load(key)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		c.tipsets = append(c.tipsets, tip)
		if tip.height == 0 {
			break
		}
		key = tip.blocks[0].parents
	}
	slices.Reverse(c.tipsets)
	for index, tip := range c.tipsets {
		c.byKey[tipsetKey(tip.cids)] = index
	}
	if len(c.tipsets) == 0 || c.tipsets[0].height != 0 {
		return nil, fmt.Errorf("%s: no chain that reaches genesis", path)
	}
	return c, nil
}

// readCar stores every block after checking it against its CID, and returns the roots.
func (c *chain) readCar(in *bufio.Reader) ([]cid.Cid, error) {
	first, err := readSection(in)
	if err != nil {
		return nil, err
	}
	roots, err := carRoots(first)
	if err != nil {
		return nil, err
	}
	for {
		section, err := readSection(in)
		if errors.Is(err, io.EOF) {
			return roots, nil
		}
		if err != nil {
			return nil, err
		}
		length, id, err := cid.CidFromBytes(section)
		if err != nil {
			return nil, err
		}
		if sum, err := id.Prefix().Sum(section[length:]); err != nil || !sum.Equals(id) {
			return nil, fmt.Errorf("block %s does not have its CID", id)
		}
		block, err := blocks.NewBlockWithCid(section[length:], id)
		if err != nil {
			return nil, err
		}
		if err := c.store.Put(context.Background(), block); err != nil {
			return nil, err
		}
	}
}

func readSection(in *bufio.Reader) ([]byte, error) {
	length, err := binary.ReadUvarint(in)
	if err != nil {
		return nil, err
	}
	if length == 0 || length > 8<<20 {
		return nil, fmt.Errorf("CAR section of %d bytes", length)
	}
	data := make([]byte, length)
	_, err = io.ReadFull(in, data)
	return data, err
}

// carRoots reads {"roots": [...], "version": 1}.
func carRoots(data []byte) ([]cid.Cid, error) {
	d := newDecoder(bytes.NewReader(data))
	var roots []cid.Cid
	for range d.header(cbg.MajMap, 8) {
		if string(d.chunk(cbg.MajTextString)) == "roots" {
			roots = d.cids()
		} else if version := d.unsigned(); d.err == nil && version != 1 {
			d.fail(fmt.Errorf("CAR version %d", version))
		}
	}
	return roots, d.err
}

func parseHeader(raw []byte) (*header, error) {
	h := &header{cid: chainCid(raw), raw: raw}
	d := newDecoder(bytes.NewReader(raw))
	d.tuple(headerFields)
	for field := range headerFields {
		switch field {
		case 5:
			h.parents = d.cids()
		case 6:
			h.weight = d.bigint()
		case 7:
			h.height = d.signed()
		case 10:
			h.messages = d.cid()
		default:
			d.raw()
		}
	}
	return h, d.err
}

func (c *chain) bytes(id cid.Cid) ([]byte, error) {
	block, err := c.store.Get(context.Background(), id)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", id, err)
	}
	return block.RawData(), nil
}

func (c *chain) load(key []cid.Cid) (*tipset, error) {
	tip := &tipset{cids: key}
	for _, id := range key {
		raw, err := c.bytes(id)
		if err != nil {
			return nil, err
		}
		block, err := parseHeader(raw)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", id, err)
		}
		tip.blocks = append(tip.blocks, block)
		tip.height = block.height
	}
	return tip, nil
}

// messageCids reads both lists of a message meta: BLS, then secp256k1.
func (c *chain) messageCids(meta cid.Cid) (lists [2][]cid.Cid, err error) {
	raw, err := c.bytes(meta)
	if err != nil {
		return lists, err
	}
	d := newDecoder(bytes.NewReader(raw))
	d.tuple(2)
	roots := [2]cid.Cid{d.cid(), d.cid()}
	if d.err != nil {
		return lists, d.err
	}
	ctx := context.Background()
	for i, root := range roots {
		array, err := amt.LoadAMT(ctx, cbor.NewCborStore(c.store), root)
		if err != nil {
			return lists, err
		}
		err = array.ForEach(ctx, func(_ uint64, item *cbg.Deferred) error {
			id, err := cbg.ReadCid(bytes.NewReader(item.Raw))
			lists[i] = append(lists[i], id)
			return err
		})
		if err != nil {
			return lists, err
		}
	}
	return lists, nil
}

// compact gathers a tipset's messages, each once, with the indices that say which block has which.
func (c *chain) compact(tip *tipset) (*compacted, error) {
	var ids [2][]cid.Cid
	var includes [2][][]uint64
	seen := [2]map[cid.Cid]uint64{{}, {}}
	for _, block := range tip.blocks {
		lists, err := c.messageCids(block.messages)
		if err != nil {
			return nil, err
		}
		for kind, list := range lists {
			indices := []uint64{}
			for _, id := range list {
				index, known := seen[kind][id]
				if !known {
					index = uint64(len(ids[kind]))
					seen[kind][id] = index
					ids[kind] = append(ids[kind], id)
				}
				indices = append(indices, index)
			}
			includes[kind] = append(includes[kind], indices)
		}
	}
	out := &compacted{BlsIncludes: includes[0], SecpkIncludes: includes[1]}
	for kind, target := range []*[][]byte{&out.Bls, &out.Secpk} {
		for _, id := range ids[kind] {
			raw, err := c.bytes(id)
			if err != nil {
				return nil, err
			}
			*target = append(*target, raw)
		}
	}
	return out, nil
}

// upTo is the index of the last tipset that is not above a height.
func (c *chain) upTo(height int64) int {
	index := 0
	for i, tip := range c.tipsets {
		if tip.height <= height {
			index = i
		}
	}
	return index
}
