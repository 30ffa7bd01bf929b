package zstd

import (
	"encoding/binary"
	"math/bits"
)

const (
	prime1 = 0x9e3779b185ebca87
	prime2 = 0xc2b2ae3d27d4eb4f
	prime3 = 0x165667b19e3779f9
	prime4 = 0x85ebca77c2b2ae63
	prime5 = 0x27d4eb2f165667c5
)

// An xxh64 is the hash XXH64 with seed 0, whose low half is a frame's checksum.
type xxh64 struct {
	v    [4]uint64
	rest [32]byte // the last size % 32 bytes
	size uint64
}

func (x *xxh64) reset() {
	one := uint64(prime1) // a variable: the sums wrap
	*x = xxh64{v: [4]uint64{one + prime2, prime2, 0, -one}}
}

func (x *xxh64) write(p []byte) {
	used := int(x.size % 32)
	x.size += uint64(len(p))
	if used > 0 {
		n := copy(x.rest[used:], p)
		if p = p[n:]; used+n < 32 {
			return
		}
		x.stripes(x.rest[:])
	}
	whole := len(p) &^ 31
	x.stripes(p[:whole])
	copy(x.rest[:], p[whole:])
}

// stripes takes a multiple of 32 bytes.
func (x *xxh64) stripes(p []byte) {
	v0, v1, v2, v3 := x.v[0], x.v[1], x.v[2], x.v[3]
	for len(p) >= 32 {
		v0 = round(v0, binary.LittleEndian.Uint64(p))
		v1 = round(v1, binary.LittleEndian.Uint64(p[8:]))
		v2 = round(v2, binary.LittleEndian.Uint64(p[16:]))
		v3 = round(v3, binary.LittleEndian.Uint64(p[24:]))
		p = p[32:]
	}
	x.v = [4]uint64{v0, v1, v2, v3}
}

func round(v, n uint64) uint64 { return bits.RotateLeft64(v+n*prime2, 31) * prime1 }

func (x *xxh64) sum() uint64 {
	h := x.v[2] + prime5
	if x.size >= 32 {
		h = bits.RotateLeft64(x.v[0], 1) + bits.RotateLeft64(x.v[1], 7) +
			bits.RotateLeft64(x.v[2], 12) + bits.RotateLeft64(x.v[3], 18)
		for _, v := range x.v {
			h = (h^round(0, v))*prime1 + prime4
		}
	}
	h += x.size
	p := x.rest[:x.size%32]
	for ; len(p) >= 8; p = p[8:] {
		h = bits.RotateLeft64(h^round(0, binary.LittleEndian.Uint64(p)), 27)*prime1 + prime4
	}
	if len(p) >= 4 {
		h = bits.RotateLeft64(h^uint64(binary.LittleEndian.Uint32(p))*prime1, 23)*prime2 + prime3
		p = p[4:]
	}
	for _, b := range p {
		h = bits.RotateLeft64(h^uint64(b)*prime5, 11) * prime1
	}
	h = (h ^ h>>33) * prime2
	h = (h ^ h>>29) * prime3
	return h ^ h>>32
}
