package zstd

import (
	"math/bits"
	"slices"
)

// A parser cuts a block into sequences: it looks for the cheapest way through
// it, by what literals, lengths and offsets cost in bits. What a sequence holds
// as offset is what is written: three more than the offset, or one to three for
// the last ones again.
type parser struct {
	recent   [3]int32
	prices   prices
	passes   int // how often a block is parsed, each time with the prices that follow from the last
	way      []node
	matches  []match // of all places, one after the other
	first    []int32 // by place, the first of its matches
	seqs     []sequence
	literals []byte
}

// A node is the best way to a place: the last step of it, and what follows.
type node struct {
	cost     int32    // in 1/256 bits
	literals int32    // since the last match
	length   int32    // of the match that ends here; 0 after a literal
	offset   int32    // of it, as it is written
	recent   [3]int32 // offsets, from here on
}

// reset is for a frame's beginning.
func (p *parser) reset() {
	p.recent = [3]int32{1, 4, 8}
}

// parse returns the sequences of buf[at:end], and all literals in one piece.
// They are there until the next call.
func (p *parser) parse(f *finder, buf []byte, at, end int) ([]sequence, []byte) {
	if n := end - at + 1; len(p.way) < n {
		p.way, p.first = make([]node, n), make([]int32, n)
	}
	p.find(f, buf, at, end)
	if !p.prices.set {
		p.prices.guess(buf[at:end])
	}
	for range p.passes {
		p.walk(buf, at, end)
		p.collect(buf[at:end])
		p.prices.learn(p.literals, p.seqs)
	}
	p.recent = p.way[end-at].recent
	return p.seqs, p.literals
}

// find looks for the matches at each place, but not in those that are long.
func (p *parser) find(f *finder, buf []byte, at, end int) {
	p.matches = p.matches[:0]
	for i, covered := at, 0; i < end; i++ {
		p.first[i-at] = int32(len(p.matches))
		if i < covered {
			continue
		}
		n := len(p.matches)
		p.matches = f.search(p.matches, buf, i)
		for j := range p.matches[n:] {
			m := &p.matches[n+j]
			if m.length >= enough {
				covered = i + int(m.length)
			}
			m.length = min(m.length, int32(end-i))
		}
	}
	p.first[end-at] = int32(len(p.matches))
}

// walk goes through the block from place to place and finds the cheapest way to
// each.
func (p *parser) walk(buf []byte, at, end int) {
	n := end - at
	way := p.way[:n+1]
	for i := range way {
		way[i].cost = 1<<31 - 1
	}
	way[0] = node{cost: p.prices.literals(0), recent: p.recent}
	for i, covered := 0, 0; i < n; i++ {
		here := &way[i]
		if i > 0 {
			p.arrive(here, i)
		}
		if i < covered {
			continue
		}
		next := &way[i+1]
		if c := here.cost + p.prices.literal[buf[at+i]] + p.prices.literals(here.literals+1) - p.prices.literals(here.literals); c < next.cost {
			next.cost, next.literals, next.length = c, here.literals+1, 0
		}
		longest := int32(leastMatch - 1)
		for r := range int32(3) {
			offset := here.repeated(r + 1)
			j := at + i - int(offset)
			if offset <= 0 || j < 0 || offset > window || n-i < leastMatch || buf[j] != buf[at+i] || buf[j+1] != buf[at+i+1] || buf[j+2] != buf[at+i+2] {
				continue
			}
			k := int32(common(buf, at+i, j, n-i))
			p.relax(way, i, leastMatch, k, r+1)
			longest = max(longest, k)
		}
		from := int32(leastMatch)
		for _, m := range p.matches[p.first[i]:p.first[i+1]] {
			if m.length >= from {
				p.relax(way, i, from, m.length, m.offset+3)
				from = m.length + 1
			}
		}
		if longest = max(longest, from-1); longest >= enough {
			covered = i + int(longest)
		}
	}
	if n > 0 {
		p.arrive(&way[n], n)
	}
}

// arrive sets what follows from the best way to a place.
func (p *parser) arrive(here *node, i int) {
	if here.length == 0 {
		here.recent = p.way[i-1].recent
		return
	}
	from := &p.way[i-int(here.length)]
	r := &from.recent
	if here.offset > 3 {
		here.recent = [3]int32{here.offset - 3, r[0], r[1]}
		return
	}
	switch from.which(here.offset) {
	case 0:
		here.recent = *r
	case 1:
		here.recent = [3]int32{r[1], r[0], r[2]}
	case 2:
		here.recent = [3]int32{r[2], r[0], r[1]}
	case 3:
		here.recent = [3]int32{r[0] - 1, r[0], r[1]}
	}
}

// which returns which of the recent offsets is meant by v, from 1 to 3; 3 is the
// first less one (RFC 8878, 3.1.1.5).
func (here *node) which(v int32) int32 {
	if here.literals == 0 {
		return v
	}
	return v - 1
}

// repeated returns the offset for which v, from 1 to 3, is written.
func (here *node) repeated(v int32) int32 {
	if i := here.which(v); i < 3 {
		return here.recent[i]
	}
	return here.recent[0] - 1
}

// relax tries matches at i of the lengths from least to most as steps of way.
func (p *parser) relax(way []node, i int, least, most, offset int32) {
	base := way[i].cost + p.prices.code(matchOffset, uint32(offset)) + p.prices.literals(0)
	if most >= enough {
		p.step(&way[i+int(most)], base+p.prices.code(matchLength, uint32(most)), most, offset)
		return
	}
	to := way[i+int(least) : i+int(most)+1]
	for j := range to {
		n := least + int32(j)
		p.step(&to[j], base+p.prices.matches[n], n, offset)
	}
}

// step takes a match as the way to a place if it is cheaper.
func (*parser) step(to *node, cost, length, offset int32) {
	if cost < to.cost {
		to.cost, to.literals, to.length, to.offset = cost, 0, length, offset
	}
}

// collect makes the sequences of the way to the end of content.
func (p *parser) collect(content []byte) {
	p.seqs, p.literals = p.seqs[:0], p.literals[:0]
	i := len(content)
	for i -= int(p.way[i].literals); i > 0; {
		here := &p.way[i]
		i -= int(here.length)
		n := p.way[i].literals
		p.seqs = append(p.seqs, sequence{uint32(n), uint32(here.length), uint32(here.offset)})
		i -= int(n)
	}
	slices.Reverse(p.seqs)
	at := 0
	for _, s := range p.seqs {
		p.literals = append(p.literals, content[at:at+int(s.literals)]...)
		at += int(s.literals + s.match)
	}
	p.literals = append(p.literals, content[at:]...)
}

// prices are what things cost, in 1/256 bits.
type prices struct {
	set     bool
	literal [256]int32
	codes   [3][64]int32
	runs    [64]int32     // of literals, by how many
	matches [enough]int32 // by length
}

// guess is for a frame's first block: the literals cost what they would if all
// of it were literals, and all codes the same.
func (p *prices) guess(content []byte) {
	var freq [256]uint32
	for _, b := range content {
		freq[b]++
	}
	setPrices(p.literal[:], freq[:])
	for i := range p.codes {
		for c := range p.codes[i] {
			p.codes[i][c] = 5 << 8
		}
	}
	p.spread()
}

// spread sets the prices of numbers that are often asked for.
func (p *prices) spread() {
	for n := range p.runs {
		p.runs[n] = p.code(literalLength, uint32(n))
	}
	for n := leastMatch; n < enough; n++ {
		p.matches[n] = p.code(matchLength, uint32(n))
	}
}

// learn sets the prices by what was chosen.
func (p *prices) learn(literals []byte, seqs []sequence) {
	var freq [256]uint32
	for _, b := range literals {
		freq[b]++
	}
	setPrices(p.literal[:], freq[:])
	var codes [3][64]uint32
	for _, s := range seqs {
		for i, v := range s.values() {
			codes[i][codeOf(i, v)]++
		}
	}
	for i := range codes {
		setPrices(p.codes[i][:len(codeKinds[i].codes)], codes[i][:])
	}
	p.spread()
	p.set = true
}

// setPrices sets the prices of symbols that are so frequent. One that isn't
// there has one, too.
func setPrices(price []int32, freq []uint32) {
	total := uint32(len(price))
	for _, n := range freq {
		total += 8 * n
	}
	for s := range price {
		price[s] = log2(total) - log2(8*freq[s]+1)
	}
}

// log2 returns the logarithm in 1/256, the same on every machine.
func log2(x uint32) int32 {
	n := bits.Len32(x) - 1
	m, log := uint64(x)<<(31-n), int32(n)
	for range 8 {
		m = m * m >> 31
		log <<= 1
		if m >= 1<<32 {
			m >>= 1
			log++
		}
	}
	return log
}

func (p *prices) code(kind int, v uint32) int32 {
	c := codeOf(kind, v)
	return p.codes[kind][c] + int32(codeKinds[kind].codes[c].extra)<<8
}

// literals returns what their number costs.
func (p *prices) literals(n int32) int32 {
	if int(n) < len(p.runs) {
		return p.runs[n]
	}
	return p.code(literalLength, uint32(n))
}

// values returns what the codes of a sequence stand for.
func (s *sequence) values() [3]uint32 {
	return [3]uint32{literalLength: s.literals, matchOffset: s.offset, matchLength: s.match}
}

// codeOf returns the code of one of the three for v.
func codeOf(kind int, v uint32) uint8 {
	small := &smallCodes[kind]
	if v < uint32(len(small)) {
		return small[v]
	}
	switch kind {
	case literalLength:
		return uint8(bits.Len32(v)) - 1 + 19
	case matchLength:
		return uint8(bits.Len32(v-3)) - 1 + 36
	}
	return uint8(bits.Len32(v)) - 1
}

// smallCodes are the codes of small values, among them all that are not for a
// power of two values.
var smallCodes = func() (small [3][256]uint8) {
	for kind, k := range codeKinds {
		for c, code := range k.codes {
			for v := uint64(code.base); v < uint64(code.base)+1<<code.extra && v < 256; v++ {
				small[kind][v] = uint8(c)
			}
		}
	}
	return small
}()
