package tarscan

import (
	"bufio"
	"bytes"
	"io"
)

// A source is where the archive's bytes come from.
type source interface {
	// block returns the next header block, valid until the next call, and
	// moves past it; io.EOF where the archive ends.
	block() ([]byte, error)
	// reread returns a reader that starts again at the block just returned and
	// moves the source along with it.
	reread() io.Reader
	// read reads at the current position.
	read(p []byte) (int, error)
	// skip moves past n bytes that must be there.
	skip(n int64) error
	// skipPadding moves past n bytes that may be missing at the very end.
	skipPadding(n int64) error
	// offset is the current position.
	offset() int64
	// remaining returns a reader of what follows it.
	remaining() io.Reader
}

// window is how much a fileSource reads at once. Headers are 512 bytes and
// contents mostly larger than what follows in the window, so a larger one only
// copies what is never looked at.
const window = 1024

// fileSource reads headers where they lie.
type fileSource struct {
	r    io.ReaderAt
	size int64
	pos  int64

	buf    [window]byte
	bufPos int64
	bufLen int
}

func (f *fileSource) block() ([]byte, error) {
	if f.pos >= f.size {
		return nil, io.EOF
	}
	i := f.pos - f.bufPos
	if i < 0 || i+blockSize > int64(f.bufLen) {
		want := min(window, f.size-f.pos)
		n, err := f.r.ReadAt(f.buf[:want], f.pos)
		if n < blockSize {
			if err == nil || err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			f.bufLen = 0
			return nil, err
		}
		f.bufPos, f.bufLen, i = f.pos, n, 0
	}
	f.pos += blockSize
	return f.buf[i : i+blockSize], nil
}

func (f *fileSource) reread() io.Reader {
	f.pos -= blockSize
	return (*fileSeeker)(f)
}

func (f *fileSource) read(p []byte) (int, error) {
	if f.pos >= f.size {
		return 0, io.EOF
	}
	if left := f.size - f.pos; int64(len(p)) > left {
		p = p[:left]
	}
	n, err := f.r.ReadAt(p, f.pos)
	f.pos += int64(n)
	if n > 0 {
		err = nil
	}
	return n, err
}

func (f *fileSource) skip(n int64) error {
	if n > f.size-f.pos {
		return truncated(n, f.size-f.pos)
	}
	f.pos += n
	return nil
}

func (f *fileSource) skipPadding(n int64) error {
	f.pos = min(f.pos+n, f.size)
	return nil
}

func (f *fileSource) offset() int64 { return f.pos }

func (f *fileSource) remaining() io.Reader { return io.NewSectionReader(f.r, f.pos, f.size-f.pos) }

// fileSeeker is a fileSource as archive/tar likes it: it seeks over what it
// doesn't read.
type fileSeeker fileSource

func (f *fileSeeker) Read(p []byte) (int, error) { return (*fileSource)(f).read(p) }

func (f *fileSeeker) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += f.pos
	case io.SeekEnd:
		offset += f.size
	}
	if offset < 0 {
		return f.pos, io.ErrUnexpectedEOF
	}
	f.pos = offset
	return offset, nil
}

// streamSource reads everything on the way to the next header.
type streamSource struct {
	r   *bufio.Reader
	pos int64
	buf [blockSize]byte
}

func newStreamSource(r io.Reader) *streamSource {
	return &streamSource{r: bufio.NewReaderSize(r, 64<<10)}
}

func (s *streamSource) block() ([]byte, error) {
	n, err := io.ReadFull(s.r, s.buf[:])
	s.pos += int64(n)
	return s.buf[:], err
}

func (s *streamSource) reread() io.Reader {
	s.pos -= blockSize
	again := bytes.NewReader(bytes.Clone(s.buf[:]))
	return &counter{io.MultiReader(again, s.r), &s.pos}
}

func (s *streamSource) read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	s.pos += int64(n)
	return n, err
}

func (s *streamSource) skip(n int64) error {
	for left := n; left > 0; {
		did, err := s.r.Discard(int(min(left, 1<<30)))
		s.pos += int64(did)
		left -= int64(did)
		if err == io.EOF {
			return truncated(n, n-left)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *streamSource) skipPadding(n int64) error {
	did, err := s.r.Discard(int(n))
	s.pos += int64(did)
	if err == io.EOF {
		return nil
	}
	return err
}

func (s *streamSource) offset() int64 { return s.pos }

func (s *streamSource) remaining() io.Reader { return s.r }

// counter adds what is read to *n.
type counter struct {
	r io.Reader
	n *int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	*c.n += int64(n)
	return n, err
}
