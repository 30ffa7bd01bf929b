package bundle

import (
	"bufio"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"

	"devops-go/internal/digest"
	"devops-go/internal/image"
	"devops-go/internal/layers"
	"devops-go/internal/oci"
	"devops-go/internal/pgzip"
	"devops-go/internal/tarscan"
	"devops-go/internal/zstd"
)

// DefaultLevel is the level of gzip that images are packed with: they are
// compressed once and moved often.
const DefaultLevel = pgzip.Best

// A Press makes layers, which it keeps in files without a name.
type Press struct {
	// Compression is Gzip, Zstd or Uncompressed.
	Compression image.Compression
	// Recompress is for layers, too, that are stored in another compression that
	// OCI has. Without it they stay as they are.
	Recompress bool
	// Level is 1 to 9, or DefaultLevel.
	Level int
	// Dir is where the files are; empty is the system's directory for that.
	Dir string
	// MaxSize bounds what a compressed layer may unpack to; 0 is
	// image.DefaultMaxSize.
	MaxSize int64
}

// Limit returns what one layer may unpack to.
func (p *Press) Limit() *layers.Limit {
	if p.MaxSize <= 0 {
		return layers.NewLimit(image.DefaultMaxSize)
	}
	return layers.NewLimit(p.MaxSize)
}

// A Layer is a layer that was made.
type Layer struct {
	Content
	// DiffID is the digest of the uncompressed layer.
	DiffID digest.Digest
	// Gross is the sum of the sizes of its entries, -1 where nobody looked.
	Gross int64
}

// Layer makes a layer of the tar archive that write writes, which returns the
// sum of the sizes of its entries.
func (p *Press) Layer(write func(io.Writer) (gross int64, err error)) (Layer, error) {
	if p.Compression != image.Gzip && p.Compression != image.Zstd && p.Compression != image.Uncompressed {
		return Layer{}, fmt.Errorf("compression %q: can't be written", string(p.Compression))
	}
	f, err := image.Scratch(p.Dir)
	if err != nil {
		return Layer{}, fmt.Errorf("scratch file: %w", err)
	}
	diff, blob := sha256.New(), &sink{w: bufio.NewWriterSize(f, 64<<10), hash: sha256.New()}
	d := oci.Descriptor{MediaType: oci.MediaTypeLayer}
	var gross int64
	if p.Compression == image.Uncompressed {
		gross, err = write(io.MultiWriter(diff, blob))
	} else {
		d.MediaType += "+" + string(p.Compression)
		gross, err = p.compress(blob, diff, write)
	}
	if err == nil {
		err = blob.w.Flush()
	}
	if err != nil {
		f.Close()
		return Layer{}, pathless(err)
	}
	d.Digest, d.Size = digest.FromSum(blob.hash.Sum(nil)), blob.size
	open := func(context.Context) (io.ReadCloser, error) {
		return section{io.NewSectionReader(f, 0, d.Size)}, nil
	}
	return Layer{Content{Descriptor: d, Open: open}, digest.FromSum(diff.Sum(nil)), gross}, nil
}

// compress lets write write to diff and, compressed, to blob.
func (p *Press) compress(blob io.Writer, diff hash.Hash, write func(io.Writer) (int64, error)) (int64, error) {
	z, err := p.compressor(blob)
	if err != nil {
		return 0, err
	}
	gross, err := write(io.MultiWriter(diff, z))
	if closeErr := z.Close(); err == nil {
		err = closeErr
	}
	return gross, err
}

func (p *Press) compressor(w io.Writer) (io.WriteCloser, error) {
	if p.Compression == image.Zstd {
		return zstd.NewWriter(w, p.Level)
	}
	return pgzip.NewWriter(w, p.Level)
}

// Convert returns a layer of an image as OCI has it. What is stored compressed
// stays as it is, to the byte; unless it is in a registry, it is read once to
// see that it is what the image says.
func (p *Press) Convert(ctx context.Context, l *image.Layer) (Layer, error) {
	made, err := p.convert(ctx, l)
	if err != nil {
		return Layer{}, fmt.Errorf("%s: %w", l, err)
	}
	if !l.DiffID.IsZero() && l.DiffID != made.DiffID {
		return Layer{}, fmt.Errorf("%s: the content has digest %s, the configuration says %s", l, made.DiffID, l.DiffID)
	}
	return made, nil
}

func (p *Press) convert(ctx context.Context, l *image.Layer) (Layer, error) {
	stays := l.Compression == p.Compression || !p.Recompress && (l.Compression == image.Gzip || l.Compression == image.Zstd)
	if !stays || l.Descriptor.Digest.IsZero() || l.DiffID.IsZero() {
		return p.Layer(func(w io.Writer) (int64, error) { return p.copyTar(ctx, w, l) })
	}
	d := oci.Descriptor{MediaType: oci.MediaTypeLayer, Digest: l.Descriptor.Digest, Size: l.Descriptor.Size}
	if l.Compression != image.Uncompressed {
		d.MediaType += "+" + string(l.Compression)
	}
	// They are about these bytes: where a file is in an estargz or a zstd:chunked.
	d.Annotations = l.Descriptor.Annotations
	made := Layer{Content{Descriptor: d, Open: stored(l)}, l.DiffID, -1}
	if l.Remote() {
		return made, nil
	}
	diff := sha256.New()
	gross, err := p.copyTar(ctx, diff, l)
	made.DiffID, made.Gross = digest.FromSum(diff.Sum(nil)), gross
	return made, err
}

// stored opens a layer as it is stored.
func stored(l *image.Layer) func(context.Context) (io.ReadCloser, error) {
	return func(ctx context.Context) (io.ReadCloser, error) {
		blob, err := l.Open(ctx)
		if err != nil {
			return nil, err
		}
		return blob, nil
	}
}

func (p *Press) copyTar(ctx context.Context, w io.Writer, l *image.Layer) (int64, error) {
	blob, err := l.Open(ctx)
	if err != nil {
		return 0, err
	}
	defer blob.Close()
	plain, err := blob.Tar()
	if err != nil {
		return 0, err
	}
	return CopyTar(w, p.Limit().Reader(ctx, plain))
}

// CopyTar copies what must be a tar archive and returns the sum of the sizes
// that its headers state.
func CopyTar(w io.Writer, r io.Reader) (gross int64, err error) {
	tee := io.TeeReader(r, w)
	scanner := tarscan.NewStream(tee)
	for {
		hdr, err := scanner.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return 0, err
		}
		gross += hdr.Size
	}
	_, err = io.Copy(io.Discard, tee)
	return gross, err
}

// pathless takes a scratch file's name, which nobody knows, out of err.
func pathless(err error) error {
	if p, ok := errors.AsType[*fs.PathError](err); ok && p.Op == "write" {
		return fmt.Errorf("scratch file: %w", p.Err)
	}
	return err
}

// A sink counts and hashes what it writes.
type sink struct {
	w    *bufio.Writer
	hash hash.Hash
	size int64
}

func (s *sink) Write(p []byte) (int, error) {
	n, err := s.w.Write(p)
	s.hash.Write(p[:n])
	s.size += int64(n)
	return n, err
}

// A section is a part of a file that remains open.
type section struct{ *io.SectionReader }

func (section) Close() error { return nil }
