package layers_test

import (
	"archive/tar"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"testing"

	it "devops-go/internal/imagetest"
	"devops-go/internal/layers"
)

// A model is the merged tree as a flat table, worked out by going through all
// of it for every entry: slow, and too simple to be wrong.
type model struct {
	paths, diff map[string]*modelFile // the merged tree, the layer
	files       []*modelFile
}

// A modelFile is what one entry made; entry < 0 is an unlisted directory.
type modelFile struct {
	layer, entry    int
	kind            byte // tar's, or 'w' for a whiteout
	opaque, renewed bool
	size            int64
	link            string
	target          *modelFile
}

func under(p, dir string) bool { return dir == "" || strings.HasPrefix(p, dir+"/") }

func removeUnder(m map[string]*modelFile, dir string) {
	maps.DeleteFunc(m, func(p string, _ *modelFile) bool { return under(p, dir) })
}

// dir returns where the layer's directory p is, and makes it.
func (m *model) dir(p string, layer int, links *int) string {
	if p == "" || p == "." {
		return ""
	}
	parent := m.dir(path.Dir(p), layer, links)
	p = path.Join(parent, path.Base(p))
	at := m.diff[p]
	switch {
	case at == nil, at.kind == tar.TypeReg, at.kind == tar.TypeLink && at.inode().kind != tar.TypeSymlink, at.kind == 'w':
		m.diff[p] = &modelFile{layer: layer, entry: -1, kind: tar.TypeDir, renewed: at != nil && at.kind == 'w'}
		return p
	case at.kind == tar.TypeDir:
		return p
	}
	if *links++; *links > 40 {
		m.diff[p] = &modelFile{layer: layer, entry: -1, kind: tar.TypeDir}
		return p
	}
	here := parent
	if strings.HasPrefix(at.inode().link, "/") {
		here = ""
	}
	for name := range strings.SplitSeq(at.inode().link, "/") {
		switch name {
		case "":
		case "..":
			here = strings.TrimPrefix(path.Dir("/"+here), "/")
		default:
			here = m.dir(path.Join(here, name), layer, links)
		}
	}
	return here
}

func (m *model) apply(layer int, entries []it.Entry) {
	m.diff = map[string]*modelFile{}
	opaque := false
	for i, e := range entries {
		p := strings.TrimSuffix(e.Name, "/")
		f := &modelFile{layer: layer, entry: i, kind: e.Typeflag, size: e.Size, link: e.Linkname}
		m.files = append(m.files, f)
		links := 0
		dir := m.dir(path.Dir(p), layer, &links)
		if p = path.Join(dir, path.Base(p)); path.Base(p) == ".wh..wh..opq" {
			if dir == "" {
				opaque = true
			} else {
				m.diff[dir].opaque = true
			}
			continue
		}
		if name, ok := strings.CutPrefix(path.Base(p), ".wh."); ok {
			p = path.Join(dir, name)
			if at := m.diff[p]; at == nil {
				m.diff[p] = &modelFile{layer: layer, entry: i, kind: 'w'}
			} else if at.kind == tar.TypeDir {
				at.renewed = true
			}
			continue
		}
		at := m.diff[p]
		if at != nil && at.kind == tar.TypeDir && f.kind == tar.TypeDir {
			f.opaque, f.renewed = at.opaque, at.renewed
		} else {
			removeUnder(m.diff, p)
			f.renewed = at != nil && at.kind == 'w' && f.kind == tar.TypeDir
		}
		m.diff[p] = f
		if e.Typeflag == tar.TypeLink {
			m.link(f, p, at)
		}
	}
	if opaque {
		clear(m.paths)
	}
	m.merge()
}

func (m *model) link(f *modelFile, p string, before *modelFile) {
	dir, ok := find(m.diff, path.Dir(f.link))
	to := path.Join(dir, path.Base(f.link))
	at := m.diff[to]
	switch {
	case ok && to == p && before != nil && before.kind != tar.TypeDir && before.kind != 'w':
		f.target = before.inode()
		return
	case ok && at != nil && at != f && at.kind == 'w':
		return
	case !ok || at == nil || at == f || at.kind == tar.TypeDir:
		if dir, ok = find(m.paths, path.Dir(f.link)); !ok {
			return
		}
		at = m.paths[path.Join(dir, path.Base(f.link))]
	}
	if at != nil && at.kind != tar.TypeDir {
		f.target = at.inode()
	}
}

// find follows the links on the way to the directory p.
func find(m map[string]*modelFile, p string) (string, bool) {
	here, rest := "", p
	for links := 0; rest != "" && rest != "."; {
		var name string
		name, rest, _ = strings.Cut(rest, "/")
		if name == ".." {
			here = strings.TrimPrefix(path.Dir("/"+here), "/")
		}
		if name == "" || name == ".." {
			continue
		}
		at := m[path.Join(here, name)]
		switch {
		case at == nil:
			return "", false
		case at.kind == tar.TypeDir:
			here = path.Join(here, name)
			continue
		case at.inode().kind != tar.TypeSymlink:
			return "", false
		}
		if links++; links > 40 {
			return "", false
		}
		if strings.HasPrefix(at.inode().link, "/") {
			here = ""
		}
		rest = at.inode().link + "/" + rest
	}
	return here, true
}

// merge shows the layer on top of the tree.
func (m *model) merge() {
	for _, p := range slices.Sorted(maps.Keys(m.diff)) { // a directory before what is in it
		f, below := m.diff[p], m.paths[p]
		bothDirs := below != nil && below.kind == tar.TypeDir && f.kind == tar.TypeDir
		if !bothDirs || f.opaque || f.renewed {
			removeUnder(m.paths, p)
		}
		switch {
		case f.kind == 'w':
			delete(m.paths, p)
		case !bothDirs || f.entry >= 0 || f.renewed:
			m.paths[p] = f
		}
	}
}

func (f *modelFile) inode() *modelFile {
	if f.target != nil {
		return f.target
	}
	return f
}

func (m *model) dead() int64 {
	shown := map[*modelFile]bool{}
	for _, f := range m.paths {
		shown[f], shown[f.inode()] = true, true
	}
	var dead int64
	for _, f := range m.files {
		if !shown[f] {
			dead += f.size
		}
	}
	return dead
}

// decode makes layers of data, two bytes an entry, over few paths so that they
// meet.
func decode(data []byte) [][]it.Entry {
	names := []string{"a", "b", "a/a", "a/b", "b/a", "a/a/a", "a/a/b", "b/a/b"}
	targets := []string{"b", "../b", "/a", "a/a", "../a/a", "/b/a", "..", "a"}
	list := [][]it.Entry{nil}
	for i := 0; i+1 < len(data) && i < 64; i += 2 {
		name, other := names[data[i]%8], names[data[i]/8%8]
		size := int(data[i+1] / 8)
		var e it.Entry
		switch data[i+1] % 8 {
		case 0:
			list = append(list, nil)
			continue
		case 1:
			e = it.Dir(name)
		case 2:
			e = it.Link(name, other)
		case 3:
			e = it.Whiteout(name)
		case 4:
			e = it.Opaque(path.Dir(name))
		case 5:
			e = it.Symlink(name, targets[size%8])
		default:
			e = it.Sized(name, size)
		}
		list[len(list)-1] = append(list[len(list)-1], e)
	}
	return list
}

// FuzzMerge holds the merged tree and the dead bytes against the model.
func FuzzMerge(f *testing.F) {
	f.Add([]byte("\x00\x0d\x00\x00\x01\x03"))
	f.Add([]byte("\x02\x1d\x03\x2d\x01\x00\x04\x04\x08\x02\x00\x0b"))
	f.Add([]byte("\x05\x55\x00\x00\x00\x15\x08\x0a\x00\x03"))
	f.Add([]byte("\x01\x01\x00\x05\x02\x1e\x04\x03\x10\x02"))
	f.Fuzz(func(t *testing.T, data []byte) {
		m := &model{paths: map[string]*modelFile{}}
		var img it.Image
		for i, entries := range decode(data) {
			m.apply(i, entries)
			img.Layers = append(img.Layers, it.Plain(entries...))
		}
		s, err := tryRead(t, img, layers.Options{})
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]string{}
		for n := range s.All() {
			got[n.Path()] = fmt.Sprintf("layer %d, directory %v, listed %v", n.Layer(), n.IsDir(), n.Entry != nil)
		}
		want := map[string]string{}
		for p, f := range m.paths {
			want[p] = fmt.Sprintf("layer %d, directory %v, listed %v", f.layer, f.kind == tar.TypeDir, f.entry >= 0)
		}
		if !maps.Equal(got, want) {
			t.Errorf("merged tree\n got %v\nwant %v", sorted(got), sorted(want))
		}
		if s.Dead() != m.dead() {
			t.Errorf("dead %d, want %d", s.Dead(), m.dead())
		}
		checkStack(t, s)
		if efficiency, _ := s.Efficiency(); efficiency < 0 || efficiency > 1 {
			t.Errorf("efficiency %f", efficiency)
		}
	})
}

func sorted(m map[string]string) []string {
	var list []string
	for k, v := range m {
		list = append(list, k+": "+v)
	}
	slices.Sort(list)
	return list
}
