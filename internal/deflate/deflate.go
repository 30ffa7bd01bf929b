// Package deflate compresses harder than compress/flate: it looks for the
// cheapest way to write a stretch of data instead of the longest match at each
// place (RFC 1951). Reading is left to compress/flate.
package deflate

import (
	"encoding/binary"
	"math"
	"math/bits"
)

const (
	stretch  = 64 << 10 // what is written with one set of codes
	window   = 32 << 10
	minMatch = 3
	maxMatch = 258
	longest  = 64 // a match that is taken without looking further
	depth    = 24 // candidates that are looked at
	rounds   = 2  // of choosing the way and pricing it anew
	unit     = 64 // of costs, to the bit
)

// A match is length bytes from distance back; a literal has length 1.
type match struct{ length, distance uint16 }

// An encoder compresses one piece of data.
type encoder struct {
	data     []byte
	head4    [1 << 16]int32 // the last place with a hash, plus 1
	head3    [1 << 14]int32
	prev     [window]int32 // the place before with the same hash4, plus 1
	found    []match
	ends     []int32 // where the matches of a place end in found
	cost     []uint32
	way      []match // the last step to a place
	prices   prices
	litFreq  [286]uint32
	distFreq [30]uint32
	w        bitWriter
}

// prices are what symbols cost, with their extra bits, in units.
type prices struct {
	literal  [256]uint32
	length   [maxMatch + 1]uint32
	distance [30]uint32
}

// Append compresses data, which follows the last bytes of before, and appends
// the result to dst. It ends on a byte; last ends the stream.
func Append(dst, before, data []byte, last bool) []byte {
	e := &encoder{w: bitWriter{out: dst}}
	before = before[max(0, len(before)-window):]
	e.data = append(append(make([]byte, 0, len(before)+len(data)), before...), data...)
	for i := range before {
		e.insert(i)
	}
	for i := range e.litFreq {
		e.litFreq[i] = 1
	}
	e.price()
	for at := len(before); at < len(e.data); {
		end := min(at+stretch, len(e.data))
		e.encode(at, end, last && end == len(e.data))
		at = end
	}
	switch {
	case !last:
		e.w.stored(nil, false) // ends on a byte
	case len(data) == 0:
		e.w.stored(nil, true)
	}
	e.w.flush()
	return e.w.out
}

// encode writes one stretch.
func (e *encoder) encode(at, end int, last bool) {
	e.search(at, end)
	var steps []match
	for range rounds {
		steps = e.choose(at, end)
		e.count(at, steps)
		e.price()
	}
	e.write(at, end, steps, last)
}

func (e *encoder) hashes(i int) (h4, h3 uint32) {
	v := binary.LittleEndian.Uint32(e.data[i:])
	return v * 0x9e3779b1 >> 16, v << 8 * 0x9e3779b1 >> 18
}

// insert makes the place i known.
func (e *encoder) insert(i int) {
	if i+4 > len(e.data) {
		return
	}
	h4, h3 := e.hashes(i)
	e.prev[i%window] = e.head4[h4]
	e.head4[h4], e.head3[h3] = int32(i+1), int32(i+1)
}

// search finds for each place the nearest match of each length.
func (e *encoder) search(at, end int) {
	e.found, e.ends = e.found[:0], e.ends[:0]
	for i, skip := at, 0; i < end; i++ {
		if skip > 0 {
			skip--
		} else if best := e.matches(i, min(maxMatch, end-i)); best >= longest {
			skip = best - 1
		}
		e.insert(i)
		e.ends = append(e.ends, int32(len(e.found)))
	}
}

// matches appends the matches at i of up to limit bytes and returns the length
// of the longest.
func (e *encoder) matches(i, limit int) int {
	if limit < 4 || i+4 > len(e.data) {
		return 0
	}
	h4, h3 := e.hashes(i)
	best := minMatch - 1
	if j := int(e.head3[h3]) - 1; j >= 0 && i-j <= window {
		best = e.compare(j, i, best, limit)
	}
	for j, n := int(e.head4[h4])-1, depth; j >= 0 && i-j <= window && n > 0 && best < limit; n-- {
		best = e.compare(j, i, best, limit)
		next := int(e.prev[j%window]) - 1
		if next >= j {
			break
		}
		j = next
	}
	return best
}

// compare appends the match of i with the place j if it is longer than best.
func (e *encoder) compare(j, i, best, limit int) int {
	a, b := e.data[j:], e.data[i:i+limit]
	if a[best] != b[min(best, limit-1)] {
		return best
	}
	n := 0
	for n+8 <= limit {
		if x := binary.LittleEndian.Uint64(a[n:]) ^ binary.LittleEndian.Uint64(b[n:]); x != 0 {
			n += bits.TrailingZeros64(x) / 8
			break
		}
		n += 8
	}
	for n < limit && a[n] == b[n] {
		n++
	}
	if n > best {
		e.found = append(e.found, match{uint16(n), uint16(i - j)})
		return n
	}
	return best
}

// choose returns the cheapest steps from at to end.
func (e *encoder) choose(at, end int) []match {
	size := end - at
	e.cost = append(e.cost[:0], make([]uint32, size+1)...)
	e.way = append(e.way[:0], make([]match, size+1)...)
	for i := range e.cost[1:] {
		e.cost[i+1] = math.MaxUint32
	}
	first := int32(0)
	for i := range size {
		here := e.cost[i]
		if c := here + e.prices.literal[e.data[at+i]]; c < e.cost[i+1] {
			e.cost[i+1], e.way[i+1] = c, match{1, 0}
		}
		length := minMatch
		for _, m := range e.found[first:e.ends[i]] {
			base := here + e.prices.distance[distanceSlot(m.distance)]
			if int(m.length) >= longest {
				length = int(m.length)
			}
			for ; length <= int(m.length); length++ {
				if c := base + e.prices.length[length]; c < e.cost[i+length] {
					e.cost[i+length], e.way[i+length] = c, match{uint16(length), m.distance}
				}
			}
		}
		first = e.ends[i]
	}
	n := size
	for i := size; i > 0; i -= int(e.way[i].length) {
		n--
		e.way[n+1], e.cost[n] = e.way[i], 0
	}
	return e.way[n+1:]
}

// lengthSlot returns the symbol of a length, less 257, and its extra bits.
func lengthSlot(length uint16) (slot, extra int) {
	x := uint(length) - minMatch
	if length == maxMatch {
		return 28, 0
	}
	if x < 8 {
		return int(x), 0
	}
	n := bits.Len(x) - 1
	return 4*(n-1) + int(x>>(n-2)&3), n - 2
}

// distanceSlot returns the symbol of a distance.
func distanceSlot(distance uint16) int {
	x := uint(distance) - 1
	if x < 2 {
		return int(x)
	}
	n := bits.Len(x) - 1
	return 2*n + int(x>>(n-1)&1)
}

// count counts the symbols of steps.
func (e *encoder) count(at int, steps []match) {
	e.litFreq, e.distFreq = [286]uint32{256: 1}, [30]uint32{}
	for _, s := range steps {
		if s.length == 1 {
			e.litFreq[e.data[at]]++
		} else {
			slot, _ := lengthSlot(s.length)
			e.litFreq[257+slot]++
			e.distFreq[distanceSlot(s.distance)]++
		}
		at += int(s.length)
	}
}

// price makes prices of what was counted.
func (e *encoder) price() {
	literal, distance := entropies(e.litFreq[:]), entropies(e.distFreq[:])
	copy(e.prices.literal[:], literal)
	for length := minMatch; length <= maxMatch; length++ {
		slot, extra := lengthSlot(uint16(length))
		e.prices.length[length] = literal[257+slot] + uint32(extra)*unit
	}
	for slot, c := range distance {
		e.prices.distance[slot] = c + uint32(max(0, slot/2-1))*unit
	}
}

// entropies returns the bits that each symbol is worth, in units. It reckons in
// integers, as floating point numbers aren't the same on every processor.
func entropies(freq []uint32) []uint32 {
	sum := uint64(1)
	for _, f := range freq {
		sum += uint64(f)
	}
	whole := log2(sum * 10)
	all := make([]uint32, len(freq))
	for i, f := range freq {
		all[i] = min(15*unit, whole-log2(uint64(f)*10+3))
	}
	return all
}

// log2 returns the binary logarithm of x, in units.
func log2(x uint64) uint32 {
	n := bits.Len64(x) - 1
	m := x << (63 - n) >> 32 // from 1 to 2, the 1 at bit 31
	for range bits.Len(unit) - 1 {
		m = m * m >> 31
		n <<= 1
		if m >= 1<<32 {
			m >>= 1
			n |= 1
		}
	}
	return uint32(n)
}
