package zstd

const (
	// maxBlock is the most that a block may hold (RFC 8878, 3.1.1.2.4).
	maxBlock = 128 << 10
	// slack is how many bytes a copy may write or read beyond its end.
	slack = 64
)

// A history is what a frame has decoded to, as far back as its window. It is a
// ring that is begun again where a block might not fit, so that a block is in
// one piece:
//
//	buf  [ … the newest … ] pos [ … what is overwritten next … ] [ … the oldest … ] older
//
// It has room for the window and two blocks, which keeps what a copy may write
// beyond its end away from what is still needed. It grows with what is decoded.
type history struct {
	buf    []byte
	pos    int
	older  int // the end of what was decoded before the ring was begun again
	size   int // how large buf may grow
	block  int // the most that a block of the frame may hold
	window int
	total  uint64 // decoded of the frame
}

// reset makes ready for a frame.
func (h *history) reset(window int) {
	h.window, h.block = window, min(window, maxBlock)
	h.size = window + 2*h.block + slack
	h.pos, h.older, h.total = 0, 0, 0
}

// room makes room for a block.
func (h *history) room() {
	need := h.pos + h.block + slack
	if need <= min(len(h.buf), h.size) {
		return
	}
	if need > h.size {
		h.older, h.pos = h.pos, 0
		return
	}
	size := max(need, min(2*len(h.buf), h.size))
	if size > 3<<19 { // at once, so that what is left behind is little
		size = h.size
	}
	buf := make([]byte, size)
	copy(buf, h.buf[:h.pos])
	h.buf = buf
}

// reach is how far back a copy may go.
func (h *history) reach() int { return int(min(h.total, uint64(h.window))) }

// execute appends what the sequences say and returns how many of the literals
// they took; it may read slack bytes beyond those. limit is where the block
// must end. (RFC 8878, 3.1.1.4)
func (h *history) execute(sequences []sequence, literals []byte, have, limit int) (used int, fault corruption) {
	buf, pos, from := h.buf, h.pos, h.pos
	reach := h.reach()
	for i := range sequences {
		s := &sequences[i]
		n, match, offset := int(s.literals), int(s.match), int(s.offset)
		if n > have-used {
			return 0, "a sequence needs more literals than there are"
		}
		if n+match > limit-pos {
			return 0, "a block is larger than it may be"
		}
		if n <= 16 {
			*(*[16]byte)(buf[pos:]) = *(*[16]byte)(literals[used:])
		} else if n <= slack {
			*(*[32]byte)(buf[pos:]) = *(*[32]byte)(literals[used:])
			if n > 32 {
				*(*[32]byte)(buf[pos+32:]) = *(*[32]byte)(literals[used+32:])
			}
		} else {
			copy(buf[pos:pos+n], literals[used:used+n])
		}
		pos, used = pos+n, used+n
		if offset > h.window || offset == 0 {
			return 0, "a sequence reaches back too far"
		}
		src := pos - offset
		if src < 0 {
			if offset > reach+pos-from {
				return 0, "a sequence reaches back too far"
			}
			n := min(match, -src)
			copy(buf[pos:pos+n], buf[h.older+src:])
			if match -= n; match == 0 {
				pos += n
				continue
			}
			pos, src = pos+n, 0
		}
		if offset >= 16 && match <= slack {
			*(*[16]byte)(buf[pos:]) = *(*[16]byte)(buf[src:])
			for i := 16; i < match; i += 16 {
				*(*[16]byte)(buf[pos+i:]) = *(*[16]byte)(buf[src+i:])
			}
		} else if offset >= match {
			copy(buf[pos:pos+match], buf[src:])
		} else {
			repeat(buf[src:pos+match], offset)
		}
		pos += match
	}
	h.total += uint64(pos - from)
	h.pos = pos
	return used, ""
}

// repeat fills b with what its first bytes are.
func repeat(b []byte, period int) {
	for n := period; n < len(b); n *= 2 {
		copy(b[n:], b[:n])
	}
}

// append appends b.
func (h *history) append(b []byte) {
	h.pos += copy(h.buf[h.pos:], b)
	h.total += uint64(len(b))
}

// run appends n times b.
func (h *history) run(b byte, n int) {
	run := h.buf[h.pos:][:n]
	for i := range run {
		run[i] = b
	}
	h.pos += n
	h.total += uint64(n)
}
