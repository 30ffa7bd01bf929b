package zstd

import "io"

// A Reader returns the content of a stream's frames, one after the other.
type Reader struct {
	in       input
	frame    frame
	inFrame  bool
	literals literals
	seqs     sequencer
	history  history
	sum      xxh64
	rest     []byte // of what is decoded
	err      error
}

// NewReader returns a Reader of r, which it reads to its end, as it is read
// itself. It may read more of r than it needs for what it returns.
func NewReader(r io.Reader) *Reader { return &Reader{in: newInput(r)} }

// Read implements [io.Reader]. An error is an [*Error] or one of the reader
// below. What comes before an error has been decoded, but only after the end of
// a frame is it known to be what its checksum says.
func (z *Reader) Read(p []byte) (int, error) {
	for len(z.rest) == 0 {
		if z.err != nil {
			return 0, z.err
		}
		z.rest, z.err = z.next()
	}
	n := copy(p, z.rest)
	z.rest = z.rest[n:]
	return n, nil
}

// WriteTo implements [io.WriterTo]. It writes a block at a time, which isn't
// copied for it.
func (z *Reader) WriteTo(w io.Writer) (written int64, err error) {
	for {
		n, err := w.Write(z.rest)
		written += int64(n)
		z.rest = z.rest[n:]
		switch {
		case err != nil:
			return written, err
		case z.err == io.EOF:
			return written, nil
		case z.err != nil:
			return written, z.err
		}
		z.rest, z.err = z.next()
	}
}

// next decodes a frame's header or a block.
func (z *Reader) next() (content []byte, err error) {
	if !z.inFrame {
		if z.frame, err = z.in.frame(); err == nil {
			z.inFrame = true
			z.literals.reset()
			z.seqs.reset()
			z.history.reset(z.frame.window)
			z.sum.reset()
		}
		return nil, err
	}
	content, last, err := z.block()
	if err != nil {
		return nil, err
	}
	if z.frame.checked {
		z.sum.write(content)
	}
	if z.frame.sized && z.history.total > z.frame.size {
		return nil, &Error{z.in.offset, errSize}
	}
	if last {
		z.inFrame = false
		err = z.endFrame()
	}
	return content, err
}

const errSize = corruption("the frame's content isn't as long as its header says")

// endFrame holds what was decoded against what the frame says of it.
func (z *Reader) endFrame() error {
	if z.frame.sized && z.history.total != z.frame.size {
		return &Error{z.in.offset, errSize}
	}
	if !z.frame.checked {
		return nil
	}
	sum, err := z.in.take(4)
	if err == nil && uint32(sum) != uint32(z.sum.sum()) {
		err = &Error{z.in.offset - 4, ErrChecksum}
	}
	return err
}
