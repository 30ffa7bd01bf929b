package deflate

import (
	"cmp"
	"encoding/binary"
	"math/bits"
	"slices"
)

// A bitWriter packs bits, the lowest first.
type bitWriter struct {
	out  []byte
	acc  uint64
	bits int
}

func (w *bitWriter) put(value uint32, n int) {
	w.acc |= uint64(value) << w.bits
	for w.bits += n; w.bits >= 32; w.bits -= 32 {
		w.out = binary.LittleEndian.AppendUint32(w.out, uint32(w.acc))
		w.acc >>= 32
	}
}

// flush fills up the last byte.
func (w *bitWriter) flush() {
	for ; w.bits > 0; w.bits -= 8 {
		w.out = append(w.out, byte(w.acc))
		w.acc >>= 8
	}
	w.acc, w.bits = 0, 0
}

// stored writes p as it is.
func (w *bitWriter) stored(p []byte, last bool) {
	for {
		n := min(len(p), 65535)
		w.put(flag(last && n == len(p)), 3)
		w.flush()
		w.out = binary.LittleEndian.AppendUint16(w.out, uint16(n))
		w.out = binary.LittleEndian.AppendUint16(w.out, ^uint16(n))
		w.out = append(w.out, p[:n]...)
		if p = p[n:]; len(p) == 0 {
			return
		}
	}
}

func flag(b bool) uint32 {
	if b {
		return 1
	}
	return 0
}

// A code is the bits of each symbol, reversed, and how many they are.
type code struct {
	bits    []uint16
	lengths []uint8
}

// newCode returns the best prefix code of at most limit bits (package-merge).
func newCode(freq []uint32, limit int) code {
	type item struct {
		weight  uint64
		symbols []uint16
	}
	var leaves []item
	for s, f := range freq {
		if f > 0 {
			leaves = append(leaves, item{uint64(f), []uint16{uint16(s)}})
		}
	}
	c := code{make([]uint16, len(freq)), make([]uint8, len(freq))}
	if len(leaves) < 2 { // decoders want one code at least, some of them two
		c.lengths[0], c.lengths[1] = 1, 1
		if len(leaves) == 1 && leaves[0].symbols[0] > 1 {
			c.lengths[1], c.lengths[leaves[0].symbols[0]] = 0, 1
		}
		return c.assign()
	}
	byWeight := func(a, b item) int { return cmp.Compare(a.weight, b.weight) }
	slices.SortStableFunc(leaves, byWeight)
	list := leaves
	for range limit - 1 {
		next := slices.Clone(leaves)
		for i := 0; i+1 < len(list); i += 2 {
			next = append(next, item{list[i].weight + list[i+1].weight, slices.Concat(list[i].symbols, list[i+1].symbols)})
		}
		slices.SortStableFunc(next, byWeight)
		list = next
	}
	for _, it := range list[:2*len(leaves)-2] {
		for _, s := range it.symbols {
			c.lengths[s]++
		}
	}
	return c.assign()
}

// assign gives out the canonical codes (RFC 1951, 3.2.2).
func (c code) assign() code {
	next := uint16(0)
	for n := uint8(1); n <= 15; n++ {
		for s, length := range c.lengths {
			if length == n {
				c.bits[s] = bits.Reverse16(next) >> (16 - n)
				next++
			}
		}
		next <<= 1
	}
	return c
}

func (w *bitWriter) symbol(c code, s int) { w.put(uint32(c.bits[s]), int(c.lengths[s])) }

// write writes the steps with codes of their own, or the data as it is where
// that is shorter.
func (e *encoder) write(at, end int, steps []match, last bool) {
	w := e.w
	literal, distance := newCode(e.litFreq[:], 15), newCode(e.distFreq[:], 15)
	w.put(flag(last)|2<<1, 3)
	w.header(literal, distance)
	place := at
	for _, s := range steps {
		if s.length == 1 {
			w.symbol(literal, int(e.data[place]))
		} else {
			slot, extra := lengthSlot(s.length)
			w.symbol(literal, 257+slot)
			w.put(uint32(s.length-minMatch)&(1<<extra-1), extra)
			slot = distanceSlot(s.distance)
			w.symbol(distance, slot)
			extra = max(0, slot/2-1)
			w.put(uint32(s.distance-1)&(1<<extra-1), extra)
		}
		place += int(s.length)
	}
	w.symbol(literal, 256)
	if len(w.out)-len(e.w.out) > end-at {
		e.w.stored(e.data[at:end], last)
		return
	}
	e.w = w
}

// header writes the lengths of the two codes (RFC 1951, 3.2.7).
func (w *bitWriter) header(literal, distance code) {
	nl, nd := used(literal.lengths, 257), used(distance.lengths, 1)
	runs := runLengths(slices.Concat(literal.lengths[:nl], distance.lengths[:nd]))
	freq := make([]uint32, 19)
	for _, r := range runs {
		freq[r.symbol]++
	}
	c := newCode(freq, 7)
	order := [19]int{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}
	n := 19
	for n > 4 && c.lengths[order[n-1]] == 0 {
		n--
	}
	w.put(uint32(nl-257), 5)
	w.put(uint32(nd-1), 5)
	w.put(uint32(n-4), 4)
	for _, s := range order[:n] {
		w.put(uint32(c.lengths[s]), 3)
	}
	for _, r := range runs {
		w.symbol(c, r.symbol)
		w.put(uint32(r.more), r.bits)
	}
}

// used returns how many lengths there are up to the last code, at least least.
func used(lengths []uint8, least int) int {
	n := len(lengths)
	for n > least && lengths[n-1] == 0 {
		n--
	}
	return n
}

// A run is a symbol of the code of code lengths, with its extra bits.
type run struct{ symbol, more, bits int }

func runLengths(lengths []uint8) []run {
	var runs []run
	for i := 0; i < len(lengths); {
		value, n := int(lengths[i]), 1
		for i+n < len(lengths) && lengths[i+n] == lengths[i] && n < 138 {
			n++
		}
		switch {
		case value == 0 && n >= 11:
			runs = append(runs, run{18, n - 11, 7})
		case value == 0 && n >= 3:
			runs = append(runs, run{17, n - 3, 3})
		case value != 0 && n >= 4:
			n = min(n, 7)
			runs = append(runs, run{value, 0, 0}, run{16, n - 4, 2})
		default:
			n = 1
			runs = append(runs, run{value, 0, 0})
		}
		i += n
	}
	return runs
}
