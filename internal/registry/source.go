package registry

import (
	"errors"
	"fmt"
	"io"
	"sync"
)

// errSource marks a failure to read what was to be sent: not the registry's
// fault, and not mended by sending it again.
var errSource = errors.New("source")

type sourceError struct{ err error }

func (e *sourceError) Error() string        { return e.err.Error() }
func (e *sourceError) Unwrap() error        { return e.err }
func (e *sourceError) Is(target error) bool { return target == errSource }

// A source hands out a request's body, each time from its beginning, and
// remembers a failure to read it, which net/http reports in many guises.
type source struct {
	open  func() (io.ReadCloser, error)
	watch *watch

	mu  sync.Mutex
	err error
}

func (s *source) reader() (io.ReadCloser, error) {
	rc, err := s.open()
	if err != nil {
		return nil, s.fail(err)
	}
	return &sourceReader{rc, s}, nil
}

func (s *source) fail(err error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = &sourceError{err}
	return s.err
}

func (s *source) fault() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// sourceReader is a request's body: between two reads of it the network is
// waited for.
type sourceReader struct {
	io.ReadCloser
	source *source
}

func (r *sourceReader) Read(p []byte) (int, error) {
	w := r.source.watch
	w.sending(0)
	n, err := r.ReadCloser.Read(p)
	switch err {
	case nil:
		w.sending(w.limit)
	case io.EOF:
		w.sending(commitPatience * w.limit)
	default:
		err = r.source.fail(err)
	}
	return n, err
}

// A section is size bytes of a re-readable content from offset on.
type section struct {
	open         func() (io.ReadCloser, error)
	offset, size int64
	moved        func(n int) // called with what was read; may be nil
}

// reader opens the content and skips to the section.
func (s section) reader() (io.ReadCloser, error) {
	rc, err := s.open()
	if err != nil {
		return nil, err
	}
	if err := skip(rc, s.offset); err != nil {
		rc.Close()
		return nil, fmt.Errorf("skipping to byte %d: %w", s.offset, err)
	}
	return &sectionReader{rc, s.size, s.moved}, nil
}

func skip(r io.Reader, n int64) error {
	if n == 0 {
		return nil
	}
	if s, ok := r.(io.Seeker); ok {
		_, err := s.Seek(n, io.SeekCurrent)
		return err
	}
	_, err := io.CopyN(io.Discard, r, n)
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return err
}

// sectionReader reports an early end of its content as an error.
type sectionReader struct {
	rc    io.ReadCloser
	left  int64
	moved func(n int)
}

func (r *sectionReader) Read(p []byte) (int, error) {
	if r.left == 0 {
		return 0, io.EOF
	}
	n, err := r.rc.Read(p[:min(int64(len(p)), r.left)])
	r.left -= int64(n)
	if r.moved != nil {
		r.moved(n)
	}
	if err == io.EOF && r.left > 0 {
		err = fmt.Errorf("content ends %d bytes early: %w", r.left, io.ErrUnexpectedEOF)
	}
	return n, err
}

func (r *sectionReader) Close() error { return r.rc.Close() }
