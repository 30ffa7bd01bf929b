package inflate

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"hash/crc32"
	"io"
)

// A Reader returns the content of the members of a gzip file, one after the other.
type Reader struct {
	d         *decoder
	rest      []byte // of what is decoded
	sum, size uint32
	err       error
}

// NewReader returns a Reader of r, whose first header it reads. It may read
// more of r than that.
func NewReader(r io.Reader) (*Reader, error) {
	z := &Reader{d: newDecoder(r)}
	if err := z.header(); err != nil {
		return nil, err
	}
	return z, nil
}

// Read implements [io.Reader]. The errors are those of compress/gzip.
func (z *Reader) Read(p []byte) (int, error) {
	for len(z.rest) == 0 {
		if z.err != nil {
			return 0, z.err
		}
		z.rest, z.err = z.d.fill()
		z.sum = crc32.Update(z.sum, crc32.IEEETable, z.rest)
		z.size += uint32(len(z.rest))
		if z.err == io.EOF {
			if z.err = z.trailer(); z.err == nil {
				z.err = z.header()
			}
		}
	}
	n := copy(p, z.rest)
	z.rest = z.rest[n:]
	return n, nil
}

// bytes fills p from the input.
func (z *Reader) bytes(p []byte) error {
	for i := range p {
		v, err := z.d.take(8)
		if err != nil {
			return err
		}
		p[i] = byte(v)
	}
	return nil
}

// trailer holds what was decoded against the sum and the size that follow.
func (z *Reader) trailer() error {
	var b [8]byte
	z.d.take(z.d.n & 7)
	if err := z.bytes(b[:]); err != nil {
		return err
	}
	if binary.LittleEndian.Uint32(b[:]) != z.sum || binary.LittleEndian.Uint32(b[4:]) != z.size {
		return gzip.ErrChecksum
	}
	z.sum, z.size = 0, 0
	return nil
}

// header reads a member's header; io.EOF says that there is none.
func (z *Reader) header() error {
	if z.d.n == 0 && !z.d.more() {
		return z.d.failed
	}
	z.d.reset()
	h := make([]byte, 10)
	if err := z.bytes(h); err != nil {
		return err
	}
	if !bytes.HasPrefix(h, []byte("\x1f\x8b\x08")) {
		return gzip.ErrHeader
	}
	flags := h[3]
	if flags&4 != 0 {
		extra := make([]byte, 2)
		if err := z.bytes(extra); err != nil {
			return err
		}
		h = append(h, extra...)
		extra = make([]byte, binary.LittleEndian.Uint16(extra))
		if err := z.bytes(extra); err != nil {
			return err
		}
		h = append(h, extra...)
	}
	for _, flag := range []byte{8, 16} { // name and comment
		for n := 0; flags&flag != 0; n++ {
			v, err := z.d.take(8)
			if n == 512 {
				return gzip.ErrHeader
			}
			if err != nil {
				return err
			}
			if h = append(h, byte(v)); v == 0 {
				break
			}
		}
	}
	if flags&2 != 0 {
		sum := make([]byte, 2)
		if err := z.bytes(sum); err != nil {
			return err
		}
		if binary.LittleEndian.Uint16(sum) != uint16(crc32.ChecksumIEEE(h)) {
			return gzip.ErrHeader
		}
	}
	return nil
}
