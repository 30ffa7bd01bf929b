package image

import (
	"bufio"
	"bytes"
	"compress/bzip2"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"devops-go/internal/inflate"
	"devops-go/internal/zstd"
)

// A Compression is how a layer is stored.
type Compression string

// The compressions that layers have in the wild. Xz can't be read, nor what a
// media type claims besides.
const (
	Uncompressed Compression = "none"
	Gzip         Compression = "gzip"
	Zstd         Compression = "zstd"
	Bzip2        Compression = "bzip2"
	Xz           Compression = "xz"
)

// sniffLen is how many bytes sniff wants to see.
const sniffLen = 10

// sniff tells the compression from the first bytes of the content; media types
// lie. A stream of zstd may begin with a frame that is skipped, as pzstd's do.
func sniff(magic []byte) Compression {
	known := func(s string) bool { return bytes.HasPrefix(magic, []byte(s)) }
	switch {
	case known("\x1f\x8b"):
		return Gzip
	case known("\x28\xb5\x2f\xfd"), len(magic) > 4 && magic[0]>>4 == 5 && string(magic[1:4]) == "\x2a\x4d\x18":
		return Zstd
	case known("BZh") && len(magic) == sniffLen && slices.Contains([]string{"\x31\x41\x59\x26\x53\x59", "\x17\x72\x45\x38\x50\x90"}, string(magic[4:])):
		return Bzip2
	case known("\xfd7zXZ\x00"):
		return Xz
	}
	return Uncompressed
}

// ClaimedCompression tells the compression from the media type, for a layer whose content
// isn't here. What comes after a layer's "tar+" is one, known or not.
func ClaimedCompression(mediaType string) Compression {
	switch {
	case strings.HasSuffix(mediaType, "gzip"):
		return Gzip
	case strings.HasSuffix(mediaType, "zstd"):
		return Zstd
	}
	if _, name, ok := strings.Cut(mediaType, ".tar+"); ok && name != "" {
		return Compression(name)
	}
	return Uncompressed
}

// compression tells the compression of the layer from its first bytes, or from
// its media type where that claims one that has no mark here.
func (l *Layer) compression(magic []byte) Compression {
	if c := sniff(magic); c != Uncompressed {
		return c
	}
	if c := ClaimedCompression(l.Descriptor.MediaType); !c.readable() {
		return c
	}
	return Uncompressed
}

// ErrUnreadable is the fault of a compression that nobody here reads.
var ErrUnreadable = errors.New("can't be read")

// readable reports whether Decompress takes c.
func (c Compression) readable() bool {
	return c == Uncompressed || c == Gzip || c == Zstd || c == Bzip2
}

// Decompress returns the content that r holds in compression c.
func Decompress(r io.Reader, c Compression) (io.Reader, error) {
	switch c {
	case Uncompressed:
		return r, nil
	case Gzip:
		return inflate.NewReader(r)
	case Zstd:
		return zstd.NewReader(r), nil
	case Bzip2:
		return bzip2.NewReader(r), nil
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
