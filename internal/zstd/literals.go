package zstd

import "encoding/binary"

// The types of literals (RFC 8878, 3.1.1.3.1.1).
const (
	rawLiterals = iota
	runLiterals
	treeLiterals
	treelessLiterals // by the last tree
)

// literals are those of a block, and the tree that the next one may use again.
type literals struct {
	tree huffman
	buf  []byte
}

// reset forgets the tree: a frame begins.
func (l *literals) reset() { l.tree.set = false }

// A literalsHeader says how many literals there are, in how many bytes and
// streams, and its own size.
type literalsHeader struct{ kind, n, packed, streams, size int }

// newLiteralsHeader reads a header (RFC 8878, 3.1.1.3.1.1) from the low end of v.
func newLiteralsHeader(v uint64) literalsHeader {
	kind, format := int(v&3), v>>2&3
	if kind <= runLiterals {
		h := literalsHeader{kind, int(v >> 3 & 0x1f), 1, 0, 1}
		switch format {
		case 1:
			h.n, h.size = int(v>>4&0xfff), 2
		case 3:
			h.n, h.size = int(v>>4&0xfffff), 3
		}
		if kind == rawLiterals {
			h.packed = h.n
		}
		return h
	}
	bits := []int{10, 10, 14, 18}[format]
	h := literalsHeader{kind, int(v >> 4 & (1<<bits - 1)), int(v >> (4 + bits) & (1<<bits - 1)), 4, (4 + 2*bits + 7) / 8}
	if format == 0 {
		h.streams = 1
	}
	return h
}

// read reads the literals of the block in buf[at:end], at most most, and says
// where they end. There are n of them and slack bytes more.
func (l *literals) read(buf []byte, at, end, most int) (content []byte, n, after int, fault corruption) {
	h := newLiteralsHeader(binary.LittleEndian.Uint64(buf[at:])) // there is that much after a block
	start := at + h.size
	after = start + h.packed
	switch {
	case after > end:
		return nil, 0, at, "the block ends before its literals do"
	case h.n > most:
		return nil, 0, at, errBlockSize
	case h.kind == rawLiterals:
		return buf[start:], h.n, after, ""
	}
	if len(l.buf) < h.n+slack {
		l.buf = make([]byte, most+slack)
	}
	content = l.buf[:h.n]
	switch h.kind {
	case runLiterals:
		for i := range content {
			content[i] = buf[start]
		}
		return l.buf, h.n, after, ""
	case treeLiterals:
		var ok bool
		if start, ok = l.tree.read(buf, start, after); !ok {
			return nil, 0, at + h.size, "the literals' Huffman tree is broken"
		}
	}
	if !l.tree.set {
		return nil, 0, at, "the literals use the last Huffman tree, and there is none"
	}
	decode := l.tree.decode
	if h.streams == 4 {
		decode = l.tree.decode4
	}
	if !decode(content, buf, start, after) {
		return nil, 0, start, "the literals' Huffman codes are broken"
	}
	return l.buf, h.n, after, ""
}
