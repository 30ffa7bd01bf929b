package pack

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"devops-go/internal/bundle"
	"devops-go/internal/image"
)

// An Addition is a file or a directory that goes into the image.
type Addition struct {
	// Source is the path on this machine.
	Source string
	// Target is the path in the image, without a leading slash.
	Target string
	// Mode is that of the files, and of directories with the right to search
	// where there is one to read; 0 makes files 0644, or 0755 where their owner
	// may execute them, whatever the umask was.
	Mode fs.FileMode

	info fs.FileInfo // what Source was when it was looked at, if it was
}

// ParseAddition parses SRC:DST[:MODE]. A DST that ends in a slash is a
// directory to put SRC into.
func ParseAddition(s string) (Addition, error) {
	rest := s
	var a Addition
	if i := strings.LastIndexByte(rest, ':'); i >= 0 && !strings.HasPrefix(rest[i+1:], "/") {
		mode, err := strconv.ParseUint(rest[i+1:], 8, 32)
		if err != nil || mode > 0o7777 || mode == 0 {
			return Addition{}, fmt.Errorf("%q: mode %q: want octal digits, as 0644", s, rest[i+1:])
		}
		a.Mode, rest = fs.FileMode(mode), rest[:i]
	}
	i := strings.LastIndex(rest, ":/")
	if i <= 0 {
		return Addition{}, fmt.Errorf("%q: want SRC:/DST or SRC:/DST:MODE", s)
	}
	a.Source = rest[:i]
	target := rest[i+1:]
	if strings.HasSuffix(target, "/") && target != "/" {
		target += filepath.Base(a.Source)
	}
	a.Target = strings.TrimPrefix(path.Clean(target), "/")
	return a, nil
}

func baseName(p string) string { return filepath.Base(p) }

// target is where the executable goes.
func (e *Executable) target() string { return e.Name() }

// copyInstruction is what a Dockerfile would say, without the directories of
// this machine.
func copyInstruction(list []Addition) string {
	var parts []string
	for _, a := range list {
		parts = append(parts, "COPY "+baseName(a.Source)+" /"+a.Target)
	}
	return strings.Join(parts, "; ")
}

// A node is an entry of a layer that is made. It is small: a tree may have as
// many as it likes.
type node struct {
	typeflag byte
	mode     int64
	link     string // the target of a symbolic link
	// Of a regular file:
	origin         *origin
	size, modified int64 // bytes, Unix nanoseconds
}

// An origin is where the files of an addition are, and where they go.
type origin struct{ source, target string }

// path is that of the file that becomes name.
func (o *origin) path(name string) string {
	return filepath.Join(o.source, strings.TrimPrefix(name, o.target))
}

// files makes the layer of additions; the later of two with one target wins.
// With parents, the directories above are in it, too.
func (b *builder) files(ctx context.Context, list []Addition, parents bool, created time.Time) (bundle.Layer, error) {
	tree := map[string]*node{}
	for _, a := range list {
		if err := a.collect(tree, parents); err != nil {
			return bundle.Layer{}, fmt.Errorf("%q: %w", a.Source, cause(err))
		}
	}
	return b.Press.Layer(func(w io.Writer) (int64, error) { return writeNodes(ctx, w, tree, created) })
}

// writeNodes writes a tree as an archive, in the order of the paths.
func writeNodes(ctx context.Context, w io.Writer, tree map[string]*node, created time.Time) (gross int64, err error) {
	tw := tar.NewWriter(w)
	for _, name := range slices.Sorted(maps.Keys(tree)) {
		n := tree[name]
		if err := n.write(ctx, tw, name, created); err != nil {
			if n.origin != nil {
				name = n.origin.path(name)
			}
			return 0, fmt.Errorf("%q: %w", name, cause(err))
		}
		gross += n.size
	}
	return gross, tw.Close()
}

// collect adds the entries of a to tree, by their path in the image.
func (a Addition) collect(tree map[string]*node, parents bool) error {
	root, err := filepath.EvalSymlinks(a.Source)
	if err != nil {
		return err
	}
	if a.info != nil {
		now, err := os.Stat(root)
		if err != nil {
			return err
		}
		if changed(a.info, now) {
			return errChanged
		}
	}
	if info, err := os.Stat(root); err == nil && a.Target == "" && !info.IsDir() {
		a.Target = filepath.Base(a.Source)
	}
	if parents {
		for dir := path.Dir(a.Target); dir != "." && tree[dir] == nil; dir = path.Dir(dir) {
			tree[dir] = directory(0o755)
		}
	}
	from := &origin{root, a.Target}
	return filepath.WalkDir(root, func(p string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		below, err := filepath.Rel(root, p)
		if err != nil {
			return err
		}
		name := path.Join(a.Target, filepath.ToSlash(below))
		if name == "." || name == "" {
			return nil // the root itself is nobody's to change
		}
		n, err := a.node(p, from, entry)
		if err != nil {
			return fmt.Errorf("%q: %w", p, cause(err))
		}
		tree[name] = n
		return nil
	})
}

func directory(mode int64) *node { return &node{typeflag: tar.TypeDir, mode: mode} }

// node describes one file of this machine, p.
func (a Addition) node(p string, from *origin, entry fs.DirEntry) (*node, error) {
	info, err := entry.Info()
	if err != nil {
		return nil, err
	}
	mode := int64(a.Mode)
	switch info.Mode().Type() {
	case fs.ModeDir:
		if mode == 0 {
			return directory(0o755), nil
		}
		return directory(mode | mode&0o444>>2), nil
	case fs.ModeSymlink:
		target, err := os.Readlink(p)
		if err != nil {
			return nil, err
		}
		return &node{typeflag: tar.TypeSymlink, link: target, mode: 0o777}, nil
	case 0:
		if mode == 0 {
			mode = 0o644 | int64(info.Mode()&0o100)>>6*0o111
		}
		return &node{typeflag: tar.TypeReg, origin: from, size: info.Size(), modified: info.ModTime().UnixNano(), mode: mode}, nil
	}
	return nil, fmt.Errorf("neither file, directory nor symbolic link (%s)", info.Mode().Type())
}

// errChanged ends a packing whose image would mix two states of its files.
var errChanged = errors.New("changed while it was packed")

func changed(before, after fs.FileInfo) bool {
	return !os.SameFile(before, after) || before.Size() != after.Size() || !before.ModTime().Equal(after.ModTime())
}

// write writes the entry with its content.
func (n *node) write(ctx context.Context, w *tar.Writer, name string, created time.Time) error {
	h := tar.Header{Typeflag: n.typeflag, Name: name, Linkname: n.link, Size: n.size, Mode: n.mode, ModTime: created}
	if n.typeflag == tar.TypeDir {
		h.Name += "/"
	}
	if n.typeflag != tar.TypeReg {
		return w.WriteHeader(&h)
	}
	f, err := os.Open(n.origin.path(name))
	if err != nil {
		return err
	}
	defer f.Close()
	if err := w.WriteHeader(&h); err != nil {
		return err
	}
	if _, err := io.CopyN(w, image.WithContext(ctx, f), n.size); err == io.EOF {
		return errChanged
	} else if err != nil {
		return err
	}
	after, err := f.Stat()
	if err != nil {
		return err
	}
	if after.Size() != n.size || after.ModTime().UnixNano() != n.modified {
		return errChanged
	}
	return nil
}

// archive makes a layer of a tar archive, which may be compressed.
func (b *builder) archive(ctx context.Context, name string) (bundle.Layer, error) {
	f, err := os.Open(name)
	if err != nil {
		return bundle.Layer{}, cause(err)
	}
	defer f.Close()
	before, err := f.Stat()
	if err != nil {
		return bundle.Layer{}, cause(err)
	}
	plain, err := image.Uncompress(f)
	if err != nil {
		return bundle.Layer{}, err
	}
	limit := b.Press.Limit()
	l, err := b.Press.Layer(func(w io.Writer) (int64, error) { return bundle.CopyTar(w, limit.Reader(ctx, plain)) })
	if err != nil {
		return bundle.Layer{}, err
	}
	after, err := f.Stat()
	if err == nil && changed(before, after) {
		err = errChanged
	}
	return l, err
}
