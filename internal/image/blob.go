package image

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"devops-go/internal/digest"
	"devops-go/internal/oci"
)

// A store holds the content that an image's descriptors point at.
type store interface {
	// open returns the stored bytes of d, unverified. The reader is an
	// io.ReaderAt, too, where content can be read at random. An error that is
	// fs.ErrNotExist says that the store doesn't hold d.
	open(ctx context.Context, d oci.Descriptor) (io.ReadCloser, error)
}

// A stored content that is a part of an open file.
type section struct{ *io.SectionReader }

func (section) Close() error { return nil }

// maxJSON bounds manifests and configurations: registries refuse manifests
// over 4 MiB.
const maxJSON = 8 << 20

// readJSON returns the whole of d, verified.
func readJSON(ctx context.Context, s store, d oci.Descriptor) ([]byte, error) {
	b, fault, err := loadJSON(ctx, s, d)
	return b, cmp.Or(err, fault)
}

// loadJSON returns the whole of d, and as fault what is wrong with it beside
// its descriptor.
func loadJSON(ctx context.Context, s store, d oci.Descriptor) (b []byte, fault, err error) {
	r, err := s.open(ctx, d)
	if err != nil {
		return nil, nil, err
	}
	defer r.Close()
	b, err = io.ReadAll(io.LimitReader(r, maxJSON+1))
	if err != nil {
		return nil, nil, err
	}
	if len(b) > maxJSON {
		return nil, nil, fmt.Errorf("more than %d bytes, which is too much for JSON", maxJSON)
	}
	_, fault = io.Copy(io.Discard, d.Digest.Verify(bytes.NewReader(b), d.Size))
	return b, fault, nil
}

// faulty names what has a fault, "manifest" or "config"; nil where nothing has.
func faulty(what string, d digest.Digest, fault error) error {
	if fault == nil {
		return nil
	}
	return fmt.Errorf("%s %s: %w", what, d, fault)
}

// A Layer is one change set of an image, oldest first.
type Layer struct {
	// Index is the layer's place in the image, from 0.
	Index int
	// Descriptor is the layer as the manifest states it. A source without
	// manifest leaves the digest zero.
	Descriptor oci.Descriptor
	// DiffID is the digest of the uncompressed layer as the configuration
	// states it; zero where it states none.
	DiffID digest.Digest
	// Compression is what the content's first bytes say, or its media type
	// while the content isn't here.
	Compression Compression
	// GzipSize is what the layer weighs by gzip, where somebody compressed it to
	// know; 0 where nobody did.
	GzipSize int64

	store    store
	remote   bool   // the source is a registry, which moves what it stores
	absent   bool   // the source isn't a registry and hasn't got it
	name     string // of the layer in an archive without descriptors
	progress func(int64)
}

// String names the layer as messages do: its place counted from 1, its digest
// where it has one.
func (l *Layer) String() string {
	switch {
	case !l.Descriptor.Digest.IsZero():
		return fmt.Sprintf("layer %d (%s)", l.Index+1, l.Descriptor.Digest)
	case l.name != "":
		return fmt.Sprintf("layer %d (%q)", l.Index+1, l.name)
	}
	return fmt.Sprintf("layer %d", l.Index+1)
}

// A Blob is the stored content of a layer, opened. It reads the bytes as they
// are stored and verifies them against the descriptor before it reports
// io.EOF.
type Blob struct {
	Compression Compression
	// Size is the stored size, -1 while it isn't known.
	Size int64

	r  io.Reader
	at io.ReaderAt
	c  io.Closer
}

// Open opens the layer's content. Its errors, and those of the Blob, don't name the
// layer: the caller does.
func (l *Layer) Open(ctx context.Context) (*Blob, error) {
	return l.open(ctx, !l.Descriptor.Digest.IsZero())
}

// OpenUnverified opens the layer's content, whatever it is.
func (l *Layer) OpenUnverified(ctx context.Context) (*Blob, error) {
	return l.open(ctx, false)
}

func (l *Layer) open(ctx context.Context, verify bool) (*Blob, error) {
	r, err := l.store.open(ctx, l.Descriptor)
	if err != nil {
		return nil, l.notOpened(err)
	}
	b, err := l.newBlob(r, verify)
	if err != nil {
		r.Close()
		return nil, err
	}
	return b, nil
}

func (l *Layer) newBlob(r io.ReadCloser, verify bool) (*Blob, error) {
	b := &Blob{Size: l.Descriptor.Size, c: r}
	var content io.Reader = r
	if l.progress != nil {
		content = &progressReader{r, l.progress}
	}
	if verify {
		if size, ok := storedSize(r); ok && size != b.Size {
			return nil, fmt.Errorf("blob is %d bytes, its descriptor says %d", size, b.Size)
		}
		content = l.Descriptor.Digest.Verify(content, b.Size)
	}
	b.at, _ = r.(io.ReaderAt)
	buffered := bufio.NewReaderSize(content, 64<<10)
	magic, err := buffered.Peek(sniffLen)
	if err != nil && err != io.EOF {
		return nil, err
	}
	b.Compression, b.r = l.compression(magic), buffered
	return b, nil
}

// storedSize returns the size of content that is at hand.
func storedSize(r io.Reader) (int64, bool) {
	switch r := r.(type) {
	case section:
		return r.Size(), true
	case *os.File:
		if info, err := r.Stat(); err == nil {
			return info.Size(), true
		}
	}
	return 0, false
}

// progressReader tells how many bytes were read.
type progressReader struct {
	r    io.Reader
	tell func(int64)
}

func (p *progressReader) Read(b []byte) (int, error) {
	n, err := p.r.Read(b)
	p.tell(int64(n))
	return n, err
}

// ErrForeign is the fault of a layer that registries needn't have, a base layer
// of Windows mostly, and that the source hasn't got.
var ErrForeign = errors.New("a foreign layer, which its source doesn't hold")

func (l *Layer) notOpened(err error) error {
	if errors.Is(err, fs.ErrNotExist) && l.Descriptor.IsForeign() {
		return fmt.Errorf("%w: %s", ErrForeign, l.Descriptor.MediaType)
	}
	return err
}

// Remote reports whether the layer is in a registry and opening it fetches it.
func (l *Layer) Remote() bool { return l.remote }

// Read reads stored bytes.
func (b *Blob) Read(p []byte) (int, error) { return b.r.Read(p) }

// Tar returns the uncompressed content, which reads b.
func (b *Blob) Tar() (io.Reader, error) { return Decompress(b.r, b.Compression) }

// File returns the content for reading at random, and false when it is
// compressed or comes as a stream. It isn't verified.
func (b *Blob) File() (io.ReaderAt, bool) {
	return b.at, b.at != nil && b.Compression == Uncompressed && b.Size >= 0
}

// Close releases b.
func (b *Blob) Close() error { return b.c.Close() }

// sniff learns the layer's compression: from its content where that is at
// hand, else from what the media type claims.
func (l *Layer) sniff(ctx context.Context) (err error) {
	l.Compression = ClaimedCompression(l.Descriptor.MediaType)
	if _, l.remote = l.store.(registryStore); l.remote {
		return nil
	}
	magic, err := firstBytes(ctx, l.store, l.Descriptor)
	if errors.Is(err, fs.ErrNotExist) {
		l.absent = true
		return nil
	}
	if err == nil {
		l.Compression = l.compression(magic)
	}
	return err
}

// firstBytes returns the first bytes of a blob that is at hand.
func firstBytes(ctx context.Context, s store, d oci.Descriptor) ([]byte, error) {
	r, err := s.open(ctx, d)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	magic := make([]byte, sniffLen)
	n, err := io.ReadFull(r, magic)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return nil, err
	}
	return magic[:n], nil
}

// openRegular opens the regular file at path and nothing else, so that a
// layout can't make anyone wait for a pipe.
func openRegular(path string) (*os.File, int64, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, 0, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s: not a regular file", path)
	}
	if err != nil {
		f.Close()
		return nil, 0, err
	}
	return f, info.Size(), nil
}
