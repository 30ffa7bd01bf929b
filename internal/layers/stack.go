package layers

import (
	"context"
	"fmt"
	"io"

	"devops-go/internal/digest"
	"devops-go/internal/image"
	"devops-go/internal/parallel"
)

// Options say how to read the layers; the zero value will do.
type Options struct {
	// Jobs bounds how many layers are read at once; 0 is one a processor.
	Jobs int
	// MaxSize bounds the sum of the uncompressed layers; 0 is
	// image.DefaultMaxSize.
	MaxSize int64
	// MaxFiles bounds the number of entries and of paths; 0 is
	// DefaultMaxFiles.
	MaxFiles int64
	// MaxNames bounds the bytes of paths, link targets and extended attributes;
	// 0 is DefaultMaxNames.
	MaxNames int64
	// Visit, if set, is called for every entry of every layer, in the order of
	// the layer's archive, from one goroutine a layer. Content reads what the
	// entry holds and needn't be read; both are valid until Visit returns. An
	// error ends the reading.
	Visit func(l *image.Layer, e *Entry, content io.Reader) error
	// Again, if set, is called in Visit's place for the entries of a layer that is
	// an earlier one's blob again, which is read once: first is the entry there.
	// The calls come one after the other.
	Again func(e, first *Entry)
}

// DefaultMaxFiles is how many entries an image may have unless more are
// allowed; they are what costs memory.
const DefaultMaxFiles = 500_000

// DefaultMaxNames is how many bytes of names an image may have unless more are
// allowed.
const DefaultMaxNames = 64_000_000

// A Stack is the layers of an image, read and put on top of each other.
type Stack struct {
	Image  *image.Image
	Layers []*Layer
	// Root is the root of the merged tree.
	Root *Node

	tree          *tree
	disagreements []Disagreement
}

// A Layer is a layer that was read. Sizes are uncompressed bytes.
type Layer struct {
	*image.Layer
	// Entries are those of the archive, in its order.
	Entries []*Entry
	// Size is the sum of the entries' sizes.
	Size int64
	// Unpacked is what the layer's files take on a file system when it is
	// unpacked by itself: what it has twice counts once, and a symbolic link is
	// as large as its target is long.
	Unpacked int64
	// Dead is how much of Size the merged tree doesn't show.
	Dead int64
	// Files counts the entries that are neither directories nor whiteouts.
	Files int
	// Trailing is how many bytes there are after the end of the archive, up to the
	// last that isn't zero. Engines transfer them and don't read them.
	Trailing int64

	slab []Entry // to be used
}

// Read reads all layers of img. Layers that can be read at random and aren't
// compressed are only looked at where their headers are; others are read, and
// verified, from front to end.
func Read(ctx context.Context, img *image.Image, opts Options) (*Stack, error) {
	if opts.MaxSize <= 0 {
		opts.MaxSize = image.DefaultMaxSize
	}
	if opts.MaxFiles <= 0 {
		opts.MaxFiles = DefaultMaxFiles
	}
	if opts.MaxNames <= 0 {
		opts.MaxNames = DefaultMaxNames
	}
	s := &Stack{Image: img, tree: newTree(opts)}
	s.Root = s.tree.root
	for _, l := range img.Layers {
		s.Layers = append(s.Layers, &Layer{Layer: l})
	}
	r := &reader{opts: opts, size: NewLimit(opts.MaxSize), tree: s.tree}
	firsts := firstLayers(s.Layers)
	if err := parallel.Each(ctx, opts.Jobs, len(s.Layers), func(ctx context.Context, i int) error {
		if firsts[i] != s.Layers[i] {
			return nil
		}
		return r.read(ctx, s.Layers[i])
	}); err != nil {
		return nil, err
	}
	for i, l := range s.Layers {
		if firsts[i] == l {
			continue
		}
		if err := r.repeat(l, firsts[i]); err != nil {
			return nil, fmt.Errorf("%s: %w", l, err)
		}
	}
	if err := s.merge(); err != nil {
		return nil, err
	}
	return s, nil
}

// firstLayers returns for each layer the first one of the same blob, mostly itself.
func firstLayers(list []*Layer) []*Layer {
	firsts := make([]*Layer, len(list))
	byDigest := map[digest.Digest]*Layer{}
	for i, l := range list {
		d := l.Descriptor.Digest
		if firsts[i] = byDigest[d]; firsts[i] == nil || d.IsZero() || firsts[i].Descriptor.Size != l.Descriptor.Size {
			firsts[i], byDigest[d] = l, l
		}
	}
	return firsts
}
