package zstd

// The three parts of a sequence, in the order in which a block has their tables.
const (
	literalLength = iota
	matchOffset
	matchLength
)

// maxAccuracy is the largest accuracy log of the tables of sequences.
const maxAccuracy = 9

// A code is a state of the decoder of one of the three: the value is base and as
// many bits as extra says, the next state is next and as many as bits says.
type code struct {
	base  uint32
	next  uint16
	extra uint8
	bits  uint8
}

// A codeTable has the states of one of the three. It has room for the largest
// accuracy, so that a state can be masked instead of compared.
type codeTable struct {
	states   [1 << maxAccuracy]code
	accuracy int
	set      bool
}

// A codeKind is what the codes of one of the three are.
type codeKind struct {
	codes      []code       // base and extra of each (RFC 8878, 3.1.1.3.2.1.1)
	accuracy   int          // that a table may have
	stated     distribution // where a block states none
	predefined codeTable    // of it
}

var codeKinds = [3]*codeKind{
	literalLength: newCodeKind(0, []uint8{
		0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
		1, 1, 1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16,
	}, 9, 6, []int16{
		4, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1,
		2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 2, 1, 1, 1, 1, 1, -1, -1, -1, -1,
	}),
	matchOffset: newCodeKind(1, []uint8{
		0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
		16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31,
	}, 8, 5, []int16{
		1, 1, 1, 1, 1, 1, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1,
		1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1,
	}),
	matchLength: newCodeKind(3, []uint8{
		0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
		0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
		1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16,
	}, 9, 6, []int16{
		1, 4, 3, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1,
		1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
		1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1, -1, -1,
	}),
}

// newCodeKind returns the kind whose first code is for least and whose codes
// take so many extra bits, and the table of a block that doesn't state one
// (RFC 8878, 3.1.1.3.2.2).
func newCodeKind(least uint32, extra []uint8, maxAccuracy, accuracy int, parts []int16) *codeKind {
	k := &codeKind{accuracy: maxAccuracy}
	for _, n := range extra {
		k.codes = append(k.codes, code{base: least, extra: n})
		least += 1 << n
	}
	k.stated = distribution{symbols: len(parts), accuracy: accuracy}
	copy(k.stated.parts[:], parts)
	k.predefined.fill(k, &k.stated)
	return k
}

// fill makes the table of a distribution.
func (t *codeTable) fill(k *codeKind, d *distribution) {
	var entries [1 << maxAccuracy]fseEntry
	d.table(entries[:])
	for i, e := range entries[:1<<d.accuracy] {
		c := k.codes[e.symbol]
		c.next, c.bits = e.next, e.bits
		t.states[i] = c
	}
	t.accuracy, t.set = d.accuracy, true
}

// read sets the table by the mode that a block states for it (RFC 8878,
// 3.1.1.3.2.1) and returns how many bytes of data that took. It is false when
// they say nothing that can be.
func (t *codeTable) read(k *codeKind, mode uint8, data []byte) (size int, ok bool) {
	switch mode {
	case 0: // predefined
		t.accuracy, t.set = k.predefined.accuracy, true
		copy(t.states[:1<<t.accuracy], k.predefined.states[:])
		return 0, true
	case 1: // one code, all the time
		if len(data) == 0 || int(data[0]) >= len(k.codes) {
			return 0, false
		}
		t.states[0], t.accuracy, t.set = k.codes[data[0]], 0, true
		return 1, true
	case 2:
		var d distribution
		if size, ok = d.read(data, len(k.codes)-1, k.accuracy); ok {
			t.fill(k, &d)
		}
		return size, ok
	}
	return 0, t.set // the last block's
}
