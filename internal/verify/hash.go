package verify

import (
	"context"
	"errors"
	"fmt"
	"hash"
	"io"

	"devops-go/internal/digest"
	"devops-go/internal/image"
	"devops-go/internal/layers"
	"devops-go/internal/parallel"
)

// Options say how to verify; the zero value will do.
type Options struct {
	// MaxSize bounds the sum of the uncompressed layers; 0 is
	// image.DefaultMaxSize.
	MaxSize int64
}

// sums is what was found in a layer.
type sums struct {
	size        int64 // of the blob
	compression image.Compression
	blob, diff  digest.Digest
	err         error // why there is no diff
	foreign     bool  // the source hasn't got it and needn't
}

// hashLayers reads all layers, several at a time. Only what ends the whole
// verification is an error.
func hashLayers(ctx context.Context, img *image.Image, opts Options) ([]sums, error) {
	most := opts.MaxSize
	if most <= 0 {
		most = image.DefaultMaxSize
	}
	found := make([]sums, len(img.Layers))
	limit := layers.NewLimit(most)
	err := parallel.Each(ctx, 0, len(img.Layers), func(ctx context.Context, i int) error {
		var err error
		found[i], err = hashLayer(ctx, img.Layers[i], limit, img.NotImage != nil)
		return err
	})
	return found, err
}

// hashLayer reads one layer. The blob is hashed here, what it unpacks to by a
// second goroutine; an artifact isn't unpacked.
func hashLayer(ctx context.Context, l *image.Layer, limit *layers.Limit, artifact bool) (sums, error) {
	blob, err := l.OpenUnverified(ctx)
	if errors.Is(err, image.ErrForeign) {
		return sums{foreign: true}, nil
	}
	if err != nil {
		return sums{}, fmt.Errorf("%s: %w", l, err)
	}
	defer blob.Close()
	s := sums{compression: blob.Compression}
	stored := &hasher{r: blob, hash: algorithm(l.Descriptor.Digest).Hash()}
	if artifact || blob.Compression == image.Uncompressed {
		err = s.plain(ctx, l, stored, limit)
	} else {
		err = s.packed(ctx, l, stored, limit)
	}
	if err != nil {
		return sums{}, fmt.Errorf("%s: %w", l, err)
	}
	s.size, s.blob = stored.n, stored.sum(l.Descriptor.Digest)
	return s, nil
}

// algorithm returns d, or a sha256 digest where there is none.
func algorithm(d digest.Digest) digest.Digest {
	if d.IsZero() {
		return digest.FromBytes(nil)
	}
	return d
}

// plain hashes a layer that is its own uncompressed content, once where one
// sum will do.
func (s *sums) plain(ctx context.Context, l *image.Layer, stored *hasher, limit *layers.Limit) error {
	var content io.Reader = limit.Reader(ctx, stored)
	if algorithm(l.Descriptor.Digest).Algorithm() == algorithm(l.DiffID).Algorithm() {
		if _, err := io.CopyBuffer(io.Discard, onlyReader{content}, make([]byte, chunkSize)); err != nil {
			return err
		}
		s.diff = stored.sum(l.DiffID)
		return nil
	}
	second := &hasher{r: content, hash: algorithm(l.DiffID).Hash()}
	_, err := io.Copy(io.Discard, second)
	s.diff = second.sum(l.DiffID)
	return err
}

// packed hashes a compressed layer and what it unpacks to. That it doesn't
// unpack is a finding about the layer.
func (s *sums) packed(ctx context.Context, l *image.Layer, stored *hasher, limit *layers.Limit) error {
	content, err := image.Decompress(stored, s.compression)
	if errors.Is(err, image.ErrUnreadable) {
		return err
	}
	if err != nil {
		s.err = err
	} else {
		second := &hasher{r: limit.Reader(ctx, content), hash: algorithm(l.DiffID).Hash()}
		s.err = second.drain()
		if errors.Is(s.err, layers.ErrTooLarge) || ctx.Err() != nil {
			return s.err
		}
		s.diff = second.sum(l.DiffID)
	}
	_, err = io.Copy(io.Discard, stored) // what follows the compressed data
	return err
}

// A hasher hashes what is read through it.
type hasher struct {
	r    io.Reader
	hash hash.Hash
	n    int64
}

func (h *hasher) Read(p []byte) (int, error) {
	n, err := h.r.Read(p)
	h.hash.Write(p[:n])
	h.n += int64(n)
	return n, err
}

// sum returns the digest so far, by the algorithm of like.
func (h *hasher) sum(like digest.Digest) digest.Digest {
	return digest.Of(algorithm(like), h.hash)
}

type onlyReader struct{ io.Reader }

const (
	chunkSize = 256 << 10
	chunks    = 4
)

// drain reads everything; reading and hashing run side by side.
func (h *hasher) drain() error {
	full, empty := make(chan []byte, chunks), make(chan []byte, chunks)
	for range chunks {
		empty <- make([]byte, chunkSize)
	}
	failed := make(chan error, 1)
	go func() {
		defer close(full)
		failed <- parallel.Guard(func() error {
			for buf := range empty {
				n, err := fill(h.r, buf[:chunkSize])
				full <- buf[:n]
				if err != nil {
					return err
				}
			}
			return nil
		})
	}()
	for buf := range full {
		h.hash.Write(buf)
		h.n += int64(len(buf))
		empty <- buf
	}
	if err := <-failed; err != io.EOF {
		return err
	}
	return nil
}

// fill reads until buf is full or r ends. Unlike [io.ReadFull] it lets io.EOF
// be the end, and io.ErrUnexpectedEOF what a truncated source says.
func fill(r io.Reader, buf []byte) (n int, err error) {
	for n < len(buf) && err == nil {
		var m int
		m, err = r.Read(buf[n:])
		n += m
	}
	return n, err
}
