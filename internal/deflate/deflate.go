package deflate

import (
	"cmp"
	"encoding/binary"
	"math/bits"
	"slices"
)

const (
	stretch = 40000   // bytes that have codes of their own; a stored block holds 65535
	window  = 1 << 15 // how far back a copy reaches
	longest = 258     // the length of a copy
	enough  = 64      // that of a copy that isn't tried shorter
	depth   = 16      // how many places one is compared with
	// The first symbol of lengths, that of distances, and how many there are.
	lengths, distances, symbols = 257, 286, 316
)

// A word is a symbol with its extra bits, a code a symbol's bits, reversed. A
// step is the last one to a place: a copy of length bytes, or a literal.
type (
	word struct{ symbol, extra, value int }
	code struct{ bits, n int }
	step struct{ cost, length, distance int32 }
)

type encoder struct {
	data  []byte
	roots [1 << 16]int32       // by hash, the last place plus 1: a search tree
	child [2 * window][2]int32 // by place, what is before and after it in the tree
	codes []code               // of the last stretch
	way   []step               // through this one
	words []word               // that go it
	out   []byte
	acc   uint64 // n bits to be written, the first one lowest
	n     int
}

// Append compresses data, which follows the bytes of before, and appends the
// result to dst. It ends on a byte, but doesn't end the stream.
func Append(dst, before, data []byte) []byte {
	e := &encoder{data: slices.Concat(before, data), out: dst, way: make([]step, max(stretch, len(before))+1), codes: slices.Repeat([]code{{n: 8}}, symbols)}
	for at, end := 0, cmp.Or(len(before), min(stretch, len(data))); at < len(e.data); at, end = end, min(end+stretch, len(e.data)) {
		e.choose(at, end)
		freq := slices.Repeat([]int{1}, symbols) // all have a price
		for _, w := range e.words {
			freq[w.symbol] += 64
		}
		e.codes = append(newCode(freq[:distances], 13), newCode(freq[distances:], 13)...)
		if at >= len(before) {
			e.write(e.data[at:end])
		}
	}
	e.store(nil)
	return e.out
}

// choose makes words of at to end, the cheapest by the codes of the last stretch.
func (e *encoder) choose(at, end int) {
	way := e.way[:end-at+1]
	clear(way)
	way[0].cost = -1 << 30 // so that 0 is more than any
	searched := 0          // all before it, or covered by a copy of the greatest length
	for i := range end - at {
		if c := way[i].cost + e.price(word{symbol: int(e.data[at+i])}); c < way[i+1].cost {
			way[i+1] = step{c, 1, 0}
		}
		if i >= searched-1 && e.search(at+i, way[i:]) && i >= searched {
			searched = i + longest
		}
	}
	e.words = append(e.words[:0], word{symbol: lengths - 1}) // the end of the block
	for i := end - at; i > 0; i -= int(way[i].length) {
		if s := way[i]; s.distance > 0 {
			e.words = append(e.words, newWord(distances, int(s.distance)-1, 1), newWord(lengths, int(s.length)-3, 2))
		} else {
			e.words = append(e.words, word{symbol: int(e.data[at+i-1])})
		}
	}
	slices.Reverse(e.words)
}

func (e *encoder) price(w word) int32 { return int32(e.codes[w.symbol].n + w.extra) }

// newWord returns the word for x; 1<<k symbols share a number of extra bits.
func newWord(first, x, k int) word {
	if first == lengths && x == longest-3 {
		return word{symbol: distances - 1}
	}
	extra := max(0, bits.Len(uint(x))-1-k)
	return word{first + extra<<k + x>>extra, extra, x & (1<<extra - 1)}
}

// search puts i into its tree and tries the matches on the way as steps of way.
// It reports whether one of them is the longest that there can be.
func (e *encoder) search(i int, way []step) bool {
	here := e.data[i:min(i+longest, len(e.data))]
	if len(here) < 4 {
		return false
	}
	root := &e.roots[binary.LittleEndian.Uint32(here)<<8*0x9e3779b1>>16]
	j, length := int(*root)-1, 3
	*root = int32(i + 1)
	child := &e.child[i%len(e.child)]
	side, same := [2]*int32{&child[0], &child[1]}, [2]int{}
	for n := depth; n > 0 && j >= 0 && i-j <= window; n-- {
		k, there, child := min(same[0], same[1]), e.data[j:], &e.child[j%len(e.child)]
		for k < len(here) && here[k] == there[k] {
			k++
		}
		base, most := way[0].cost+e.price(newWord(distances, i-j-1, 1)), min(k, len(way)-1)
		if most >= enough {
			length = most
		}
		for ; length <= most; length++ {
			if c := base + e.price(newWord(lengths, length-3, 2)); c < way[length].cost {
				way[length] = step{c, int32(length), int32(i - j)}
			}
		}
		if k == len(here) {
			*side[0], *side[1] = child[0], child[1]
			return k == longest
		}
		s := (cmp.Compare(there[k], here[k]) + 1) / 2
		*side[s], side[s], same[s] = int32(j+1), &child[1-s], k
		j = int(child[1-s]) - 1
	}
	*side[0], *side[1] = 0, 0
	return false
}

// write writes the words, or the data that they stand for where that is shorter.
func (e *encoder) write(data []byte) {
	out, acc, n := e.out, e.acc, e.n
	freq := slices.Repeat([]int{1}, 19)
	for _, c := range e.codes {
		freq[c.n] += 64
	}
	header := newCode(freq, 7)
	e.put(2<<1|29<<3|29<<8|15<<13, 17) // all symbols have a length, all lengths a code
	for _, s := range []int{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15} {
		e.put(header[s].n, 3)
	}
	for _, c := range e.codes {
		e.put(header[c.n].bits, header[c.n].n)
	}
	for _, w := range e.words {
		e.put(e.codes[w.symbol].bits, e.codes[w.symbol].n)
		e.put(w.value, w.extra)
	}
	if len(e.out)-len(out) > len(data) {
		e.out, e.acc, e.n = out, acc, n
		e.store(data)
	}
}

// store writes data as it is, and ends on a byte.
func (e *encoder) store(data []byte) {
	e.put(0, 3)
	e.put(0, -e.n&7)
	e.put(len(data)|(len(data)^0xffff)<<16, 32)
	e.out = append(e.out, data...)
}

func (e *encoder) put(value, n int) {
	e.acc |= uint64(value) << e.n
	for e.n += n; e.n >= 8; e.n -= 8 {
		e.out = append(e.out, byte(e.acc))
		e.acc >>= 8
	}
}

// newCode returns a code of at most limit bits, with fewer where that saves most.
func newCode(freq []int, limit int) []code {
	codes, room := slices.Repeat([]code{{n: limit}}, len(freq)), 1<<limit-len(freq)
	for room > 0 {
		best, most := 0, 0
		for s, c := range codes {
			if gain := freq[s] << c.n; gain > most && 1<<(limit-c.n) <= room {
				best, most = s, gain
			}
		}
		room -= 1 << (limit - codes[best].n)
		codes[best].n--
	}
	next := uint16(0) // of 16 bits
	for n := 1; n <= limit; n++ {
		for s := range codes {
			if codes[s].n == n {
				codes[s].bits = int(bits.Reverse16(next))
				next += 1 << (16 - n)
			}
		}
	}
	return codes
}
