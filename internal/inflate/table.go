package inflate

import (
	"math/bits"
	"slices"
)

// An entry of a table is what some bits stand for: how many they are, what
// kind of symbol it is, how many extra bits follow and the value they add to.
type entry uint32

// The kinds of entries. The zero entry is a code that isn't there.
const (
	invalid = iota
	literal
	base
	endOfBlock
	link // to a table of codes that begin so; extra is how many bits it takes
)

func newEntry(bits, kind, extra, value int) entry {
	return entry(bits | kind<<4 | extra<<8 | value<<16)
}

func (e entry) bits() int  { return int(e & 15) }
func (e entry) kind() int  { return int(e >> 4 & 15) }
func (e entry) extra() int { return int(e >> 8 & 15) }
func (e entry) value() int { return int(e >> 16) }

// primary is how many bits are looked up at first.
const primary = 10

// A table finds entries by the bits that come next.
type table []entry

func (t table) find(acc uint64) entry {
	e := t[acc&(1<<primary-1)]
	if e.kind() == link {
		e = t[e.value()+int(acc>>primary&(1<<e.extra()-1))]
	}
	return e
}

// build makes a table of the code lengths of symbols, which are described by
// symbol. It is false when they make no code.
func (t *table) build(lengths []uint8, symbol func(s int) (kind, extra, value int)) bool {
	var count, next [17]int
	for _, n := range lengths {
		count[n]++
	}
	count[0] = 0
	longest, code := 0, 0
	for n := 1; n <= 15; n++ {
		code <<= 1
		next[n] = code
		if code += count[n]; count[n] > 0 {
			longest = n
		}
		if code > 1<<n {
			return false
		}
	}
	if longest > 0 && code != 1<<15 && (longest != 1 || count[1] != 1) {
		return false
	}
	*t = slices.Grow((*t)[:0], 1<<primary)[:1<<primary]
	clear(*t)
	for s, n := range lengths {
		if n > 0 {
			kind, extra, value := symbol(s)
			reversed := int(bits.Reverse16(uint16(next[n])) >> (16 - n))
			next[n]++
			t.put(reversed, int(n), longest, newEntry(int(n), kind, extra, value))
		}
	}
	return true
}

// put enters a code of n bits.
func (t *table) put(code, n, longest int, e entry) {
	if n <= primary {
		for ; code < 1<<primary; code += 1 << n {
			(*t)[code] = e
		}
		return
	}
	sub := longest - primary
	first := &(*t)[code&(1<<primary-1)]
	if first.kind() != link {
		*first = newEntry(0, link, sub, len(*t))
		at := len(*t)
		*t = slices.Grow(*t, 1<<sub)[:at+1<<sub]
		clear((*t)[at:])
		first = &(*t)[code&(1<<primary-1)]
	}
	for at := code >> primary; at < 1<<sub; at += 1 << (n - primary) {
		(*t)[first.value()+at] = e
	}
}

func literalSymbol(s int) (kind, extra, value int) {
	switch {
	case s < 256:
		return literal, 0, s
	case s == 256:
		return endOfBlock, 0, 0
	case s < 265:
		return base, 0, s - 257 + 3
	case s == 285:
		return base, 0, 258
	case s > 285:
		return invalid, 0, 0
	}
	extra = (s - 261) / 4
	return base, extra, 3 + (4+(s-261)%4)<<extra
}

func distanceSymbol(s int) (kind, extra, value int) {
	switch {
	case s < 4:
		return base, 0, s + 1
	case s > 29:
		return invalid, 0, 0
	}
	extra = (s - 2) / 2
	return base, extra, 1 + (2+s%2)<<extra
}

func plainSymbol(s int) (kind, extra, value int) { return base, 0, s }

// fixed makes the tables of a block without (RFC 1951, 3.2.6).
func (d *decoder) fixed() {
	lengths := slices.Concat(slices.Repeat([]uint8{8}, 144), slices.Repeat([]uint8{9}, 112),
		slices.Repeat([]uint8{7}, 24), slices.Repeat([]uint8{8}, 8))
	d.literals.build(lengths, literalSymbol)
	d.distances.build(slices.Repeat([]uint8{5}, 32), distanceSymbol)
	d.need = 7
}

// dynamic reads the tables of a block (RFC 1951, 3.2.7).
func (d *decoder) dynamic() error {
	v, err := d.take(14)
	if err != nil {
		return err
	}
	nl, nd, nc := v&31+257, v>>5&31+1, v>>10+4
	if nl > 286 || nd > 30 {
		return d.corrupt()
	}
	var codeLengths [19]uint8
	for _, s := range []int{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}[:nc] {
		if v, err = d.take(3); err != nil {
			return err
		}
		codeLengths[s] = uint8(v)
	}
	if !d.literals.build(codeLengths[:], plainSymbol) {
		return d.corrupt()
	}
	var lengths [286 + 30]uint8
	if err := d.lengths(lengths[:nl+nd]); err != nil {
		return err
	}
	if !d.literals.build(lengths[:nl], literalSymbol) || !d.distances.build(lengths[nl:nl+nd], distanceSymbol) {
		return d.corrupt()
	}
	d.need = int(lengths[256]) // the end of the block must come
	return nil
}

// lengths reads code lengths, by the code in d.literals.
func (d *decoder) lengths(all []uint8) error {
	for i := 0; i < len(all); {
		d.refill()
		e := d.literals.find(d.acc)
		if e.kind() == invalid {
			return d.corrupt()
		}
		if _, err := d.take(e.bits()); err != nil {
			return err
		}
		s := e.value()
		if s < 16 {
			all[i] = uint8(s)
			i++
			continue
		}
		extra, least, value := []int{2, 3, 7}[s-16], []int{3, 3, 11}[s-16], uint8(0)
		if s == 16 {
			if i == 0 {
				return d.corrupt()
			}
			value = all[i-1]
		}
		more, err := d.take(extra)
		if err != nil {
			return err
		}
		if i+least+more > len(all) {
			return d.corrupt()
		}
		for range least + more {
			all[i] = value
			i++
		}
	}
	return nil
}
