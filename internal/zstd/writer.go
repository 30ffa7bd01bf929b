package zstd

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

const (
	windowLog = 22 // decoders need to support 8 MiB (RFC 8878, 3.1.1.1.2)
	window    = 1 << windowLog
)

// Best is the level that compresses best, the highest of those from 1.
const Best = 10

// A Writer compresses what is written to it into one frame with a checksum. The
// result is the same on every machine. It needs about 60 MB, however much is
// written.
type Writer struct {
	w   io.Writer
	err error
	sum xxh64
	buf []byte // up to a window that was compressed, and what is to be
	at  int    // in buf, of the latter
	out []byte

	finder  *finder
	parser  parser
	entropy entropy
}

// NewWriter returns a Writer that writes a frame to w at a level from 1 to
// [Best]. The frame is whole when Close has returned no error; w is left open.
func NewWriter(w io.Writer, level int) (*Writer, error) {
	if level < 1 || level > Best {
		return nil, fmt.Errorf("zstd: level %d: want 1 to %d", level, Best)
	}
	z := &Writer{w: w, finder: newFinder(2 * level)}
	z.parser.passes = 1
	if level == Best {
		z.finder.depth, z.parser.passes = 32, 2
	}
	z.sum.reset()
	z.parser.reset()
	z.entropy.reset()
	z.out = binary.LittleEndian.AppendUint32(z.out, magic)
	z.out = append(z.out, 1<<2, (windowLog-10)<<3) // a checksum, and no size (RFC 8878, 3.1.1.1)
	return z, nil
}

func (z *Writer) Write(p []byte) (n int, err error) {
	for n < len(p) && z.err == nil {
		// A block is written once there is another one: the finder compares beyond
		// the end, and the last block has to say that it is the last.
		m := min(len(p)-n, 2*maxBlock-(len(z.buf)-z.at))
		z.buf = append(z.buf, p[n:n+m]...)
		n += m
		if len(z.buf)-z.at == 2*maxBlock {
			z.block(false)
		}
	}
	return n, z.err
}

// Close writes what is left and ends the frame.
func (z *Writer) Close() error {
	if z.err != nil {
		return z.err
	}
	if len(z.buf)-z.at > maxBlock {
		z.block(false)
	}
	if z.err == nil {
		z.block(true)
	}
	if z.err != nil {
		return z.err
	}
	var sum [4]byte
	binary.LittleEndian.PutUint32(sum[:], uint32(z.sum.sum()))
	if _, z.err = z.w.Write(sum[:]); z.err != nil {
		return z.err
	}
	z.err = errors.New("zstd: write after Close")
	return nil
}

// block writes the next block.
func (z *Writer) block(last bool) {
	end := min(z.at+maxBlock, len(z.buf))
	content := z.buf[z.at:end]
	z.sum.write(content)
	start := len(z.out)
	z.out = append(z.out, 0, 0, 0)
	kind, size := compressedBlock, 0
	if run(content) {
		kind, size = runBlock, len(content)
		z.out = append(z.out, content[0])
	} else {
		recent := z.parser.recent
		seqs, literals := z.parser.parse(z.finder, z.buf, z.at, end)
		if z.out = z.entropy.append(z.out, literals, seqs); len(z.out)-start-3 < len(content) {
			z.entropy.keep()
			size = len(z.out) - start - 3
		} else {
			z.parser.recent = recent
			z.out = append(z.out[:start+3], content...)
			kind, size = rawBlock, len(content)
		}
	}
	header := size<<3 | kind<<1
	if last {
		header |= 1
	}
	z.out[start], z.out[start+1], z.out[start+2] = byte(header), byte(header>>8), byte(header>>16)
	_, z.err = z.w.Write(z.out)
	z.out = z.out[:0]
	if z.at = end; z.at == 2*window { // a multiple of maxBlock
		z.finder.slide()
		z.buf = append(z.buf[:0], z.buf[window:]...)
		z.at = window
	}
}

// run reports whether content is one byte, again and again.
func run(content []byte) bool {
	if len(content) < 4 {
		return false
	}
	for _, b := range content {
		if b != content[0] {
			return false
		}
	}
	return true
}
