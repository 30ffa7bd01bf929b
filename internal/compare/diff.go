package compare

import (
	"archive/tar"
	"cmp"
	"context"
	"slices"

	"devops-go/internal/layers"
)

// A Difference is what differs between two images.
type Difference struct {
	A      string         `json:"a"`
	B      string         `json:"b"`
	Files  []FileChange   `json:"files"`
	Config []ConfigChange `json:"config"`
	// The bytes of the files added and removed, and what the changed ones grew
	// by.
	Added   int64 `json:"added"`
	Removed int64 `json:"removed"`
	Grown   int64 `json:"grown"`
}

// Empty reports whether the images are the same.
func (d *Difference) Empty() bool { return len(d.Files) == 0 && len(d.Config) == 0 }

// A FileChange is a path of one image that the other has not, or has
// otherwise.
type FileChange struct {
	Path string `json:"path"`
	// Change is "added", "removed" or "changed", from A to B.
	Change string `json:"change"`
	// What changed: "content", "mode", "owner", "link", "type".
	What  []string `json:"what,omitempty"`
	SizeA *int64   `json:"sizeA"`
	SizeB *int64   `json:"sizeB"`
	// Growth is SizeB − SizeA, an absent file counting as nothing.
	Growth int64 `json:"growth"`
}

// Diff compares the merged trees and the configurations of two images. It
// reads the contents of files of the same size that come from different
// layers, and of no others.
func Diff(ctx context.Context, a, b *layers.Stack) (*Difference, error) {
	d := &Difference{A: a.Image.Name, B: b.Image.Name, Files: []FileChange{}}
	d.Config = diffConfigs(a.Image, b.Image)
	pairs, err := pair(ctx, a, b)
	if err != nil {
		return nil, err
	}
	for _, p := range pairs {
		if change, ok := p.compare(); ok {
			d.add(change)
		}
	}
	slices.SortFunc(d.Files, func(x, y FileChange) int {
		return cmp.Or(cmp.Compare(magnitude(y), magnitude(x)), cmp.Compare(x.Path, y.Path))
	})
	return d, nil
}

// magnitude is how much a change is about: a file that changed weighs as the
// larger of its versions.
func magnitude(c FileChange) int64 { return max(value(c.SizeA), value(c.SizeB)) }

func (d *Difference) add(c FileChange) {
	switch c.Change {
	case "added":
		d.Added += *c.SizeB
	case "removed":
		d.Removed += *c.SizeA
	default:
		d.Grown += c.Growth
	}
	d.Files = append(d.Files, c)
}

// A filePair is a path with what either image has there; nil for nothing.
type filePair struct {
	path string
	a, b *layers.Entry
	// differ is set where contents had to be compared, and do.
	differ bool
}

// pair lists the paths of both images, contents compared.
func pair(ctx context.Context, a, b *layers.Stack) ([]*filePair, error) {
	var pairs, open []*filePair
	for n := range a.All() {
		if n.Entry == nil {
			continue
		}
		p := &filePair{path: n.Path(), a: n.Entry}
		if other := b.Lookup(p.path); other != nil {
			if other.Entry == nil {
				continue // a directory that B doesn't list
			}
			p.b = other.Entry
		}
		pairs = append(pairs, p)
		if p.undecided(a, b) {
			open = append(open, p)
		}
	}
	for n := range b.All() {
		if n.Entry != nil && a.Lookup(n.Path()) == nil {
			pairs = append(pairs, &filePair{path: n.Path(), b: n.Entry})
		}
	}
	return pairs, compareContents(ctx, a, b, open)
}

// undecided reports whether only the contents tell if the files are the same.
func (p *filePair) undecided(a, b *layers.Stack) bool {
	if p.b == nil || !regular(p.a) || !regular(p.b) {
		return false
	}
	x, y := p.a.Inode(), p.b.Inode()
	if x.Size != y.Size || x.Size == 0 {
		return false
	}
	idX, idY := a.Layers[x.Layer].DiffID, b.Layers[y.Layer].DiffID
	return idX.IsZero() || idX != idY || x.Node.Path() != y.Node.Path()
}

func regular(e *layers.Entry) bool { return e.Inode().IsRegular() }

// compare returns how B's file differs from A's, and false where it doesn't.
func (p *filePair) compare() (FileChange, bool) {
	c := FileChange{Path: "/" + p.path, Change: "changed"}
	switch {
	case p.b == nil:
		size := p.a.Size
		c.Change, c.SizeA, c.Growth = "removed", &size, -size
		return c, true
	case p.a == nil:
		size := p.b.Size
		c.Change, c.SizeB, c.Growth = "added", &size, size
		return c, true
	}
	sizeA, sizeB := p.a.Inode().Size, p.b.Inode().Size
	c.SizeA, c.SizeB, c.Growth = &sizeA, &sizeB, sizeB-sizeA
	c.What = p.what()
	return c, len(c.What) > 0
}

func (p *filePair) what() []string {
	var what []string
	x, y := p.a.Inode(), p.b.Inode()
	note := func(differs bool, word string) {
		if differs {
			what = append(what, word)
		}
	}
	if kind(x) != kind(y) {
		return []string{"type"}
	}
	note(regular(x) && (x.Size != y.Size || p.differ), "content")
	note(x.Type == tar.TypeSymlink && x.Link != y.Link, "link")
	note(x.Mode != y.Mode && x.Type != tar.TypeSymlink, "mode")
	note(x.UID != y.UID || x.GID != y.GID, "owner")
	return what
}

// kind is the entry's type; the ways to write a regular file are one.
func kind(e *layers.Entry) byte {
	if e.IsRegular() {
		return tar.TypeReg
	}
	return e.Type
}
