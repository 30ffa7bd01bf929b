package layers

import (
	"archive/tar"
	"bytes"
	"context"
	"fmt"
	"io"
	"sync"
	"sync/atomic"

	"devops-go/internal/tarscan"
)

// A reader fills layers with entries; many layers at a time share one tree.
type reader struct {
	opts  Options
	size  *Limit
	files atomic.Int64 // entries so far
	total atomic.Int64 // bytes that their headers state

	mu   sync.Mutex // guards tree
	tree *tree
}

func (r *reader) read(ctx context.Context, l *Layer) error {
	if err := r.readBlob(ctx, l); err != nil {
		return fmt.Errorf("%s: %w", l, err)
	}
	return nil
}

func (r *reader) readBlob(ctx context.Context, l *Layer) error {
	blob, err := l.Open(ctx)
	if err != nil {
		return err
	}
	defer blob.Close()
	if at, ok := blob.File(); ok {
		s := tarscan.NewFile(at, blob.Size)
		if err := r.scan(ctx, l, s); err != nil {
			return err
		}
		return l.measureRest(r.size.Reader(ctx, s.Rest()))
	}
	plain, err := blob.Tar()
	if err != nil {
		return err
	}
	limited := r.size.Reader(ctx, plain)
	s := tarscan.NewStream(limited)
	if err := r.scan(ctx, l, s); err != nil {
		return err
	}
	return l.measureRest(s.Rest()) // which counts for the digest, too
}

// measureRest reads what follows the end of the layer's archive.
func (l *Layer) measureRest(r io.Reader) error {
	var m restMeter
	_, err := io.Copy(&m, r)
	l.Trailing = m.end
	return err
}

// A restMeter notes where the last byte is that isn't zero.
type restMeter struct{ n, end int64 }

func (m *restMeter) Write(p []byte) (int, error) {
	if used := len(bytes.TrimRight(p, "\x00")); used > 0 {
		m.end = m.n + int64(used)
	}
	m.n += int64(len(p))
	return len(p), nil
}

// scan takes in the entries of one layer.
func (r *reader) scan(ctx context.Context, l *Layer, s *tarscan.Scanner) error {
	for {
		hdr, err := s.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("after %d entries: %w", len(l.Entries), err)
		}
		if len(l.Entries)%256 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		e, err := r.add(l, hdr)
		if err != nil {
			return fmt.Errorf("entry %q: %w", shorten(hdr.Name), err)
		}
		e.Offset = -1
		if offset, ok := s.Offset(); ok {
			e.Offset = offset
		}
		if r.opts.Visit == nil {
			continue
		}
		if err := r.opts.Visit(l.Layer, e, s); err != nil {
			return fmt.Errorf("entry %q: %w", shorten(hdr.Name), err)
		}
	}
}

// add makes the entry of hdr.
func (r *reader) add(l *Layer, hdr *tar.Header) (*Entry, error) {
	if err := r.count(); err != nil {
		return nil, err
	}
	p, outside, err := entryPath(hdr.Name)
	if err != nil {
		return nil, err
	}
	kind, p, odd := classify(p)
	if outside {
		odd |= oddOutside
	}
	if kind == File && p == "" && hdr.Typeflag != tar.TypeDir {
		kind, odd = Private, odd|oddRoot // engines pass over what would replace the root
	}
	e := l.newEntry()
	if *e, err = newEntry(hdr, l.Index, kind); err != nil {
		return nil, err
	}
	e.odd |= odd
	more, err := checkLengths(e.Link, e.Xattrs())
	if err != nil {
		return nil, err
	}
	if e.Node, err = r.intern(p, more); err != nil {
		return nil, err
	}
	return e, r.take(l, e)
}

// newEntry returns an entry to be filled.
func (l *Layer) newEntry() *Entry {
	if len(l.slab) == 0 {
		l.slab = make([]Entry, min(max(len(l.Entries), 16), maxSlab))
	}
	e := &l.slab[0]
	l.slab = l.slab[1:]
	return e
}

// take adds e to the layer.
func (r *reader) take(l *Layer, e *Entry) error {
	// A sparse file states more than is there, so what is stated is bounded,
	// too; the sum can't overflow before it is.
	if e.Length() > r.opts.MaxSize || r.total.Add(e.Length()) > r.opts.MaxSize {
		return tooLarge(r.opts.MaxSize)
	}
	l.Size += e.Size
	if e.Kind == File && e.Type != tar.TypeDir {
		l.Files++
	}
	l.Entries = append(l.Entries, e)
	return nil
}

// count counts an entry.
func (r *reader) count() error {
	if r.files.Add(1) > r.opts.MaxFiles {
		return fmt.Errorf("%w: more than %d entries", ErrTooManyFiles, r.opts.MaxFiles)
	}
	return nil
}

// repeat fills l with the entries of the layer first, which has the same blob.
func (r *reader) repeat(l, first *Layer) error {
	l.Trailing = first.Trailing
	for _, e := range first.Entries {
		if err := r.count(); err != nil {
			return err
		}
		again := l.newEntry()
		*again = *e
		again.Layer = int32(l.Index)
		if err := r.take(l, again); err != nil {
			return err
		}
		if r.opts.Again != nil {
			r.opts.Again(again, e)
		}
	}
	return nil
}

// intern returns the node of the clean path p, and counts what else is kept of
// an entry there.
func (r *reader) intern(p string, more int64) (*Node, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := r.tree.intern(p)
	r.tree.names += more
	return n, r.tree.full()
}
