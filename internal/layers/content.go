package layers

import (
	"context"
	"fmt"
	"io"
	"math"

	"devops-go/internal/image"
	"devops-go/internal/parallel"
	"devops-go/internal/tarscan"
)

// Contents calls visit with the content of the wanted entries, layer by layer
// in the order of the archive, several layers at a time. Layers without a
// wanted entry aren't opened; in an uncompressed file only the wanted contents
// are read.
func (s *Stack) Contents(ctx context.Context, wanted map[*Entry]bool, visit func(l *image.Layer, e *Entry, content io.Reader) error) error {
	byLayer := make([][]int, len(s.Layers)) // places in Entries
	for i, l := range s.Layers {
		for j, e := range l.Entries {
			if wanted[e] {
				byLayer[i] = append(byLayer[i], j)
			}
		}
	}
	return parallel.Each(ctx, 0, len(s.Layers), func(ctx context.Context, i int) error {
		if len(byLayer[i]) == 0 {
			return nil
		}
		if err := s.Layers[i].contents(ctx, byLayer[i], visit); err != nil {
			return fmt.Errorf("%s: %w", s.Layers[i], err)
		}
		return nil
	})
}

func (l *Layer) contents(ctx context.Context, places []int, visit func(*image.Layer, *Entry, io.Reader) error) error {
	blob, err := l.Open(ctx)
	if err != nil {
		return err
	}
	defer blob.Close()
	if at, ok := blob.File(); ok && l.allAt(places) {
		for _, place := range places {
			e := l.Entries[place]
			if err := visitOne(ctx, l, e, io.NewSectionReader(at, e.Offset, e.Length()), visit); err != nil {
				return err
			}
		}
		return nil
	}
	plain, err := blob.Tar()
	if err != nil {
		return err
	}
	// No bound on the size: the layer was read before, and was within it.
	scanner := tarscan.NewStream(NewLimit(math.MaxInt64).Reader(ctx, plain))
	for at := 0; len(places) > 0; at++ {
		if _, err := scanner.Next(); err != nil {
			return err
		}
		if at != places[0] {
			continue
		}
		places = places[1:]
		if err := visitOne(ctx, l, l.Entries[at], scanner, visit); err != nil {
			return err
		}
	}
	return nil
}

func visitOne(ctx context.Context, l *Layer, e *Entry, content io.Reader, visit func(*image.Layer, *Entry, io.Reader) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := visit(l.Layer, e, content); err != nil {
		return fmt.Errorf("entry %q: %w", shorten(e.Node.Path()), err)
	}
	return nil
}

// allAt reports whether the contents can be read where they lie.
func (l *Layer) allAt(places []int) bool {
	for _, place := range places {
		if l.Entries[place].Offset < 0 {
			return false
		}
	}
	return true
}
