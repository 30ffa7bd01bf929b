package zstd

import (
	"math/bits"
	"slices"
)

// An entropy writes the two parts of a compressed block. It remembers the tree
// and the tables of the last one, which the next can use again.
type entropy struct {
	last, now tables
	encode    [256][1 << maxAccuracy]uint16
}

// tables are those that a block leaves to the next. A tree or a distribution
// without symbols isn't set.
type tables struct {
	tree tree
	dist [3]distribution
}

// reset is for a frame's beginning.
func (e *entropy) reset() { e.last = tables{} }

// keep is called when the block that was appended is used.
func (e *entropy) keep() { e.last = e.now }

// append appends the content of a compressed block (RFC 8878, 3.1.1.3).
func (e *entropy) append(dst, literals []byte, seqs []sequence) []byte {
	e.now = e.last
	return e.sequences(e.literals(dst, literals), seqs)
}

// literals appends the literals (RFC 8878, 3.1.1.3.1) in the way that takes
// least.
func (e *entropy) literals(dst, content []byte) []byte {
	var freq [256]int
	for _, b := range content {
		freq[b]++
	}
	n := len(content)
	if n > 0 && freq[content[0]] == n {
		return append(plainHeader(dst, runLiterals, n), content[0])
	}
	tree, packed := newTree(&freq), []byte(nil)
	size := n
	if description, ok := e.describe(&tree); ok {
		if packed = tree.append(description, content); len(packed) < size {
			size = len(packed)
		} else {
			packed = nil
		}
	}
	kind := treeLiterals
	if e.last.tree.has(&freq) {
		if again := e.last.tree.append(nil, content); len(again) <= size {
			packed, kind, tree = again, treelessLiterals, e.last.tree
		}
	}
	if packed == nil || len(packed)+5 >= n {
		return append(plainHeader(dst, rawLiterals, n), content...)
	}
	e.now.tree = tree
	format, width := 0, 10
	switch most := max(n, len(packed)); {
	case most >= 1<<14:
		format, width = 3, 18
	case most >= 1<<10:
		format, width = 2, 14
	case streams(n) == 4:
		format = 1
	}
	b := writer{out: dst}
	b.put(uint64(kind|format<<2|n<<4), 4+width)
	b.put(uint64(len(packed)), width)
	return append(b.align(), packed...)
}

// streams is how many are used for n literals: those that are few save the jump
// table.
func streams(n int) int {
	if n < 1<<10 {
		return 1
	}
	return 4
}

func plainHeader(dst []byte, kind, n int) []byte {
	switch {
	case n < 1<<5:
		return append(dst, byte(kind|n<<3))
	case n < 1<<12:
		return append(dst, byte(kind|1<<2|n<<4), byte(n>>4))
	}
	return append(dst, byte(kind|3<<2|n<<4), byte(n>>4), byte(n>>12))
}

// sequences appends the sequences (RFC 8878, 3.1.1.3.2).
func (e *entropy) sequences(dst []byte, seqs []sequence) []byte {
	switch n := len(seqs); {
	case n == 0:
		return append(dst, 0)
	case n < 128:
		dst = append(dst, byte(n))
	case n < 0x7f00:
		dst = append(dst, byte(n>>8+128), byte(n))
	default:
		dst = append(dst, 255, byte(n-0x7f00), byte((n-0x7f00)>>8))
	}
	modes := len(dst)
	dst = append(dst, 0)
	for i, k := range codeKinds {
		var freq [256]int
		for _, s := range seqs {
			freq[codeOf(i, s.values()[i])]++
		}
		mode, d, description := e.choose(i, k, freq[:len(k.codes)])
		dst[modes] |= mode << (6 - 2*i)
		dst = append(dst, description...)
		e.now.dist[i] = d
	}
	return e.bits(dst, seqs)
}

// choose returns the cheapest way to state the codes of one of the three, that
// are so frequent: the mode, what is used, and what states it.
func (e *entropy) choose(i int, k *codeKind, freq []int) (mode uint8, d distribution, description []byte) {
	best := -1
	try := func(m uint8, t *distribution, stated []byte) {
		if c := t.cost(freq); c >= 0 && (best < 0 || c+len(stated)<<11 < best) {
			best, mode, d, description = c+len(stated)<<11, m, *t, stated
		}
	}
	try(0, &k.stated, nil)
	try(3, &e.last.dist[i], nil)
	used := 0
	for s, n := range freq {
		if n > 0 {
			used++
			d := distribution{symbols: s + 1}
			d.parts[s] = 1
			if used == 1 && n == total(freq) {
				try(1, &d, []byte{byte(s)})
			}
		}
	}
	for accuracy := 5; accuracy <= k.accuracy; accuracy++ {
		if used > 1 && used <= 1<<accuracy {
			d := normalise(freq, accuracy)
			try(2, &d, d.append(nil))
		}
	}
	return mode, d, description
}

func total(freq []int) (n int) {
	for _, f := range freq {
		n += f
	}
	return n
}

// bits appends the bitstream of the sequences, from the last one to the first
// (RFC 8878, 3.1.1.3.2.1).
func (e *entropy) bits(dst []byte, seqs []sequence) []byte {
	var states [3]encoder
	from := 0
	for i := range states {
		n := len(codeKinds[i].codes)
		states[i].make(&e.now.dist[i], e.encode[from:from+n])
		from += n
	}
	b := writer{out: dst}
	for j := len(seqs) - 1; j >= 0; j-- {
		values := seqs[j].values()
		var codes [3]uint8
		for i, v := range values {
			codes[i] = codeOf(i, v)
		}
		for _, i := range [3]int{matchOffset, matchLength, literalLength} {
			states[i].step(&b, codes[i], j == len(seqs)-1)
		}
		for _, i := range [3]int{literalLength, matchLength, matchOffset} {
			c := &codeKinds[i].codes[codes[i]]
			b.put(uint64(values[i]-c.base), int(c.extra))
		}
	}
	for _, i := range [3]int{matchLength, matchOffset, literalLength} {
		b.put(uint64(states[i].state), states[i].accuracy)
	}
	return b.end()
}

// An encoder goes through the states of a table of finite state entropy
// backwards: a decoder that is in the state it is in comes to those before it.
type encoder struct {
	entries  [1 << maxAccuracy]fseEntry
	before   [][1 << maxAccuracy]uint16 // by symbol and state, the state that leads there
	accuracy int
	state    uint16
}

// make sets the table; before has room for each symbol.
func (e *encoder) make(d *distribution, before [][1 << maxAccuracy]uint16) {
	e.accuracy, e.before = d.accuracy, before
	d.table(e.entries[:])
	for i, entry := range e.entries[:1<<d.accuracy] {
		next := before[entry.symbol][entry.next:][:1<<entry.bits]
		for j := range next {
			next[j] = uint16(i)
		}
	}
}

// step goes to a state of the symbol from which a decoder comes to the one that
// it is in, and writes the bits which that takes; the first has none, and is the
// one that would take most.
func (e *encoder) step(b *writer, symbol uint8, first bool) {
	if first {
		e.state = uint16(slices.IndexFunc(e.entries[:], func(entry fseEntry) bool { return entry.symbol == symbol }))
		return
	}
	state := e.before[symbol][e.state]
	entry := &e.entries[state]
	b.put(uint64(e.state-entry.next), int(entry.bits))
	e.state = state
}

// A writer writes bits, the first one lowest.
type writer struct {
	out []byte
	acc uint64 // n bits
	n   int
}

// put writes n bits, at most 56.
func (b *writer) put(v uint64, n int) {
	b.acc |= v << b.n
	for b.n += n; b.n >= 8; b.n -= 8 {
		b.out = append(b.out, byte(b.acc))
		b.acc >>= 8
	}
}

// align fills the last byte with zeros.
func (b *writer) align() []byte {
	if b.n > 0 {
		b.put(0, 8-b.n)
	}
	return b.out
}

// end marks the end for who reads from there.
func (b *writer) end() []byte {
	b.put(1, 1)
	return b.align()
}

// normalise returns the distribution of symbols that are so frequent.
func normalise(freq []int, accuracy int) distribution {
	d := distribution{accuracy: accuracy}
	sum, left := total(freq), 1<<accuracy
	for s, n := range freq {
		if n > 0 {
			d.parts[s] = int16(max(1, n<<accuracy/sum))
			left -= int(d.parts[s])
			d.symbols = s + 1
		}
	}
	for ; left != 0; left -= sign(left) {
		// The part that is given or taken is the one for which it matters most or
		// least: it changes the cost by the logarithm of the ratio.
		best, gain := -1, 0
		for s, n := range freq {
			p := uint32(d.parts[s])
			if n == 0 || left < 0 && p == 1 {
				continue
			}
			if g := n * int(log2((p+uint32(sign(left)))<<12)-log2(p<<12)); best < 0 || g > gain {
				best, gain = s, g
			}
		}
		d.parts[best] += int16(sign(left))
	}
	return d
}

func sign(n int) int {
	if n < 0 {
		return -1
	}
	return 1
}

// cost returns what symbols that are so frequent take, in 1/256 bits, and -1 if
// one isn't in the distribution.
func (d *distribution) cost(freq []int) int {
	cost := 0
	for s, n := range freq {
		if n == 0 {
			continue
		}
		p := int(d.parts[s])
		if s >= d.symbols || p == 0 {
			return -1
		}
		cost += n * int(int32(d.accuracy)<<8-log2(uint32(max(p, -p))))
	}
	return cost
}

// append appends what states the distribution, the reverse of read.
func (d *distribution) append(dst []byte) []byte {
	b := writer{out: dst}
	b.put(uint64(d.accuracy-5), 4)
	left := 1 << d.accuracy
	for s := 0; left > 0; s++ {
		n := bits.Len(uint(left + 1))
		short := 1<<n - 1 - (left + 1)
		part := int(d.parts[s])
		switch v := part + 1; {
		case v < short:
			b.put(uint64(v), n-1)
		case v < 1<<(n-1):
			b.put(uint64(v), n)
		default:
			b.put(uint64(v+short), n)
		}
		left -= max(part, -part)
		if part == 0 {
			zeros := 0
			for d.parts[s+1] == 0 {
				s, zeros = s+1, zeros+1
			}
			for ; zeros >= 3; zeros -= 3 {
				b.put(3, 2)
			}
			b.put(uint64(zeros), 2)
		}
	}
	return b.align()
}
