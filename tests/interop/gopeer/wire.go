// SPDX-License-Identifier: MIT OR Apache-2.0

package main

import (
	"errors"
	"fmt"
	"io"
	"math/big"

	"github.com/ipfs/go-cid"
	cbg "github.com/whyrusleeping/cbor-gen"
)

// The frames of hello and chain exchange (reference/protocol.md, section 7), read and written with the
// CBOR library that Lotus generates its code for. Headers and messages stay the bytes they arrived as,
// so that what a peer sent can be compared with the recording to the last byte.

const (
	helloProtocol    = "/fil/hello/1.0.0"
	exchangeProtocol = "/fil/chain/xchg/0.0.1"

	wantHeaders  = 1
	wantMessages = 2

	statusOk            = 0
	statusPartial       = 101
	statusInternalError = 203
	statusBadRequest    = 204

	maxRequestLength = 900
	maxListLength    = 150_000 // 10,000 messages in each of 15 blocks
	maxResponseBytes = 120 << 20
)

type helloMessage struct {
	Head    []cid.Cid
	Height  int64
	Weight  *big.Int
	Genesis cid.Cid
}

type latencyMessage struct {
	Arrival int64
	Sent    int64
}

type exchangeRequest struct {
	Head    []cid.Cid
	Length  uint64
	Options uint64
}

type exchangeResponse struct {
	Status uint64
	Error  string
	Chain  []wireTipset
}

type wireTipset struct {
	Blocks   [][]byte
	Messages *compacted
}

type compacted struct {
	Bls           [][]byte
	BlsIncludes   [][]uint64
	Secpk         [][]byte
	SecpkIncludes [][]uint64
}

// encoder remembers the first error, so that a frame is written as a list of its fields.
type encoder struct {
	out io.Writer
	err error
}

func (e *encoder) header(major byte, value uint64) {
	if e.err == nil {
		e.err = cbg.WriteMajorTypeHeader(e.out, major, value)
	}
}

func (e *encoder) array(length int)  { e.header(cbg.MajArray, uint64(length)) }
func (e *encoder) unsigned(v uint64) { e.header(cbg.MajUnsignedInt, v) }
func (e *encoder) raw(data []byte)   { e.write(data) }
func (e *encoder) bigint(v *big.Int) { e.bytes(bigintBytes(v)) }
func (e *encoder) null()             { e.write(cbg.CborNull) }

func (e *encoder) text(text string) {
	e.header(cbg.MajTextString, uint64(len(text)))
	e.write([]byte(text))
}

func (e *encoder) bytes(data []byte) {
	e.header(cbg.MajByteString, uint64(len(data)))
	e.write(data)
}

func (e *encoder) rawList(list [][]byte) {
	e.array(len(list))
	for _, item := range list {
		e.raw(item)
	}
}

func (e *encoder) cids(list []cid.Cid) {
	e.array(len(list))
	for _, item := range list {
		e.cid(item)
	}
}

func (e *encoder) write(data []byte) {
	if e.err == nil {
		_, e.err = e.out.Write(data)
	}
}

func (e *encoder) signed(v int64) {
	if v >= 0 {
		e.header(cbg.MajUnsignedInt, uint64(v))
		return
	}
	e.header(cbg.MajNegativeInt, uint64(-v-1))
}

func (e *encoder) cid(c cid.Cid) {
	if e.err == nil {
		e.err = cbg.WriteCid(e.out, c)
	}
}

func (e *encoder) includes(list [][]uint64) {
	e.array(len(list))
	for _, indices := range list {
		e.array(len(indices))
		for _, index := range indices {
			e.unsigned(index)
		}
	}
}

// bigintBytes is Filecoin's form: nothing for zero, else a sign byte and the magnitude.
func bigintBytes(v *big.Int) []byte {
	if v.Sign() == 0 {
		return nil
	}
	sign := byte(0)
	if v.Sign() < 0 {
		sign = 1
	}
	return append([]byte{sign}, v.Bytes()...)
}

func parseBigint(data []byte) (*big.Int, error) {
	if len(data) == 0 {
		return new(big.Int), nil
	}
	value := new(big.Int).SetBytes(data[1:])
	switch data[0] {
	case 0:
		return value, nil
	case 1:
		return value.Neg(value), nil
	}
	return nil, fmt.Errorf("sign byte %d", data[0])
}

func (m *helloMessage) encode(out io.Writer) error {
	e := encoder{out: out}
	e.array(4)
	e.cids(m.Head)
	e.signed(m.Height)
	e.bigint(m.Weight)
	e.cid(m.Genesis)
	return e.err
}

func (m *latencyMessage) encode(out io.Writer) error {
	e := encoder{out: out}
	e.array(2)
	e.signed(m.Arrival)
	e.signed(m.Sent)
	return e.err
}

func (r *exchangeRequest) encode(out io.Writer) error {
	e := encoder{out: out}
	e.array(3)
	e.cids(r.Head)
	e.unsigned(r.Length)
	e.unsigned(r.Options)
	return e.err
}

func (r *exchangeResponse) encode(out io.Writer) error {
	e := encoder{out: out}
	e.array(3)
	e.unsigned(r.Status)
	e.text(r.Error)
	e.array(len(r.Chain))
	for _, tipset := range r.Chain {
		e.array(2)
		e.rawList(tipset.Blocks)
		if tipset.Messages == nil {
			e.null()
			continue
		}
		e.array(4)
		e.rawList(tipset.Messages.Bls)
		e.includes(tipset.Messages.BlsIncludes)
		e.rawList(tipset.Messages.Secpk)
		e.includes(tipset.Messages.SecpkIncludes)
	}
	return e.err
}

// decoder is the encoder's counterpart: after the first error every read gives nothing.
type decoder struct {
	in  *cbg.CborReader
	err error
}

func newDecoder(in io.Reader) *decoder { return &decoder{in: cbg.NewCborReader(in)} }

// fail keeps the first error; nil is none.
func (d *decoder) fail(err error) {
	if d.err == nil {
		d.err = err
	}
}

func (d *decoder) header(major byte, limit uint64) uint64 {
	if d.err != nil {
		return 0
	}
	got, value, err := d.in.ReadHeader()
	switch {
	case err != nil:
		d.fail(err)
	case got != major:
		d.fail(fmt.Errorf("CBOR type %d where %d belongs", got, major))
	case value > limit:
		d.fail(fmt.Errorf("%d is more than %d", value, limit))
	default:
		return value
	}
	return 0
}

func (d *decoder) array(limit uint64) int { return int(d.header(cbg.MajArray, limit)) }
func (d *decoder) unsigned() uint64       { return d.header(cbg.MajUnsignedInt, ^uint64(0)) }

// tuple reads the head of an array that must have exactly this many fields.
func (d *decoder) tuple(fields int) {
	if got := d.array(64); d.err == nil && got != fields {
		d.fail(fmt.Errorf("%d fields where %d belong", got, fields))
	}
}

func (d *decoder) signed() int64 {
	if d.err != nil {
		return 0
	}
	major, value, err := d.in.ReadHeader()
	if err != nil {
		d.fail(err)
		return 0
	}
	switch major {
	case cbg.MajUnsignedInt:
		return int64(value)
	case cbg.MajNegativeInt:
		return -int64(value) - 1
	}
	d.fail(errors.New("no integer"))
	return 0
}

func (d *decoder) chunk(major byte) []byte {
	data := make([]byte, d.header(major, 2<<20))
	if d.err != nil {
		return nil
	}
	if _, err := io.ReadFull(d.in, data); err != nil {
		d.fail(err)
	}
	return data
}

func (d *decoder) bigint() *big.Int {
	value, err := parseBigint(d.chunk(cbg.MajByteString))
	if err != nil {
		d.fail(err)
		return new(big.Int)
	}
	return value
}

func (d *decoder) cid() cid.Cid {
	if d.err != nil {
		return cid.Undef
	}
	c, err := cbg.ReadCid(d.in)
	if err != nil {
		d.fail(err)
	}
	return c
}

func (d *decoder) cids() []cid.Cid {
	list := make([]cid.Cid, d.array(cbg.MaxLength))
	for i := range list {
		list[i] = d.cid()
	}
	return list
}

func (d *decoder) raw() []byte {
	if d.err != nil {
		return nil
	}
	var item cbg.Deferred
	if err := item.UnmarshalCBOR(d.in); err != nil {
		d.fail(err)
	}
	return item.Raw
}

func (d *decoder) rawList() [][]byte {
	list := make([][]byte, d.array(maxListLength))
	for i := range list {
		list[i] = d.raw()
	}
	return list
}

func (d *decoder) includes() [][]uint64 {
	list := make([][]uint64, d.array(cbg.MaxLength))
	for i := range list {
		list[i] = make([]uint64, d.array(maxListLength))
		for j := range list[i] {
			list[i][j] = d.unsigned()
		}
	}
	return list
}

func (m *helloMessage) decode(in io.Reader) error {
	d := newDecoder(in)
	d.tuple(4)
	m.Head, m.Height, m.Weight, m.Genesis = d.cids(), d.signed(), d.bigint(), d.cid()
	return d.err
}

func (m *latencyMessage) decode(in io.Reader) error {
	d := newDecoder(in)
	d.tuple(2)
	m.Arrival, m.Sent = d.signed(), d.signed()
	return d.err
}

func (r *exchangeRequest) decode(in io.Reader) error {
	d := newDecoder(in)
	d.tuple(3)
	r.Head, r.Length, r.Options = d.cids(), d.unsigned(), d.unsigned()
	return d.err
}

func (r *exchangeResponse) decode(in io.Reader) error {
	d := newDecoder(io.LimitReader(in, maxResponseBytes))
	d.tuple(3)
	r.Status, r.Error = d.unsigned(), string(d.chunk(cbg.MajTextString))
	r.Chain = make([]wireTipset, d.array(cbg.MaxLength))
	for i := range r.Chain {
		r.Chain[i].decode(d)
	}
	return d.err
}

// decode takes null for the messages of a headers-only answer, as Lotus sends and expects it.
func (t *wireTipset) decode(d *decoder) {
	d.tuple(2)
	t.Blocks = d.rawList()
	if d.err != nil {
		return
	}
	first, err := d.in.ReadByte()
	if err != nil || first == cbg.CborNull[0] {
		d.fail(err)
		return
	}
	d.fail(d.in.UnreadByte())
	d.tuple(4)
	t.Messages = &compacted{}
	t.Messages.Bls, t.Messages.BlsIncludes = d.rawList(), d.includes()
	t.Messages.Secpk, t.Messages.SecpkIncludes = d.rawList(), d.includes()
}
