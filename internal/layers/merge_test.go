package layers_test

import (
	"archive/tar"
	"bytes"
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"devops-go/internal/image"
	it "devops-go/internal/imagetest"
	"devops-go/internal/layers"
)

// read reads an image of the given layers.
func read(t testing.TB, list ...it.Layer) *layers.Stack {
	t.Helper()
	stack, err := tryRead(t, it.Image{Layers: list}, layers.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return stack
}

func tryRead(t testing.TB, img it.Image, opts layers.Options) (*layers.Stack, error) {
	t.Helper()
	archive := it.Classic(img).Archive()
	opened, err := image.OpenArchive(context.Background(), bytes.NewReader(archive), int64(len(archive)), "", image.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { opened.Close() })
	return layers.Read(context.Background(), opened, opts)
}

// tree lists the merged tree: directories end in a slash, a hard link's
// content is named.
func tree(s *layers.Stack) string {
	var list []string
	for n := range s.All() {
		p := n.Path()
		if n.IsDir() {
			p += "/"
		} else if n.Entry.Inode() != n.Entry {
			p += "=" + n.Entry.Inode().Node.Path()
		}
		list = append(list, p)
	}
	slices.Sort(list)
	return strings.Join(list, " ")
}

func entry(name string, typeflag byte) it.Entry {
	return it.Entry{Header: tar.Header{Typeflag: typeflag, Name: name, Mode: 0o644}}
}

// TestMerge has the traps of layers, with what they weigh worked out by hand.
// Efficiency and wasted follow dive's definition: a path's least size over the
// sum of its sizes, in layers where it is a leaf.
func TestMerge(t *testing.T) {
	for _, tt := range []struct {
		name       string
		layers     []it.Layer
		tree       string
		size, dead int64
		wasted     int64
		least, all int64 // of the efficiency
	}{
		{
			name:   "no layer",
			layers: nil, tree: "", least: 1, all: 1,
		}, {
			name:   "one layer",
			layers: []it.Layer{it.Plain(it.Dir("d"), it.Sized("d/a", 10), it.Symlink("l", "d/a"))},
			tree:   "d/ d/a l", size: 10, least: 10, all: 10,
		}, {
			name:   "overwritten",
			layers: []it.Layer{it.Plain(it.Sized("a", 10)), it.Plain(it.Sized("a", 4))},
			tree:   "a", size: 14, dead: 10, wasted: 14, least: 4, all: 14,
		}, {
			name:   "whited out: dead counts the file, dive too",
			layers: []it.Layer{it.Plain(it.Sized("a", 10), it.Sized("b", 5)), it.Plain(it.Whiteout("a"))},
			tree:   "b", size: 15, dead: 10, wasted: 10, least: 5, all: 15,
		}, {
			// Here the definitions differ: dive gives the whiteout the size of
			// what it removes, once, and calls nothing wasted.
			name:   "directory whited out",
			layers: []it.Layer{it.Plain(it.Dir("d"), it.Sized("d/a", 10), it.Sized("b", 5)), it.Plain(it.Whiteout("d"))},
			tree:   "b", size: 15, dead: 10, wasted: 0, least: 25, all: 25,
		}, {
			name:   "unlisted directory whited out weighs nothing to dive",
			layers: []it.Layer{it.Plain(it.Sized("d/a", 10)), it.Plain(it.Whiteout("d"))},
			tree:   "", size: 10, dead: 10, wasted: 0, least: 10, all: 10,
		}, {
			name: "under a removed parent that comes back",
			layers: []it.Layer{
				it.Plain(it.Dir("d"), it.Sized("d/a", 10)),
				it.Plain(it.Whiteout("d"), it.Dir("d"), it.Sized("d/b", 3)),
			},
			tree: "d/ d/b", size: 13, dead: 10, wasted: 0, least: 23, all: 23,
		}, {
			// The second layer doesn't list d, so to dive the whiteout is of nothing.
			name: "directory changed, removed, and back",
			layers: []it.Layer{
				it.Plain(it.Dir("d"), it.Dir("d/e"), it.Sized("d/e/f", 7), it.Sized("d/g", 9)),
				it.Plain(it.Sized("d/e/f", 8), it.Whiteout("d/g")),
				it.Plain(it.Whiteout("d")),
				it.Plain(it.Dir("d"), it.Dir("d/e"), it.Sized("d/e/f", 2)),
			},
			tree: "d/ d/e/ d/e/f", size: 26, dead: 24, wasted: 26, least: 2, all: 26,
		}, {
			name: "directory replaced by a file",
			layers: []it.Layer{
				it.Plain(it.Dir("d"), it.Sized("d/a", 10)),
				it.Plain(it.Sized("d", 3)),
			},
			tree: "d", size: 13, dead: 10, least: 13, all: 13,
		}, {
			name: "file replaced by a directory",
			layers: []it.Layer{
				it.Plain(it.Sized("d", 10)),
				it.Plain(it.Sized("d/a", 3)),
			},
			tree: "d/ d/a", size: 13, dead: 10, least: 13, all: 13,
		}, {
			name: "opaque marker first",
			layers: []it.Layer{
				it.Plain(it.Dir("d"), it.Sized("d/a", 10), it.Dir("d/e"), it.Sized("d/e/f", 20)),
				it.Plain(it.Opaque("d"), it.Sized("d/b", 3)),
			},
			tree: "d/ d/b", size: 33, dead: 30, least: 33, all: 33,
		}, {
			name: "opaque marker after the files of its layer",
			layers: []it.Layer{
				it.Plain(it.Dir("d"), it.Sized("d/a", 10), it.Dir("d/e"), it.Sized("d/e/f", 20)),
				it.Plain(it.Sized("d/b", 3), it.Sized("d/e/g", 7), it.Opaque("d")),
			},
			tree: "d/ d/b d/e/ d/e/g", size: 40, dead: 30, least: 40, all: 40,
		}, {
			name:   "opaque root",
			layers: []it.Layer{it.Plain(it.Sized("a", 1)), it.Plain(it.Opaque(""), it.Sized("b", 2))},
			tree:   "b", size: 3, dead: 1, least: 3, all: 3,
		}, {
			name: "whiteout doesn't reach its own layer",
			layers: []it.Layer{
				it.Plain(it.Sized("a", 10)),
				it.Plain(it.Sized("a", 4), it.Whiteout("a")),
			},
			tree: "a", size: 14, dead: 10, wasted: 14, least: 0, all: 14,
		}, {
			name: "whiteout doesn't reach layers above",
			layers: []it.Layer{
				it.Plain(it.Whiteout("a")),
				it.Plain(it.Sized("a", 4)),
			},
			tree: "a", size: 4, least: 4, all: 4,
		}, {
			name: "whiteout of a directory that its own layer refills",
			layers: []it.Layer{
				it.Plain(it.Dir("d"), it.Sized("d/a", 10)),
				it.Plain(it.Sized("d/b", 3), it.Whiteout("d")),
			},
			tree: "d/ d/b", size: 13, dead: 10, least: 23, all: 23,
		}, {
			name:   "hard link counts once",
			layers: []it.Layer{it.Plain(it.Sized("a", 10), it.Link("b", "a"))},
			tree:   "a b=a", size: 10, least: 10, all: 10,
		}, {
			name:   "hard link outlives its target's name",
			layers: []it.Layer{it.Plain(it.Sized("a", 10), it.Link("b", "a")), it.Plain(it.Whiteout("a"))},
			tree:   "b=a", size: 10, dead: 0, wasted: 10, least: 0, all: 10,
		}, {
			name: "last name goes",
			layers: []it.Layer{
				it.Plain(it.Sized("a", 10), it.Link("b", "a")),
				it.Plain(it.Whiteout("a")), it.Plain(it.Whiteout("b")),
			},
			tree: "", size: 10, dead: 10, wasted: 10, least: 0, all: 10,
		}, {
			name:   "hard link to a lower layer",
			layers: []it.Layer{it.Plain(it.Sized("a", 10)), it.Plain(it.Link("b", "/a"), it.Whiteout("a"))},
			tree:   "b=a", size: 10, wasted: 10, least: 0, all: 10,
		}, {
			name:   "hard link to nothing",
			layers: []it.Layer{it.Plain(it.Link("b", "a"))},
			tree:   "b", least: 1, all: 1,
		}, {
			name:   "hard link to itself",
			layers: []it.Layer{it.Plain(it.Sized("a", 10), it.Link("a", "a"))},
			tree:   "a=a", size: 10, least: 1, all: 1,
		}, {
			name:   "hard link, first name replaced",
			layers: []it.Layer{it.Plain(it.Sized("a", 7), it.Link("b", "./a"), it.Sized("a", 3))},
			tree:   "a b=a", size: 10, least: 3, all: 3,
		}, {
			name: "hard link up and away",
			layers: []it.Layer{
				it.Plain(it.Dir("after"), it.Sized("after/x", 5), it.Link("after/hl", "../after/x")),
				it.Plain(it.Whiteout("after/x")),
			},
			tree: "after/ after/hl=after/x", size: 5, wasted: 5, least: 0, all: 5,
		}, {
			name:   "below links of its own layer",
			layers: []it.Layer{it.Plain(it.Dir("real"), it.Symlink("ln", "/real"), it.Symlink("up", "real/../../ln"), it.Sized("ln/y", 4), it.Link("z", "up/y"))},
			tree:   "ln real/ real/y up z=real/y", size: 4, least: 4, all: 4,
		}, {
			name:   "whiteout of nothing makes its directory",
			layers: []it.Layer{it.Plain(it.Sized("f", 3)), it.Plain(it.Whiteout("f/x"), it.Whiteout("g/x"))},
			tree:   "f/ g/", size: 3, dead: 3, least: 3, all: 3,
		}, {
			name:   "hard links in a loop",
			layers: []it.Layer{it.Plain(it.Link("b", "a"), it.Link("a", "b"), it.Link("b", "a"))},
			tree:   "a=b b=b", least: 1, all: 1,
		}, {
			name:   "files before their directory, prefixes",
			layers: []it.Layer{it.Plain(it.Sized("./d/a", 1), it.Sized("/d/b", 2), it.Dir("./d"), it.Dir("."), it.Sized("e/../f", 4))},
			tree:   "d/ d/a d/b f", size: 7, least: 7, all: 7,
		}, {
			name:   "twice in one layer",
			layers: []it.Layer{it.Plain(it.Sized("a", 10), it.Sized("a", 3))},
			tree:   "a", size: 13, dead: 10, least: 3, all: 3,
		}, {
			name:   "symbolic link replaces a directory",
			layers: []it.Layer{it.Plain(it.Dir("lib"), it.Sized("lib/a", 5)), it.Plain(it.Symlink("lib", "usr/lib"), it.Sized("usr/lib/a", 6))},
			tree:   "lib usr/ usr/lib/ usr/lib/a", size: 11, dead: 5, least: 11, all: 11,
		}, {
			// To overlay stores, a whiteout has nothing to do with what lies below
			// its own name.
			name:   "reserved names",
			layers: []it.Layer{it.Plain(it.Dir(".wh..wh.plnk"), it.Sized(".wh..wh.plnk/1.2", 6), it.Sized(".wh..wh.aufs", 1), it.Sized(".wh.", 2), it.Sized(".wh...", 3))},
			tree:   ".wh..wh.plnk/ .wh..wh.plnk/1.2", size: 11, dead: 5, least: 6, all: 6,
		}, {
			name:   "global PAX header and odd types",
			layers: []it.Layer{it.Plain(it.Entry{Header: tar.Header{Typeflag: tar.TypeXGlobalHeader, Name: "g", PAXRecords: map[string]string{"comment": "x"}}}, it.Sized("a", 1), entry("p", tar.TypeFifo))},
			tree:   "a p", size: 1, least: 1, all: 1,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := read(t, tt.layers...)
			if got := tree(s); got != tt.tree {
				t.Errorf("tree %q, want %q", got, tt.tree)
			}
			if s.Size() != tt.size || s.Dead() != tt.dead {
				t.Errorf("size %d, dead %d; want %d, %d", s.Size(), s.Dead(), tt.size, tt.dead)
			}
			efficiency, wasted := s.Efficiency()
			want := 1.0
			if tt.all > 0 {
				want = float64(tt.least) / float64(tt.all)
			}
			if wasted != tt.wasted || math.Abs(efficiency-want) > 1e-9 {
				t.Errorf("wasted %d, efficiency %f; want %d, %f", wasted, efficiency, tt.wasted, want)
			}
			if listed := listedWaste(t, s); listed != tt.wasted {
				t.Errorf("the items waste %d, want %d", listed, tt.wasted)
			}
		})
	}
}

// listedWaste adds up what the paths of the tree waste.
func listedWaste(t *testing.T, s *layers.Stack) int64 {
	listing, err := s.List(layers.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var wasted int64
	for item := range listing.Items() {
		wasted += item.Wasted
	}
	return wasted
}

// TestCompression: how a layer is stored makes no difference to what it holds.
func TestCompression(t *testing.T) {
	entries := []it.Entry{it.Dir("d"), it.Sized("d/a", 100_000), it.Whiteout("b"), it.Link("c", "d/a")}
	want := read(t, it.Plain(entries...))
	got := read(t, it.Zipped(entries...))
	if tree(got) != tree(want) || got.Size() != want.Size() || got.Dead() != want.Dead() {
		t.Errorf("gzip: %q %d %d, plain: %q %d %d", tree(got), got.Size(), got.Dead(), tree(want), want.Size(), want.Dead())
	}
	if want.Layers[0].Entries[1].Offset < 0 || got.Layers[0].Entries[1].Offset >= 0 {
		t.Error("only an uncompressed file has contents to be read where they lie")
	}
}
