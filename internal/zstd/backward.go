package zstd

import (
	"encoding/binary"
	"math/bits"
)

// A backward reads bits from the end of bytes to their beginning: the first is
// below the highest that is set in the last byte (RFC 8878, 4.1).
//
// It keeps only where it is. To read, eight bytes are loaded and shifted until
// what comes next is at the top:
//
//	b.at, b.used = b.at-b.used>>3, b.used&7
//	acc := binary.LittleEndian.Uint64(buf[b.at:]) << b.used
//
// which gives 57 bits at least. Those before the beginning come from what is
// there before the bytes and mean nothing; that they were used is seen at the
// end, as then left is negative.
type backward struct {
	at   int // of the eight bytes in the buffer
	used int // of their bits, from the top
}

// newBackward returns a reader of buf[start:end], ahead of which eight bytes can
// be loaded, too. It is false when the highest bit isn't there.
func newBackward(buf []byte, start, end int) (b backward, ok bool) {
	if start >= end || buf[end-1] == 0 {
		return backward{}, false
	}
	return backward{end - 8, bits.LeadingZeros8(buf[end-1]) + 1}, true
}

// left returns how many bits there are down to start.
func (b *backward) left(start int) int { return (b.at-start)*8 + 64 - b.used }

// take returns the next n bits, at most 32.
func (b *backward) take(buf []byte, n int) uint32 {
	b.at, b.used = b.at-b.used>>3, b.used&7
	if b.at < 0 {
		return 0
	}
	acc := binary.LittleEndian.Uint64(buf[b.at:]) << b.used
	b.used += n
	return uint32(acc >> (64 - n))
}
