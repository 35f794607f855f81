// SPDX-License-Identifier: MIT OR Apache-2.0

package main

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/big"
	"os"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"
	"github.com/decred/dcrd/dcrec/secp256k1/v4/ecdsa"
	"github.com/ipfs/go-cid"
	"golang.org/x/crypto/blake2b"
)

const signatureSecp256k1 = 1

// transfer is a plain send between an account with a secp256k1 key and an actor known by its number.
type transfer struct {
	ToId      uint64 `json:"to_id"`
	Nonce     uint64 `json:"nonce"`
	Value     int64  `json:"value"`
	GasLimit  int64  `json:"gas_limit"`
	FeeCap    int64  `json:"fee_cap"`
	Premium   int64  `json:"premium"`
	Signature string `json:"signature"` // "wrong": a signature of something else
}

// readKey reads a key as Lotus exports it: hex of JSON.
func readKey(path string) (*secp256k1.PrivateKey, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	data, err := hex.DecodeString(string(bytes.TrimSpace(text)))
	if err != nil {
		return nil, err
	}
	var key struct {
		Type       string
		PrivateKey []byte
	}
	if err := json.Unmarshal(data, &key); err != nil {
		return nil, err
	}
	if key.Type != "secp256k1" {
		return nil, fmt.Errorf("%s holds a %s key", path, key.Type)
	}
	return secp256k1.PrivKeyFromBytes(key.PrivateKey), nil
}

func keyAddress(key *secp256k1.PrivateKey) ([]byte, error) {
	hash, err := blake2b.New(20, nil)
	if err != nil {
		return nil, err
	}
	hash.Write(key.PubKey().SerializeUncompressed())
	return hash.Sum([]byte{1}), nil
}

// sign gives the signed message as it is gossiped, and the CID it has in a block.
func (t *transfer) sign(key *secp256k1.PrivateKey) ([]byte, cid.Cid, error) {
	from, err := keyAddress(key)
	if err != nil {
		return nil, cid.Undef, err
	}
	var message bytes.Buffer
	e := encoder{out: &message}
	e.array(10)
	e.unsigned(0) // version
	e.bytes(binary.AppendUvarint([]byte{0}, t.ToId))
	e.bytes(from)
	e.unsigned(t.Nonce)
	e.bigint(big.NewInt(t.Value))
	e.signed(t.GasLimit)
	e.bigint(big.NewInt(t.FeeCap))
	e.bigint(big.NewInt(t.Premium))
	e.unsigned(0) // method
	e.bytes(nil)
	if e.err != nil {
		return nil, cid.Undef, e.err
	}
	signed := chainCid(message.Bytes()).Bytes()
	if t.Signature == "wrong" {
		signed = append(signed, 0)
	}
	hash := blake2b.Sum256(signed)
	compact := ecdsa.SignCompact(key, hash[:], false)
	signature := append([]byte{signatureSecp256k1}, compact[1:]...)
	signature = append(signature, compact[0]-27)
	out := bytes.Buffer{}
	e = encoder{out: &out}
	e.array(2)
	e.raw(message.Bytes())
	e.bytes(signature)
	return out.Bytes(), chainCid(out.Bytes()), e.err
}

// blockMessage is a block as it is gossiped: its header and the CIDs of its messages.
func (c *chain) blockMessage(block *header) ([]byte, error) {
	lists, err := c.messageCids(block.messages)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	e := encoder{out: &out}
	e.array(3)
	e.raw(block.raw)
	e.cids(lists[0])
	e.cids(lists[1])
	return out.Bytes(), e.err
}
