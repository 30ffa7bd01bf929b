package bundle

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"devops-go/internal/atomicfile"
	"devops-go/internal/image"
	"devops-go/internal/oci"
)

// WriteLayout writes the bundle to the OCI layout dir. A new layout appears
// under its name only when it is whole. In one that is there, what has the
// bundle's name is replaced by it: the index, written last, is the old one or
// the new one at any moment. Any number may write to one layout at once, also
// from several processes: they take turns, and nothing is lost.
func (b *Bundle) WriteLayout(ctx context.Context, dir string) error {
	dir = filepath.Clean(dir)
	for {
		old, err := readLayout(dir)
		if err != nil {
			return err
		}
		if old != nil {
			return b.joinLayout(ctx, dir)
		}
		if made, err := b.newLayout(ctx, dir); made || err != nil {
			return err
		}
	}
}

// newLayout makes the layout dir; made is false where another writer was
// faster.
func (b *Bundle) newLayout(ctx context.Context, dir string) (made bool, err error) {
	err = atomicfile.MakeDir(dir, func(temp string) error { return b.addToLayout(ctx, temp, &oci.Index{}) })
	if errors.Is(err, atomicfile.ErrDirTaken) {
		return false, nil
	}
	return err == nil, err
}

// joinLayout adds to a layout that is there, while nobody else does. What a
// writer that fails takes away is nothing that another counts on.
func (b *Bundle) joinLayout(ctx context.Context, dir string) error {
	unlock, err := lock(ctx, dir)
	if err != nil {
		return err
	}
	defer unlock()
	old, err := readLayout(dir) // again, as others wrote
	if err != nil {
		return err
	}
	if old == nil {
		old = &oci.Index{}
	}
	return b.addToLayout(ctx, dir, old)
}

// readLayout returns the index of the layout dir, and nil for a directory that
// isn't there or is empty.
func readLayout(dir string) (*oci.Index, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(entries) == 0 {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	raw, err := image.ReadLayoutIndex(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("holds files, but no %s: not an OCI layout", oci.IndexFile)
	}
	if err != nil {
		return nil, err
	}
	index := new(oci.Index)
	if err := oci.Unmarshal(raw, index); err != nil {
		return nil, fmt.Errorf("%s: %w", oci.IndexFile, err)
	}
	return index, nil
}

// addToLayout adds the blobs, then the index. On failure it takes away what it
// added.
func (b *Bundle) addToLayout(ctx context.Context, dir string, old *oci.Index) (err error) {
	var added []string
	defer func() {
		if err != nil {
			for _, name := range added {
				err = errors.Join(err, os.Remove(name))
			}
		}
	}()
	for _, c := range b.contents {
		name := filepath.Join(dir, filepath.FromSlash(oci.BlobPath(c.Descriptor)))
		if info, err := os.Stat(name); err == nil && info.Size() == c.Size {
			continue
		}
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return err
		}
		if err := atomicfile.Write(name, func(w io.Writer) error { return c.copyTo(ctx, w) }); err != nil {
			return fmt.Errorf("blob %s: %w", c.Digest, err)
		}
		added = append(added, name)
	}
	index, err := marshal(b.mergeIndex(old))
	if err != nil {
		return err
	}
	for name, content := range map[string][]byte{oci.LayoutFile: []byte(layoutVersion), oci.IndexFile: index} {
		if err := atomicfile.WriteBytes(filepath.Join(dir, name), content); err != nil {
			return err
		}
	}
	return nil
}

// mergeIndex returns the index of a layout that had the index old and now holds
// the bundle, too. An image may have several names, a name has one image.
func (b *Bundle) mergeIndex(old *oci.Index) oci.Index {
	index := b.index()
	replaced := func(have oci.Descriptor) bool {
		if nameIn(have) != [2]string{} && nameIn(have) == nameIn(index.Manifests[0]) {
			return true
		}
		return slices.ContainsFunc(index.Manifests, func(d oci.Descriptor) bool {
			return d.Digest == have.Digest && (nameIn(have) == [2]string{} || nameIn(have) == nameIn(d))
		})
	}
	kept := slices.DeleteFunc(slices.Clone(old.Manifests), replaced)
	index.Manifests = append(kept, index.Manifests...)
	return index
}

// nameIn is what a layout's index calls d.
func nameIn(d oci.Descriptor) [2]string {
	return [2]string{d.Annotations[oci.AnnotationContainerdName], d.Annotations[oci.AnnotationRefName]}
}
