package inflate

import (
	"compress/flate"
	"encoding/binary"
	"io"
)

const (
	window = 32 << 10
	ahead  = 96 << 10 // where decoding stops for a while
	slack  = 258 + 8  // how much a copy may write beyond that
)

// A decoder decodes one deflate stream after the other.
type decoder struct {
	r      io.Reader
	buf    []byte
	in     []byte // of buf, what isn't used
	failed error  // what r said
	offset int64  // of the input

	acc uint64 // n bits that come next
	n   int

	out  []byte
	end  int // of what is decoded, in out
	seen int // how much of the stream a copy may reach back to

	inBlock, final bool
	stored         int // bytes left of a stored block, -1 in another
	literals       table
	distances      table
	need           int // bits that there must be before a symbol is looked up
}

func newDecoder(r io.Reader) *decoder {
	return &decoder{r: r, buf: make([]byte, 64<<10), out: make([]byte, ahead+slack), end: window}
}

// more reads input, unless there is some.
func (d *decoder) more() bool {
	for tries := 0; len(d.in) == 0 && d.failed == nil; tries++ {
		var n int
		n, d.failed = d.r.Read(d.buf)
		d.in = d.buf[:n]
		d.offset += int64(n)
		if tries == 100 && d.failed == nil {
			d.failed = io.ErrNoProgress
		}
	}
	return len(d.in) > 0
}

// refill has at least 56 bits ready, or what is left.
func (d *decoder) refill() {
	if len(d.in) >= 8 {
		d.acc |= binary.LittleEndian.Uint64(d.in) << d.n
		take := (63 - d.n) >> 3
		d.in, d.n = d.in[take:], d.n+take*8
		d.acc &= 1<<d.n - 1
		return
	}
	for d.n < 56 && d.more() {
		d.acc |= uint64(d.in[0]) << d.n
		d.in, d.n = d.in[1:], d.n+8
	}
}

// take returns the next bits, at most 32.
func (d *decoder) take(bits int) (int, error) {
	if d.n < bits {
		if d.refill(); d.n < bits {
			return 0, d.truncated()
		}
	}
	v := int(d.acc & (1<<bits - 1))
	d.acc, d.n = d.acc>>bits, d.n-bits
	return v, nil
}

func (d *decoder) truncated() error {
	if d.failed == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return d.failed
}

func (d *decoder) corrupt() error {
	return flate.CorruptInputError(d.offset - int64(len(d.in)) - int64(d.n/8))
}

// reset begins another stream.
func (d *decoder) reset() { d.seen, d.inBlock, d.final = 0, false, false }

// fill decodes until there is enough, and returns it. io.EOF is the stream's end.
func (d *decoder) fill() ([]byte, error) {
	copy(d.out, d.out[d.end-window:d.end])
	d.end = window
	var err error
	for err == nil && d.end < ahead {
		switch {
		case d.inBlock && d.stored >= 0:
			err = d.copyStored()
		case d.inBlock:
			err = d.inflate()
		case d.final:
			err = io.EOF
		default:
			err = d.header()
		}
	}
	d.seen = window // as a fill that isn't the stream's last is longer than that
	return d.out[window:d.end], err
}

// header reads the beginning of a block.
func (d *decoder) header() error {
	v, err := d.take(3)
	if err != nil {
		return err
	}
	d.final, d.inBlock, d.stored = v&1 == 1, true, -1
	switch v >> 1 {
	case 0:
		if _, err = d.take(d.n & 7); err != nil {
			return err
		}
		if v, err = d.take(32); err == nil && v&0xffff != v>>16^0xffff {
			err = d.corrupt()
		}
		d.stored = v & 0xffff
		return err
	case 1:
		d.fixed()
		return nil
	case 2:
		return d.dynamic()
	}
	return d.corrupt()
}

// copyStored copies from the input.
func (d *decoder) copyStored() error {
	for d.stored > 0 && d.end < ahead {
		if d.n > 0 {
			v, _ := d.take(8)
			d.out[d.end] = byte(v)
			d.end, d.stored = d.end+1, d.stored-1
			continue
		}
		if !d.more() {
			return d.truncated()
		}
		n := copy(d.out[d.end:ahead], d.in[:min(d.stored, len(d.in))])
		d.in, d.end, d.stored = d.in[n:], d.end+n, d.stored-n
	}
	d.inBlock = d.stored > 0
	return nil
}

// inflate decodes symbols until there is enough or the block ends.
func (d *decoder) inflate() error {
	out, end, literals := d.out, d.end, d.literals
	defer func() { d.end = end }()
	for end < ahead {
		d.refill()
		acc, n := d.acc, d.n
		if n < d.need {
			return d.truncated()
		}
		e := literals.find(acc)
		if e.kind() == literal && e.bits() <= n {
			out[end] = byte(e.value())
			end, acc, n = end+1, acc>>e.bits(), n-e.bits()
			if next := literals.find(acc); next.kind() == literal && n >= 15 {
				out[end] = byte(next.value())
				end, acc, n = end+1, acc>>next.bits(), n-next.bits()
			}
			d.acc, d.n = acc, n
			continue
		}
		acc, n = acc>>e.bits(), n-e.bits()
		if n >= 0 && e.kind() == endOfBlock {
			d.acc, d.n, d.inBlock = acc, n, false
			return nil
		}
		length := e.value() + int(acc&(1<<e.extra()-1))
		acc, n = acc>>e.extra(), n-e.extra()
		f := d.distances.find(acc)
		acc, n = acc>>f.bits(), n-f.bits()
		distance := f.value() + int(acc&(1<<f.extra()-1))
		acc, n = acc>>f.extra(), n-f.extra()
		if n < 0 || e.kind() != base || f.kind() != base || distance > d.seen+end-window {
			return d.broken(e, f)
		}
		d.acc, d.n = acc, n
		if distance >= length {
			copy(out[end:end+length], out[end-distance:])
		} else {
			for i := range length {
				out[end+i] = out[end-distance+i]
			}
		}
		end += length
	}
	return nil
}

// broken says what is wrong with a length and a distance: the first thing that
// is missing or isn't a symbol.
func (d *decoder) broken(e, f entry) error {
	n := d.n - e.bits()
	if n >= 0 && e.kind() != base {
		return d.corrupt()
	}
	n -= e.extra() + f.bits()
	if n >= 0 && f.kind() == base {
		n -= f.extra()
	}
	if n < 0 {
		return d.truncated()
	}
	return d.corrupt()
}
