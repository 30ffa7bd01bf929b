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
	paths map[string]*modelFile
	files []*modelFile
}

// A modelFile is what one entry made; entry < 0 is an unlisted directory.
type modelFile struct {
	layer, entry int
	dir          bool
	size         int64
	target       *modelFile
}

func under(p, dir string) bool { return strings.HasPrefix(p, dir+"/") }

func (m *model) put(p string, f *modelFile) {
	for dir := path.Dir(p); dir != "."; dir = path.Dir(dir) {
		if at := m.paths[dir]; at == nil || !at.dir {
			m.paths[dir] = &modelFile{layer: f.layer, entry: -1, dir: true}
		}
	}
	if at := m.paths[p]; at == nil || !at.dir || !f.dir {
		maps.DeleteFunc(m.paths, func(q string, _ *modelFile) bool { return under(q, p) })
	}
	m.paths[p] = f
}

func (m *model) whiteout(p string, layer int, self bool) {
	stays := func(q string) bool {
		for r, f := range m.paths {
			if f.layer == layer && (r == q || under(r, q)) {
				return true
			}
		}
		return false
	}
	var gone, bare []string
	for q, f := range m.paths {
		if !(self && q == p || under(q, p) || p == "") || f.layer == layer {
			continue
		}
		if stays(q) {
			bare = append(bare, q)
		} else {
			gone = append(gone, q)
		}
	}
	for _, q := range bare {
		m.paths[q] = &modelFile{layer: layer, entry: -1, dir: true}
	}
	for _, q := range gone {
		delete(m.paths, q)
	}
}

func (m *model) apply(layer int, entries []it.Entry) {
	for i, e := range entries {
		p := strings.TrimSuffix(e.Name, "/")
		f := &modelFile{layer: layer, entry: i, dir: e.Typeflag == tar.TypeDir, size: e.Size}
		m.files = append(m.files, f)
		if strings.HasPrefix(path.Base(p), ".wh.") {
			continue
		}
		// The way to the file is made before its link is looked up.
		before := m.paths[p]
		m.put(p, f)
		if e.Typeflag == tar.TypeLink {
			at := m.paths[e.Linkname]
			if e.Linkname == p {
				at = before
			}
			if at != nil && !at.dir && at != f {
				f.target = at.inode()
			}
		}
	}
	for _, e := range entries {
		base, dir := path.Base(e.Name), strings.TrimPrefix(path.Dir(e.Name), ".")
		if base == ".wh..wh..opq" {
			m.whiteout(dir, layer, false)
		} else if name, ok := strings.CutPrefix(base, ".wh."); ok {
			m.whiteout(path.Join(dir, name), layer, true)
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
			want[p] = fmt.Sprintf("layer %d, directory %v, listed %v", f.layer, f.dir, f.entry >= 0)
		}
		if !maps.Equal(got, want) {
			t.Errorf("merged tree\n got %v\nwant %v", sorted(got), sorted(want))
		}
		if s.Dead() != m.dead() {
			t.Errorf("dead %d, want %d", s.Dead(), m.dead())
		}
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
