// Package parallel runs tasks concurrently, with a limit on how many at a time.
package parallel

import (
	"context"
	"fmt"
	"iter"
	"runtime"
	"sync"
)

// Each calls do for 0 to n-1, jobs at a time, and returns the first error, upon
// which the others are called off. No jobs is one a processor.
func Each(ctx context.Context, jobs, n int, do func(ctx context.Context, i int) error) error {
	return All(ctx, min(Jobs(jobs), n), count(n), do)
}

// count yields 0 to n-1.
func count(n int) iter.Seq[int] {
	return func(yield func(int) bool) {
		for i := range n {
			if !yield(i) {
				return
			}
		}
	}
}

// All is Each for the items of a sequence, of which it takes no more than it
// has hands for.
func All[T any](ctx context.Context, jobs int, items iter.Seq[T], do func(ctx context.Context, item T) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	next := make(chan T)
	var group sync.WaitGroup
	for range Jobs(jobs) {
		group.Go(func() {
			for item := range next {
				if err := Guard(func() error { return do(ctx, item) }); err != nil {
					cancel(err)
					return
				}
			}
		})
	}
	feed(ctx, items, next)
	close(next)
	group.Wait()
	return context.Cause(ctx)
}

// feed sends the items until ctx ends.
func feed[T any](ctx context.Context, items iter.Seq[T], next chan<- T) {
	for item := range items {
		select {
		case next <- item:
		case <-ctx.Done():
			return
		}
	}
}

// Jobs is jobs, or one a processor where that is none.
func Jobs(jobs int) int {
	if jobs <= 0 {
		return runtime.GOMAXPROCS(0)
	}
	return jobs
}

// Guard calls do and returns what it panics with as its error, so that one
// item which finds a fault in this program doesn't end the others.
func Guard(do func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("internal error: %v", p)
		}
	}()
	return do()
}
