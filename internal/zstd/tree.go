package zstd

import (
	"cmp"
	"encoding/binary"
	"slices"
)

// A tree is a Huffman code: the length of each byte's code and its bits, 0 for
// what has none.
type tree struct {
	length [256]uint8
	code   [256]uint16
	set    bool
}

// newTree returns the best code of at most huffmanBits bits for two bytes or more that
// are so frequent, by the package-merge algorithm (Larmore and Hirschberg, 1990).
func newTree(freq *[256]int) (t tree) {
	// A package is a set of symbols, each of which gets a bit for being in it.
	type pack struct {
		weight  int
		symbols []uint8
	}
	var leaves []pack
	for s, n := range freq {
		if n > 0 {
			leaves = append(leaves, pack{n, []uint8{uint8(s)}})
		}
	}
	if len(leaves) < 2 {
		return tree{}
	}
	byWeight := func(a, b pack) int { return cmp.Compare(a.weight, b.weight) }
	slices.SortStableFunc(leaves, byWeight)
	level := leaves
	for range huffmanBits - 1 {
		var merged []pack
		for i := 0; i+1 < len(level); i += 2 {
			merged = append(merged, pack{level[i].weight + level[i+1].weight, slices.Concat(level[i].symbols, level[i+1].symbols)})
		}
		level = slices.Concat(leaves, merged)
		slices.SortStableFunc(level, byWeight)
	}
	for _, p := range level[:2*len(leaves)-2] {
		for _, s := range p.symbols {
			t.length[s]++
		}
	}
	t.number()
	return t
}

// number gives the codes out: the longest are the lowest, and of a length those
// of the lower bytes (RFC 8878, 4.2.1.3).
func (t *tree) number() {
	t.set = true
	next := 0 // of huffmanBits bits
	for n := huffmanBits; n > 0; n-- {
		for s, length := range t.length {
			if int(length) == n {
				t.code[s] = uint16(next >> (huffmanBits - n))
				next += 1 << (huffmanBits - n)
			}
		}
	}
}

// has reports whether all bytes that are there have a code.
func (t *tree) has(freq *[256]int) bool {
	for s, n := range freq {
		if n > 0 && t.length[s] == 0 {
			return false
		}
	}
	return t.set
}

// append appends the codes of content, in one stream or in four.
func (t *tree) append(dst, content []byte) []byte {
	if streams(len(content)) == 1 {
		return t.stream(dst, content)
	}
	jump := len(dst)
	dst = append(dst, 0, 0, 0, 0, 0, 0)
	quarter := (len(content) + 3) / 4
	for i := range 3 {
		start := len(dst)
		dst = t.stream(dst, content[i*quarter:(i+1)*quarter])
		binary.LittleEndian.PutUint16(dst[jump+2*i:], uint16(len(dst)-start))
	}
	return t.stream(dst, content[3*quarter:])
}

// stream appends the codes of content, from the last to the first.
func (t *tree) stream(dst, content []byte) []byte {
	b := writer{out: dst}
	for _, c := range slices.Backward(content) {
		b.put(uint64(t.code[c]), int(t.length[c]))
	}
	return b.end()
}

// describe returns what states a tree (RFC 8878, 4.2.1): the weights of all
// bytes before the last one, which follows from them. It is false if there is no
// way to, since there are too many for stating them as they are and all are the
// same.
func (e *entropy) describe(t *tree) (description []byte, ok bool) {
	longest := slices.Max(t.length[:])
	var weights []uint8
	for s, n := range t.length {
		if n > 0 {
			weights = append(weights, make([]uint8, s-len(weights))...)
			weights = append(weights, longest+1-n)
		}
	}
	if len(weights) == 0 {
		return nil, false
	}
	weights = weights[:len(weights)-1]
	var best []byte
	if n := len(weights); n <= 128 {
		best = append(best, byte(127+n))
		for i := 0; i < n; i += 2 {
			two := weights[i] << 4
			if i+1 < n {
				two |= weights[i+1]
			}
			best = append(best, two)
		}
	}
	var freq [huffmanBits + 1]int
	for _, w := range weights {
		freq[w]++
	}
	if used := len(freq) - count(freq[:], 0); used < 2 {
		return best, best != nil
	}
	for accuracy := 5; accuracy <= 6; accuracy++ {
		d := normalise(freq[:], accuracy)
		packed := e.weights(d.append([]byte{0}), &d, weights)
		if n := len(packed) - 1; n < 128 && (best == nil || len(packed) < len(best)) {
			packed[0] = byte(n)
			best = packed
		}
	}
	return best, best != nil
}

func count(all []int, n int) (found int) {
	for _, x := range all {
		if x == n {
			found++
		}
	}
	return found
}

// weights appends weights with two states in turn (RFC 8878, 4.2.1.2).
func (e *entropy) weights(dst []byte, d *distribution, weights []uint8) []byte {
	var states [2]encoder
	states[0].make(d, e.encode[:huffmanBits+1])
	states[1].make(d, e.encode[:huffmanBits+1])
	b := writer{out: dst}
	for i, w := range slices.Backward(weights) {
		states[i%2].step(&b, w, i >= len(weights)-2)
	}
	b.put(uint64(states[1].state), d.accuracy)
	b.put(uint64(states[0].state), d.accuracy)
	return b.end()
}
