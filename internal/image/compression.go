package image

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"devops-go/internal/inflate"
)

// A Compression is how a layer is stored.
type Compression string

// The compressions that layers have in the wild. Only gzip can be read; the
// standard library has no zstd.
const (
	Uncompressed Compression = "none"
	Gzip         Compression = "gzip"
	Zstd         Compression = "zstd"
	Bzip2        Compression = "bzip2"
	Xz           Compression = "xz"
)

// sniffLen is how many bytes sniff wants to see.
const sniffLen = 6

// sniff tells the compression from the first bytes of the content; media types
// lie.
func sniff(magic []byte) Compression {
	for _, known := range []struct {
		magic string
		c     Compression
	}{
		{"\x1f\x8b", Gzip},
		{"\x28\xb5\x2f\xfd", Zstd},
		{"BZh", Bzip2},
		{"\xfd7zXZ\x00", Xz},
	} {
		if bytes.HasPrefix(magic, []byte(known.magic)) {
			return known.c
		}
	}
	return Uncompressed
}

// ClaimedCompression tells the compression from the media type, for a layer whose content
// isn't here.
func ClaimedCompression(mediaType string) Compression {
	switch {
	case strings.HasSuffix(mediaType, "gzip"):
		return Gzip
	case strings.HasSuffix(mediaType, "zstd"):
		return Zstd
	}
	return Uncompressed
}

// ErrUnreadable is the fault of a compression that the standard library hasn't
// got.
var ErrUnreadable = errors.New("can't be read yet")

// readable reports whether Decompress takes c.
func (c Compression) readable() bool { return c == Uncompressed || c == Gzip }

// Decompress returns the content that r holds in compression c.
func Decompress(r io.Reader, c Compression) (io.Reader, error) {
	switch c {
	case Uncompressed:
		return r, nil
	case Gzip:
		return inflate.NewReader(r)
	}
	return nil, fmt.Errorf("compression %s %w", c, ErrUnreadable)
}

// Uncompress returns the content of r, which tells its compression itself.
func Uncompress(r io.Reader) (io.Reader, error) {
	buffered := bufio.NewReaderSize(r, 64<<10)
	magic, err := buffered.Peek(sniffLen)
	if err != nil && err != io.EOF {
		return nil, err
	}
	return Decompress(buffered, sniff(magic))
}
