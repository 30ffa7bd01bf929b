package compare

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"

	"devops-go/internal/image"
	"devops-go/internal/layers"
)

type sum [sha256.Size]byte

// compareContents settles the pairs by the digests of their contents.
func compareContents(ctx context.Context, a, b *layers.Stack, pairs []*filePair) error {
	if len(pairs) == 0 {
		return nil
	}
	var wantA, wantB []*layers.Entry
	for _, p := range pairs {
		wantA = append(wantA, p.a.Inode())
		wantB = append(wantB, p.b.Inode())
	}
	sumsA, err := sums(ctx, a, wantA)
	if err != nil {
		return fmt.Errorf("%s: %w", a.Image.Name, err)
	}
	sumsB, err := sums(ctx, b, wantB)
	if err != nil {
		return fmt.Errorf("%s: %w", b.Image.Name, err)
	}
	for _, p := range pairs {
		p.differ = sumsA[p.a.Inode()] != sumsB[p.b.Inode()]
	}
	return nil
}

// sums returns the digests of the entries' contents, reading only the layers
// that they are in.
func sums(ctx context.Context, s *layers.Stack, entries []*layers.Entry) (map[*layers.Entry]sum, error) {
	wanted := map[*layers.Entry]bool{}
	for _, e := range entries {
		wanted[e] = true
	}
	list := make([]map[*layers.Entry]sum, len(s.Layers))
	err := s.Contents(ctx, wanted, func(l *image.Layer, e *layers.Entry, content io.Reader) error {
		if list[l.Index] == nil {
			list[l.Index] = map[*layers.Entry]sum{}
		}
		h := sha256.New()
		if _, err := io.Copy(h, content); err != nil {
			return err
		}
		list[l.Index][e] = sum(h.Sum(nil))
		return nil
	})
	if err != nil {
		return nil, err
	}
	all := map[*layers.Entry]sum{}
	for _, m := range list {
		for e, sum := range m {
			all[e] = sum
		}
	}
	return all, nil
}
