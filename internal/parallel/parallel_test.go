package parallel_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"devops-go/internal/parallel"
)

// TestEach: every number once, no more at a time than jobs.
func TestEach(t *testing.T) {
	for _, jobs := range []int{0, 1, 3, 100} {
		const n = 50
		var done [n]atomic.Int32
		var now, most atomic.Int32
		if err := parallel.Each(t.Context(), jobs, n, func(_ context.Context, i int) error {
			if running := now.Add(1); running > most.Load() {
				most.Store(running)
			}
			done[i].Add(1)
			time.Sleep(100 * time.Microsecond)
			now.Add(-1)
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		for i := range done {
			if done[i].Load() != 1 {
				t.Errorf("%d jobs: %d was done %d times", jobs, i, done[i].Load())
			}
		}
		if int(most.Load()) > parallel.Jobs(jobs) {
			t.Errorf("%d jobs: %d at once", jobs, most.Load())
		}
	}
	if err := parallel.Each(t.Context(), 0, 0, nil); err != nil {
		t.Error(err)
	}
}

// TestFirstError: it is returned, and the others are called off.
func TestFirstError(t *testing.T) {
	fault := errors.New("fault")
	var begun atomic.Int32
	err := parallel.Each(t.Context(), 2, 1000, func(ctx context.Context, i int) error {
		begun.Add(1)
		if i == 0 {
			return fault
		}
		<-ctx.Done()
		return ctx.Err()
	})
	if err != fault || begun.Load() > 3 {
		t.Errorf("%v after %d were begun", err, begun.Load())
	}
}

// TestEnd: so is the error of a context that ends, and no more items are taken.
func TestEnd(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	taken := 0
	err := parallel.All(ctx, 1, func(yield func(int) bool) {
		for yield(taken) {
			taken++
		}
	}, func(_ context.Context, i int) error {
		if i == 5 {
			cancel()
		}
		return nil
	})
	if !errors.Is(err, context.Canceled) || taken > 8 {
		t.Errorf("%v after %d items", err, taken)
	}
}

func TestAll(t *testing.T) {
	var sum atomic.Int64
	if err := parallel.All(t.Context(), 3, slices.Values([]int64{1, 2, 4, 8}), func(_ context.Context, n int64) error {
		sum.Add(n)
		return nil
	}); err != nil || sum.Load() != 15 {
		t.Errorf("sum %d, %v", sum.Load(), err)
	}
}

// TestGuard: a panic is the error of its own task.
func TestGuard(t *testing.T) {
	var none *atomic.Int64
	err := parallel.Each(t.Context(), 2, 2, func(context.Context, int) error {
		none.Add(1)
		return nil
	})
	if err == nil || !strings.HasPrefix(err.Error(), "internal error: ") {
		t.Errorf("error %v", err)
	}
}
