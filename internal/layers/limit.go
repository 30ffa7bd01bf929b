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
// ErrTooManyFiles that of one with more entries or paths.
var (
	ErrTooLarge     = image.ErrTooLarge
	ErrTooManyFiles = errors.New("image has too many files")
)

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
