package zstd

import (
	"encoding/binary"
	"math/bits"
)

// An fseEntry is a state of a decoder of finite state entropy: the symbol that
// it stands for, and the next state, which is next and as many bits as bits says.
type fseEntry struct {
	next   uint16
	symbol uint8
	bits   uint8
}

// A distribution is the probability of each symbol in 1<<accuracy parts; -1 is
// less than one of them.
type distribution struct {
	parts    [256]int16
	symbols  int // that are in it
	accuracy int
}

// A forward reads bits from the low end of bytes, the first byte first.
type forward struct {
	data []byte
	bit  int
}

// peek returns at least 32 bits that come next, 0 after the end.
func (f *forward) peek() uint64 {
	at := f.bit >> 3
	if at+8 <= len(f.data) {
		return binary.LittleEndian.Uint64(f.data[at:]) >> (f.bit & 7)
	}
	var tail [8]byte
	copy(tail[:], f.data[min(at, len(f.data)):])
	return binary.LittleEndian.Uint64(tail[:]) >> (f.bit & 7)
}

// read reads the description of a table (RFC 8878, 4.1.1) of at most maxSymbol
// and limit as accuracy, and returns how many bytes it takes. It is false if
// data isn't one.
func (d *distribution) read(data []byte, maxSymbol, limit int) (size int, ok bool) {
	f := forward{data: data}
	d.accuracy = int(f.peek()&15) + 5
	f.bit = 4
	if d.accuracy > limit {
		return 0, false
	}
	left, symbol := 1<<d.accuracy, 0
	for left > 0 && symbol <= maxSymbol {
		// The value is from 0 to left+1. So many values fewer than a power of two
		// take a bit less.
		n := bits.Len(uint(left + 1))
		short := 1<<n - 1 - (left + 1)
		v := int(f.peek()) & (1<<n - 1)
		if low := v & (1<<(n-1) - 1); low < short {
			v = low
			f.bit += n - 1
		} else {
			if v >= 1<<(n-1) {
				v -= short
			}
			f.bit += n
		}
		part := v - 1
		left -= max(part, -part)
		d.parts[symbol] = int16(part)
		symbol++
		for repeat := part == 0; repeat; {
			zeros := int(f.peek() & 3)
			f.bit += 2
			if symbol+zeros > maxSymbol {
				return 0, false
			}
			clear(d.parts[symbol : symbol+zeros])
			symbol += zeros
			repeat = zeros == 3
		}
	}
	d.symbols = symbol
	size = (f.bit + 7) / 8
	return size, left == 0 && size <= len(data)
}

// table fills t, which has 1<<accuracy entries (RFC 8878, 4.1.1).
func (d *distribution) table(t []fseEntry) {
	size := 1 << d.accuracy
	t = t[:size]
	var next [256]uint16
	high := size
	for s, n := range d.parts[:d.symbols] {
		next[s] = uint16(n)
		if n < 0 {
			high--
			t[high].symbol = uint8(s)
			next[s] = 1
		}
	}
	at, step := 0, size>>1+size>>3+3
	for s, n := range d.parts[:d.symbols] {
		for range n {
			t[at].symbol = uint8(s)
			for at = (at + step) & (size - 1); at >= high; {
				at = (at + step) & (size - 1)
			}
		}
	}
	for i := range t {
		state := next[t[i].symbol]
		next[t[i].symbol]++
		n := d.accuracy + 1 - bits.Len16(state)
		t[i].bits, t[i].next = uint8(n), state<<n-uint16(size)
	}
}
