// Package pgzip compresses with gzip on all processors. The output is a single gzip
// member, and identical for any number of processors.
package pgzip

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"runtime"

	"devops-go/internal/deflate"
)

const (
	// blockSize is what one goroutine compresses at a time. Smaller blocks
	// compress worse, larger ones keep more memory busy.
	blockSize = 1 << 20
	// windowSize is how far back deflate looks: each block is given that much
	// of the one before it.
	windowSize = 32 << 10
)

// A Writer compresses what is written to it. It must be closed.
type Writer struct {
	w     io.Writer
	level int

	block   []byte
	window  []byte
	pending chan chan result // in order; its capacity bounds what is in flight
	done    chan error       // what the goroutine that writes has to say

	crc    uint32
	size   uint32
	closed bool
	failed error
}

// A result is a compressed block.
type result struct {
	data []byte
	err  error
}

// Best is the level above compress/flate's: package deflate's.
const Best = 10

// NewWriter returns a Writer that writes to w with [Best] or one of
// compress/flate's levels.
func NewWriter(w io.Writer, level int) (*Writer, error) {
	if _, err := flate.NewWriter(io.Discard, level); err != nil && level != Best {
		return nil, err
	}
	z := &Writer{
		w:       w,
		level:   level,
		block:   make([]byte, 0, blockSize),
		pending: make(chan chan result, runtime.GOMAXPROCS(0)),
		done:    make(chan error, 1),
	}
	go z.drain()
	return z, nil
}

const (
	// header is that of a member without name or time, as Docker's and Go's.
	header = "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
	// end is an empty block, the last of a stream.
	end = "\x03\x00"
)

// drain writes the blocks in order. It goes on reading after a failure, so
// that nobody waits for it.
func (z *Writer) drain() {
	_, err := io.WriteString(z.w, header)
	for block := range z.pending {
		r := <-block
		if err == nil {
			err = r.err
		}
		if err == nil {
			_, err = z.w.Write(r.data)
		}
	}
	z.done <- err
}

// Write compresses p. An error of the writer below is told by Close.
func (z *Writer) Write(p []byte) (int, error) {
	if z.closed {
		return 0, errors.New("write to a closed gzip writer")
	}
	n := len(p)
	z.crc = crc32.Update(z.crc, crc32.IEEETable, p)
	z.size += uint32(n)
	for len(p) > 0 {
		take := min(len(p), blockSize-len(z.block))
		z.block = append(z.block, p[:take]...)
		p = p[take:]
		if len(z.block) == blockSize {
			z.send(false)
		}
	}
	return n, nil
}

// send hands the block over to be compressed.
func (z *Writer) send(last bool) {
	block, window := z.block, z.window
	if len(block) >= windowSize {
		z.window = bytes.Clone(block[len(block)-windowSize:])
	}
	z.block = make([]byte, 0, blockSize)
	out := make(chan result, 1)
	z.pending <- out
	go func() {
		data, err := z.compress(block, window, last)
		out <- result{data, err}
	}()
}

func (z *Writer) compress(block, window []byte, last bool) ([]byte, error) {
	if z.level == Best {
		data := deflate.Append(nil, window, block)
		if last {
			data = append(data, end...)
		}
		return data, nil
	}
	var out bytes.Buffer
	w, err := flate.NewWriterDict(&out, z.level, window)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(block); err != nil {
		return nil, err
	}
	if last {
		err = w.Close()
	} else {
		err = w.Flush() // ends on a byte, so that blocks can be strung together
	}
	return out.Bytes(), err
}

// Close compresses what is left and writes the trailer. It doesn't close the
// writer below.
func (z *Writer) Close() error {
	if z.closed {
		return z.failed
	}
	z.closed = true
	z.send(true)
	close(z.pending)
	if z.failed = <-z.done; z.failed == nil {
		trailer := binary.LittleEndian.AppendUint32(nil, z.crc)
		_, z.failed = z.w.Write(binary.LittleEndian.AppendUint32(trailer, z.size))
	}
	if z.failed != nil {
		z.failed = fmt.Errorf("gzip: %w", z.failed)
	}
	return z.failed
}
