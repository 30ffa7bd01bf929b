package layers_test

import (
	"archive/tar"
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"

	"devops-go/internal/image"
	it "devops-go/internal/imagetest"
	"devops-go/internal/layers"
)

// links is a tree of links of every kind, good and bad.
func links() it.Layer {
	return it.Plain(
		it.Dir("usr"), it.Dir("usr/bin"), it.Program("usr/bin/busybox", 100), it.Symlink("bin", "usr/bin"),
		it.Symlink("usr/bin/sh", "/bin/busybox"), it.Symlink("usr/bin/up", "../../../../usr/bin/busybox"), it.Link("usr/bin/hard", "usr/bin/busybox"),
		it.Symlink("loop", "pool"), it.Symlink("pool", "loop"), it.Symlink("self", "self/self"), it.Symlink("dangling", "none"),
		it.Dir("app"), it.Program("app/server", 70), it.Symlink("out", "../../etc/passwd"),
	)
}

func TestResolve(t *testing.T) {
	s := read(t, links())
	for _, tt := range []struct{ path, want string }{
		{"/usr/bin/busybox", "usr/bin/busybox"},
		{"bin/sh", "usr/bin/busybox"},
		{"/bin/up", "usr/bin/busybox"},
		{"/bin/../app/./server", "-"}, // bin leads to usr/bin, so .. to usr
		{"/bin/../../app//server", "app/server"},
		{"/bin/hard", "usr/bin/hard"},
		{"/", ""},
		{"/../..", ""},
		{"/loop", "-"},
		{"/self", "-"},
		{"/dangling", "-"},
		{"/out", "-"},
		{"/none/at/all", "-"},
		{"/usr/bin/busybox/x", "-"},
	} {
		got := "-"
		if n := s.Resolve(tt.path); n != nil {
			got = n.Path()
		}
		if got != tt.want {
			t.Errorf("Resolve(%q) = %q, want %q", tt.path, got, tt.want)
		}
	}
}

func TestExecutable(t *testing.T) {
	for _, tt := range []struct {
		name, want string
		config     image.RunConfig
	}{
		{"nothing", "-", image.RunConfig{}},
		{"absolute", "app/server", image.RunConfig{Entrypoint: []string{"/app/server"}, Cmd: []string{"sh"}}},
		{"by PATH and links", "usr/bin/busybox", image.RunConfig{Cmd: []string{"sh"}, Env: []string{"PATH=/none:/bin"}}},
		{"by the default PATH", "usr/bin/busybox", image.RunConfig{Cmd: []string{"sh", "-c", "x"}}},
		{"not in PATH", "-", image.RunConfig{Cmd: []string{"server"}, Env: []string{"PATH=/bin"}}},
		{"relative to the working directory", "app/server", image.RunConfig{Cmd: []string{"./server"}, WorkingDir: "/app"}},
		{"a directory", "-", image.RunConfig{Cmd: []string{"/app"}}},
		{"dangling", "-", image.RunConfig{Cmd: []string{"/dangling"}}},
		{"loop", "-", image.RunConfig{Cmd: []string{"/loop"}}},
		{"empty word", "-", image.RunConfig{Entrypoint: []string{""}}},
	} {
		s, err := tryRead(t, it.Image{Layers: []it.Layer{links()}, Config: image.Config{Config: tt.config}}, layers.Options{})
		if err != nil {
			t.Fatal(err)
		}
		got := "-"
		if n := s.Executable(); n != nil {
			got = n.Path()
		}
		if got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestNet(t *testing.T) {
	s, err := tryRead(t, it.Image{Layers: []it.Layer{links()}, Config: image.Config{Config: image.RunConfig{Cmd: []string{"hard"}}}}, layers.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		pattern string
		want    int64 // -1 is unknown
	}{
		{"", 100},              // through a hard link
		{"/usr/bin/*", 100},    // two names of one file
		{"usr", 100},           // a directory with all in it
		{"/*/server", 70},      //
		{"/", 170},             //
		{"/none", -1},          //
		{"/app/[a-s]erv*", 70}, //
	} {
		w, err := s.Weigh(tt.pattern)
		if err != nil {
			t.Fatal(err)
		}
		got := int64(-1)
		if w.Net != nil {
			got = *w.Net
			if *w.Net+*w.Tare != *w.Size {
				t.Errorf("%q: net %d and tare %d aren't size %d", tt.pattern, *w.Net, *w.Tare, *w.Size)
			}
		}
		if got != tt.want {
			t.Errorf("net of %q is %d, want %d", tt.pattern, got, tt.want)
		}
	}
	if _, err := s.Weigh("[bad"); err == nil {
		t.Error("a bad pattern is taken")
	}
}

// TestSteps: a history that is short or long shifts nothing.
func TestSteps(t *testing.T) {
	empty, full := image.History{CreatedBy: "ENV", EmptyLayer: true}, image.History{CreatedBy: "RUN"}
	for _, tt := range []struct {
		history []image.History
		layers  int
		want    string // h a history entry, 1… its layer, - what is missing
	}{
		{nil, 0, ""},
		{nil, 2, "-1 -2"},
		{[]image.History{full, empty, full}, 2, "h1 h h2"},
		{[]image.History{full, empty}, 2, "h1 h -2"},
		{[]image.History{full, full, empty, full}, 2, "h1 h2 h h-"},
		{[]image.History{empty}, 0, "h"},
		{[]image.History{full}, 0, "h-"},
	} {
		img := &image.Image{Config: image.Config{History: tt.history}}
		for i := range tt.layers {
			img.Layers = append(img.Layers, &image.Layer{Index: i})
		}
		var got []string
		lone := 0
		for _, step := range layers.Steps(img) {
			s := "h"
			if step.History == nil {
				s = "-"
			}
			if step.Layer != nil {
				s += fmt.Sprint(step.Layer.Index + 1)
			} else if !step.History.EmptyLayer {
				s += "-"
			}
			if step.Lone() {
				lone++
			}
			got = append(got, s)
		}
		if g := strings.Join(got, " "); g != tt.want || lone != strings.Count(tt.want, "-") {
			t.Errorf("%d layers: %q, %d lone; want %q", tt.layers, g, lone, tt.want)
		}
	}
}

// TestVisit sees every entry of every layer once, in order, with its content.
func TestVisit(t *testing.T) {
	device := it.Entry{Header: tar.Header{Typeflag: tar.TypeChar, Name: "null", Devmajor: 1, Devminor: 3, Mode: 0o4666}}
	capable := it.File("ping", "p")
	capable.PAXRecords = map[string]string{"SCHILY.xattr.security.capability": "c"}
	capable.Format = tar.FormatPAX
	img := it.Image{Layers: []it.Layer{
		it.Plain(it.Dir("d"), it.File("d/a", "one"), it.File("b", "two")),
		it.Zipped(it.Whiteout("b"), it.Opaque("d"), capable, device, it.File("c", "three")),
	}}
	var mu sync.Mutex
	seen := map[int][]string{}
	visit := func(l *image.Layer, e *layers.Entry, content io.Reader) error {
		b, err := io.ReadAll(content)
		mu.Lock()
		defer mu.Unlock()
		major, minor := e.Device()
		seen[l.Index] = append(seen[l.Index], fmt.Sprintf("%d %s %s %d:%d %v %q", e.Kind, e.Node.Path(), e.ModeString(), major, minor, e.Xattrs(), b))
		return err
	}
	if _, err := tryRead(t, img, layers.Options{Visit: visit}); err != nil {
		t.Fatal(err)
	}
	want := map[int][]string{
		0: {`0 d drwxr-xr-x 0:0 map[] ""`, `0 d/a -rw-r--r-- 0:0 map[] "one"`, `0 b -rw-r--r-- 0:0 map[] "two"`},
		1: {
			`1 b -rw-r--r-- 0:0 map[] ""`, `2 d -rw-r--r-- 0:0 map[] ""`, `0 ping -rw-r--r-- 0:0 map[security.capability:c] "p"`,
			`0 null crwSrw-rw- 1:3 map[] ""`, `0 c -rw-r--r-- 0:0 map[] "three"`,
		},
	}
	for i := range want {
		if !slices.Equal(seen[i], want[i]) {
			t.Errorf("layer %d: %q\nwant %q", i, seen[i], want[i])
		}
	}
	failing := func(*image.Layer, *layers.Entry, io.Reader) error { return io.ErrClosedPipe }
	if _, err := tryRead(t, img, layers.Options{Visit: failing, Jobs: 1}); err == nil || !strings.Contains(err.Error(), `entry "d/": io: read/write on closed pipe`) {
		t.Errorf("error %v", err)
	}
}

// TestGzipSize is what gzip makes of the layer.
func TestGzipSize(t *testing.T) {
	archive := it.Classic(it.Image{Layers: []it.Layer{it.Plain(it.Sized("a", 3<<20))}}).Archive()
	img, err := image.OpenArchive(context.Background(), bytes.NewReader(archive), int64(len(archive)), "", image.Options{})
	if err != nil {
		t.Fatal(err)
	}
	got, err := layers.GzipSize(context.Background(), img.Layers[0])
	if err != nil || got < 1000 || got > 10_000 {
		t.Errorf("%d, %v", got, err)
	}
}
