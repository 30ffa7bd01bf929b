package zstd

import "encoding/binary"

// A sequence says how many literals come, and then how many bytes from how far
// back.
type sequence struct{ literals, match, offset uint32 }

// batch is how many sequences are decoded before they are executed: those that
// stay in the first-level cache.
const batch = 512

// A sequencer decodes the sequences of a block. Its tables and offsets are those
// of the blocks before.
type sequencer struct {
	tables [3]codeTable
	recent [3]uint32 // offsets, the latest first (RFC 8878, 3.1.1.5)

	buf     []byte
	start   int // of the bits
	b       backward
	states  [3]uint32
	left    int // sequences
	decoded [batch]sequence
}

// reset is for a frame's beginning.
func (s *sequencer) reset() {
	for i := range s.tables {
		s.tables[i].set = false
	}
	s.recent = [3]uint32{1, 4, 8}
}

// begin reads the header of the sequences in buf[at:end] (RFC 8878, 3.1.1.3.2.1)
// and makes ready to decode them. It says where it came to.
func (s *sequencer) begin(buf []byte, at, end int) (after int, fault corruption) {
	header := binary.LittleEndian.Uint64(buf[at:]) // there is that much after a block
	n, start := int(header&0xff), at
	switch at++; {
	case n == 255:
		n, at = int(header>>8&0xffff)+0x7f00, at+2
	case n >= 128:
		n, at = (n-128)<<8+int(header>>8&0xff), at+1
	}
	if s.left = n; n == 0 && at < end {
		return at, "there is more after a block without sequences"
	}
	if at > end || n > 0 && at == end {
		return start, "the block ends before its sequences do"
	}
	if n == 0 {
		return at, ""
	}
	modes := buf[at]
	if at++; modes&3 != 0 {
		return at - 1, "the sequences' modes have a reserved bit set"
	}
	for i := range s.tables {
		size, ok := s.tables[i].read(codeKinds[i], modes>>(6-2*i)&3, buf[at:end])
		if !ok {
			return at, "a table of the sequences is broken"
		}
		at += size
	}
	var ok bool
	if s.b, ok = newBackward(buf, at, end); !ok {
		return at, "the sequences' bits have no end"
	}
	s.buf, s.start = buf, at
	for i := range s.states {
		s.states[i] = s.b.take(buf, s.tables[i].accuracy)
	}
	return at, ""
}

// next decodes a batch, or what is left.
func (s *sequencer) next() (decoded []sequence, fault corruption) {
	decoded = s.decoded[:min(s.left, batch)]
	s.left -= len(decoded)
	if !s.decode(decoded) || s.left == 0 && s.b.left(s.start) != 0 {
		return nil, "the sequences' bits don't end where they should"
	}
	return decoded, ""
}

// decode fills decoded. It is where the time goes: everything is in local
// variables, and nothing is called.
func (s *sequencer) decode(decoded []sequence) bool {
	const mask = 1<<maxAccuracy - 1
	literalStates, offsetStates, matchStates := &s.tables[literalLength].states, &s.tables[matchOffset].states, &s.tables[matchLength].states
	state0, state1, state2 := s.states[literalLength], s.states[matchOffset], s.states[matchLength]
	r1, r2, r3 := s.recent[0], s.recent[1], s.recent[2]
	at, used, buf := s.b.at, s.b.used, s.buf
	for i := range decoded {
		l, o, m := &literalStates[state0&mask], &offsetStates[state1&mask], &matchStates[state2&mask]
		at, used = at-used>>3, used&7
		if at < 0 {
			return false
		}
		acc := binary.LittleEndian.Uint64(buf[at:]) << (used & 7)
		offset := o.base + uint32(acc>>1>>(63-o.extra&63))
		acc <<= o.extra & 63
		used += int(o.extra)
		if o.extra+m.extra+l.extra > 57-26 { // the states may take 26
			at, used = at-used>>3, used&7
			if at < 0 {
				return false
			}
			acc = binary.LittleEndian.Uint64(buf[at:]) << (used & 7)
		}
		match := m.base + uint32(acc>>1>>(63-m.extra&63))
		acc <<= m.extra & 63
		literals := l.base + uint32(acc>>1>>(63-l.extra&63))
		acc <<= l.extra & 63
		used += int(m.extra + l.extra)

		if o.extra > 1 {
			offset -= 3
			r1, r2, r3 = offset, r1, r2
		} else {
			if literals == 0 {
				offset++
			}
			switch offset {
			case 1:
				offset = r1
			case 2:
				offset = r2
				r1, r2 = r2, r1
			case 3:
				offset = r3
				r1, r2, r3 = r3, r1, r2
			default:
				offset = r1 - 1
				r1, r2, r3 = offset, r1, r2
			}
		}
		decoded[i] = sequence{literals, match, offset}
		if s.left == 0 && i == len(decoded)-1 {
			break // the last has no next states
		}
		state0 = uint32(l.next) + uint32(acc>>1>>(63-l.bits&63))
		acc <<= l.bits & 63
		state2 = uint32(m.next) + uint32(acc>>1>>(63-m.bits&63))
		acc <<= m.bits & 63
		state1 = uint32(o.next) + uint32(acc>>1>>(63-o.bits&63))
		used += int(l.bits + m.bits + o.bits)
	}
	s.states = [3]uint32{literalLength: state0, matchOffset: state1, matchLength: state2}
	s.recent = [3]uint32{r1, r2, r3}
	s.b = backward{at, used}
	return true
}
