package layers

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
)

// ErrTooLarge is the fault of an image that unpacks to more than is allowed.
var ErrTooLarge = errors.New("image is too large")

// A Budget is the uncompressed bytes that may be read, shared by the readers
// of an image's layers. It is safe for concurrent use.
type Budget struct {
	limit int64
	used  atomic.Int64
}

// NewBudget returns a budget of limit bytes.
func NewBudget(limit int64) *Budget { return &Budget{limit: limit} }

// Reader returns a reader of r that fails with [ErrTooLarge] once the budget is
// used up, and when ctx ends.
func (b *Budget) Reader(ctx context.Context, r io.Reader) io.Reader {
	return &budgeted{ctx, r, b}
}

type budgeted struct {
	ctx    context.Context
	r      io.Reader
	budget *Budget
}

func (b *budgeted) Read(p []byte) (int, error) {
	if err := b.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := b.r.Read(p)
	if b.budget.used.Add(int64(n)) > b.budget.limit {
		return n, tooLarge(b.budget.limit)
	}
	return n, err
}

func tooLarge(limit int64) error {
	return fmt.Errorf("%w: more than %d bytes uncompressed", ErrTooLarge, limit)
}
