package zstd

import (
	"encoding/binary"
	"math/bits"
)

// huffmanBits is the length of the longest code.
const huffmanBits = 11

// A huffman is a table of Huffman codes, by the next huffmanBits bits: what the
// code stands for in the high byte, its length in the low one.
type huffman struct {
	table [1 << huffmanBits]uint16
	set   bool
}

// read reads the description of a tree (RFC 8878, 4.2.1) from buf[at:end] and
// returns where it ends. It is false if there is none.
func (h *huffman) read(buf []byte, at, end int) (after int, ok bool) {
	if at == end {
		return 0, false
	}
	var weights [256]uint8
	n, first := 0, int(buf[at])
	at++
	if first >= 128 {
		n, after = first-127, at+(first-127+1)/2
		if after > end {
			return 0, false
		}
		for i := range n {
			weights[i] = buf[at+i/2] >> (4 - i&1*4) & 15
		}
	} else if after = at + first; after > end {
		return 0, false
	} else if n, ok = readWeights(weights[:255], buf, at, after); !ok {
		return 0, false
	}
	h.set = h.build(&weights, n)
	return after, h.set
}

// readWeights decodes weights that are compressed (RFC 8878, 4.2.1.2) with two
// states in turn, until there are no bits for the next state.
func readWeights(weights []uint8, buf []byte, at, end int) (n int, ok bool) {
	var d distribution
	size, ok := d.read(buf[at:end], 255, 6)
	if !ok {
		return 0, false
	}
	at += size
	var t [1 << 6]fseEntry
	d.table(t[:])
	b, ok := newBackward(buf, at, end)
	if !ok {
		return 0, false
	}
	state, other := b.take(buf, d.accuracy), b.take(buf, d.accuracy)
	if b.left(at) < 0 {
		return 0, false
	}
	for n < len(weights)-1 {
		e := t[state&63]
		weights[n] = e.symbol
		n++
		state = uint32(e.next) + b.take(buf, int(e.bits))
		if b.left(at) < 0 {
			weights[n] = t[other&63].symbol
			return n + 1, true
		}
		state, other = other, state
	}
	return 0, false
}

// build fills the table by n weights and the last one, which follows from them
// (RFC 8878, 4.2.1.3): a code has one bit less for each weight more.
func (h *huffman) build(weights *[256]uint8, n int) bool {
	var count [huffmanBits + 2]int
	sum := 0
	for _, w := range weights[:n] {
		if w > huffmanBits {
			return false
		}
		count[w]++
		sum += 1 << w >> 1
	}
	longest := bits.Len(uint(sum))
	last := 1<<longest - sum
	if sum == 0 || longest > huffmanBits || last&(last-1) != 0 {
		return false
	}
	weights[n] = uint8(bits.Len(uint(last)))
	if count[weights[n]]++; count[1] < 2 || count[1]%2 != 0 {
		return false
	}
	var start [huffmanBits + 2]int
	scale := huffmanBits - longest
	for w := 1; w <= longest; w++ {
		start[w+1] = start[w] + count[w]<<(w-1+scale)
	}
	for s, w := range weights[:n+1] {
		if w > 0 {
			e := uint16(s<<8 | longest + 1 - int(w))
			from := start[w]
			start[w] += 1 << (int(w) - 1 + scale)
			run := h.table[from:start[w]]
			for i := range run {
				run[i] = e
			}
		}
	}
	return true
}

// decode fills dst from the stream in buf[start:end].
func (h *huffman) decode(dst, buf []byte, start, end int) bool {
	b, ok := newBackward(buf, start, end)
	return ok && h.finish(dst, buf, &b) && b.left(start) == 0
}

// finish fills dst with what comes next.
func (h *huffman) finish(dst, buf []byte, b *backward) bool {
	for len(dst) > 0 {
		b.at, b.used = b.at-b.used>>3, b.used&7
		if b.at < 0 {
			return false
		}
		acc := binary.LittleEndian.Uint64(buf[b.at:]) << b.used
		n := min(5, len(dst))
		for i := range dst[:n] {
			e := h.table[acc>>(64-huffmanBits)]
			dst[i] = uint8(e >> 8)
			acc <<= e & 63
			b.used += int(e & 63)
		}
		dst = dst[n:]
	}
	return true
}

// decode4 fills dst from the four streams in buf[start:end], ahead of which
// there are the sizes of the first three (RFC 8878, 3.1.1.3.1.6).
func (h *huffman) decode4(dst, buf []byte, start, end int) bool {
	quarter := (len(dst) + 3) / 4
	if end-start < 6 || 3*quarter > len(dst) {
		return false
	}
	var starts [5]int
	starts[0], starts[4] = start+6, end
	for i := range 3 {
		starts[i+1] = starts[i] + int(binary.LittleEndian.Uint16(buf[start+2*i:]))
	}
	var b [4]backward
	for i := range b {
		var ok bool
		if starts[i+1] > end {
			return false
		}
		if b[i], ok = newBackward(buf, starts[i], starts[i+1]); !ok {
			return false
		}
	}
	d := [4][]byte{dst[:quarter], dst[quarter : 2*quarter], dst[2*quarter : 3*quarter], dst[3*quarter:]}
	n := h.together(&d, buf, &b)
	for i := range b {
		if n < 0 || !h.finish(d[i][n:], buf, &b[i]) || b[i].left(starts[i]) != 0 {
			return false
		}
	}
	return true
}

// together decodes from all four streams, five symbols of each at a time, as
// long as the last, which is the shortest, has them, and returns how many each
// has. It is what takes the time, so that it does without calls.
func (h *huffman) together(dst *[4][]byte, buf []byte, b *[4]backward) int {
	t := &h.table
	rounds := len(dst[3]) / 5
	d0, d1, d2, d3 := dst[0], dst[1], dst[2], dst[3]
	at0, at1, at2, at3 := b[0].at, b[1].at, b[2].at, b[3].at
	used0, used1, used2, used3 := b[0].used, b[1].used, b[2].used, b[3].used
	for range rounds {
		at0, used0 = at0-used0>>3, used0&7
		at1, used1 = at1-used1>>3, used1&7
		at2, used2 = at2-used2>>3, used2&7
		at3, used3 = at3-used3>>3, used3&7
		if at0|at1|at2|at3 < 0 {
			return -1
		}
		acc0 := binary.LittleEndian.Uint64(buf[at0:]) << (used0 & 7)
		acc1 := binary.LittleEndian.Uint64(buf[at1:]) << (used1 & 7)
		acc2 := binary.LittleEndian.Uint64(buf[at2:]) << (used2 & 7)
		acc3 := binary.LittleEndian.Uint64(buf[at3:]) << (used3 & 7)
		p0, p1, p2, p3 := (*[5]byte)(d0), (*[5]byte)(d1), (*[5]byte)(d2), (*[5]byte)(d3)
		d0, d1, d2, d3 = d0[5:], d1[5:], d2[5:], d3[5:]

		e0, e1, e2, e3 := t[acc0>>53], t[acc1>>53], t[acc2>>53], t[acc3>>53]
		p0[0], p1[0], p2[0], p3[0] = byte(e0>>8), byte(e1>>8), byte(e2>>8), byte(e3>>8)
		acc0, acc1, acc2, acc3 = acc0<<(e0&63), acc1<<(e1&63), acc2<<(e2&63), acc3<<(e3&63)
		sum0, sum1, sum2, sum3 := e0, e1, e2, e3

		e0, e1, e2, e3 = t[acc0>>53], t[acc1>>53], t[acc2>>53], t[acc3>>53]
		p0[1], p1[1], p2[1], p3[1] = byte(e0>>8), byte(e1>>8), byte(e2>>8), byte(e3>>8)
		acc0, acc1, acc2, acc3 = acc0<<(e0&63), acc1<<(e1&63), acc2<<(e2&63), acc3<<(e3&63)
		sum0, sum1, sum2, sum3 = sum0+e0, sum1+e1, sum2+e2, sum3+e3

		e0, e1, e2, e3 = t[acc0>>53], t[acc1>>53], t[acc2>>53], t[acc3>>53]
		p0[2], p1[2], p2[2], p3[2] = byte(e0>>8), byte(e1>>8), byte(e2>>8), byte(e3>>8)
		acc0, acc1, acc2, acc3 = acc0<<(e0&63), acc1<<(e1&63), acc2<<(e2&63), acc3<<(e3&63)
		sum0, sum1, sum2, sum3 = sum0+e0, sum1+e1, sum2+e2, sum3+e3

		e0, e1, e2, e3 = t[acc0>>53], t[acc1>>53], t[acc2>>53], t[acc3>>53]
		p0[3], p1[3], p2[3], p3[3] = byte(e0>>8), byte(e1>>8), byte(e2>>8), byte(e3>>8)
		acc0, acc1, acc2, acc3 = acc0<<(e0&63), acc1<<(e1&63), acc2<<(e2&63), acc3<<(e3&63)
		sum0, sum1, sum2, sum3 = sum0+e0, sum1+e1, sum2+e2, sum3+e3

		e0, e1, e2, e3 = t[acc0>>53], t[acc1>>53], t[acc2>>53], t[acc3>>53]
		p0[4], p1[4], p2[4], p3[4] = byte(e0>>8), byte(e1>>8), byte(e2>>8), byte(e3>>8)
		used0 += int((sum0 + e0) & 255)
		used1 += int((sum1 + e1) & 255)
		used2 += int((sum2 + e2) & 255)
		used3 += int((sum3 + e3) & 255)
	}
	b[0], b[1], b[2], b[3] = backward{at0, used0}, backward{at1, used1}, backward{at2, used2}, backward{at3, used3}
	return rounds * 5
}
