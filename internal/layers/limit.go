package layers

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync/atomic"

	"devops-go/internal/image"
)

// ErrTooLarge is the fault of an image that unpacks to more than is allowed;
// ErrTooManyFiles that of one with more entries or paths; ErrTooManyNames that
// of one with more in their names.
var (
	ErrTooLarge     = image.ErrTooLarge
	ErrTooManyFiles = errors.New("image has too many files")
	ErrTooManyNames = errors.New("image has too much in its names")
)

// Linux's limits. What is longer can be in no container, and engines refuse a
// layer that has it, but for names (see [LongName]), on which they disagree.
const (
	maxPath      = 4096 // of a path, and of the target of a link
	maxName      = 255  // of an element of a path, and of the name of an attribute
	maxAttribute = 65536
	maxAttrNames = 65536 // of all names of an entry's attributes, each with a byte after it
)

// checkLengths refuses an entry with a target or attributes that Linux doesn't
// take, and returns how many bytes they are.
func checkLengths(target string, xattrs map[string]string) (int64, error) {
	if len(target) > maxPath {
		return 0, fmt.Errorf("link target of %d bytes, Linux takes %d", len(target), maxPath)
	}
	bytes, names := len(target), 0
	for name, value := range xattrs {
		if len(name) > maxName {
			return 0, fmt.Errorf("attribute with a name of %d bytes, Linux takes %d", len(name), maxName)
		}
		if len(value) > maxAttribute {
			return 0, fmt.Errorf("attribute %q of %d bytes, Linux takes %d", name, len(value), maxAttribute)
		}
		names += len(name) + 1
		bytes += len(name) + len(value)
	}
	if names > maxAttrNames {
		return 0, fmt.Errorf("attributes with names of %d bytes, Linux takes %d", names, maxAttrNames)
	}
	return int64(bytes), nil
}

// A Limit is how many uncompressed bytes may be read, shared by the readers of
// an image's layers. It is safe for concurrent use.
type Limit struct {
	most int64
	read atomic.Int64
}

// NewLimit returns a limit of so many bytes.
func NewLimit(bytes int64) *Limit { return &Limit{most: bytes} }

// Reader returns a reader of r that fails with [ErrTooLarge] once more than the
// limit was read by all readers together, and when ctx ends.
func (l *Limit) Reader(ctx context.Context, r io.Reader) io.Reader {
	return &limitedReader{ctx, r, l}
}

type limitedReader struct {
	ctx   context.Context
	r     io.Reader
	limit *Limit
}

func (r *limitedReader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := r.r.Read(p)
	if r.limit.read.Add(int64(n)) > r.limit.most {
		return n, tooLarge(r.limit.most)
	}
	return n, err
}

func tooLarge(limit int64) error {
	return fmt.Errorf("%w: more than %d bytes uncompressed", ErrTooLarge, limit)
}
