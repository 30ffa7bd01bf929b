package zstd

import (
	"encoding/binary"
	"io"
)

const (
	// before and after are how many bytes of the buffer are there around what
	// was read, so that eight or sixteen bytes are loaded at once without a look
	// at where they begin or end. What they are is never used.
	before = 8
	after  = slack
	// ahead is how much is read at once.
	ahead = 64 << 10
)

// An input is the compressed stream. Its content from next to end is unread.
type input struct {
	r         io.Reader
	buf       []byte
	next, end int
	offset    int64 // of next in the stream
	err       error // what r said
}

func newInput(r io.Reader) input { return input{r: r, next: before, end: before} }

// have reports whether n bytes are there in one piece, for which it reads as
// far as needed.
func (in *input) have(n int) bool {
	if in.end-in.next >= n {
		return true
	}
	if len(in.buf)-after-in.next < n || in.next == in.end {
		in.makeRoom(n)
	}
	for tries := 0; in.end-in.next < n && in.err == nil; tries++ {
		var read int
		read, in.err = in.r.Read(in.buf[in.end : len(in.buf)-after])
		if in.end += read; read > 0 {
			tries = 0
		}
		if tries == 100 && in.err == nil {
			in.err = io.ErrNoProgress
		}
	}
	return in.end-in.next >= n
}

// makeRoom moves what is unread to the front of a buffer that takes n bytes.
func (in *input) makeRoom(n int) {
	buf := in.buf
	if size := before + max(n, ahead) + after; len(buf) < size {
		buf = make([]byte, size)
	}
	in.end = before + copy(buf[before:], in.buf[min(in.next, len(in.buf)):min(in.end, len(in.buf))])
	in.buf, in.next = buf, before
}

// skip passes over n bytes that are there.
func (in *input) skip(n int) {
	in.next += n
	in.offset += int64(n)
}

// take returns the next n bytes, at most 8, as a number.
func (in *input) take(n int) (uint64, error) {
	if !in.have(n) {
		return 0, in.truncated()
	}
	v := binary.LittleEndian.Uint64(in.buf[in.next:]) & (1<<(8*n) - 1)
	in.skip(n)
	return v, nil
}

// discard passes over n bytes.
func (in *input) discard(n int64) error {
	for n > 0 {
		if !in.have(1) {
			return in.truncated()
		}
		some := min(n, int64(in.end-in.next))
		in.skip(int(some))
		n -= some
	}
	return nil
}
