package layers_test

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"devops-go/internal/digest"
	"devops-go/internal/image"
	it "devops-go/internal/imagetest"
	"devops-go/internal/layers"
)

// TestDigestOfCompressed: a compressed layer is checked against its digest, though
// it unpacks to what it should.
func TestDigestOfCompressed(t *testing.T) {
	layer := it.Zipped(it.Sized("a", 10))
	f := it.Layout(it.Image{Layers: []it.Layer{layer}})
	blob := slices.Clone(layer.Blob)
	blob[4]++ // gzip's modification time
	f[it.BlobPath(digest.FromBytes(layer.Blob))] = blob
	img, err := image.Open(context.Background(), f.Dir(t), image.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer img.Close()
	if _, err := layers.Read(context.Background(), img, layers.Options{}); err == nil || !strings.Contains(err.Error(), "digest") {
		t.Errorf("error %v", err)
	}
}

// TestRemovedDirectory: a directory that is taken away weighs what was in it,
// and nothing above it.
func TestRemovedDirectory(t *testing.T) {
	s := read(t, it.Plain(it.Dir("d"), it.Sized("d/a", 10), it.Sized("d/e/b", 5), it.Sized("c", 1)), it.Plain(it.Whiteout("d")))
	listing, err := s.List(layers.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for i := range listing.Items() {
		got = append(got, fmt.Sprintf("%s %d %s", i.Path(), i.Size, i.Change))
	}
	want := []string{"/c 1 ", "/d 10 removed", "/d/a 10 removed"} // no layer lists d/e
	if listing.Size != 1 || !slices.Equal(got, want) {
		t.Errorf("size %d, items %q, want %q", listing.Size, got, want)
	}
}

// TestDefaultPath: without PATH, runc's directories are looked through in its
// order.
func TestDefaultPath(t *testing.T) {
	dirs := []string{"usr/local/sbin", "usr/local/bin", "usr/sbin", "usr/bin", "sbin", "bin"}
	for i := range dirs {
		var entries []it.Entry
		for _, dir := range dirs[i:] {
			entries = append(entries, it.Program(dir+"/tool", 1))
		}
		img := it.Image{Layers: []it.Layer{it.Plain(entries...)}, Config: image.Config{Config: image.RunConfig{Cmd: []string{"tool"}}}}
		s, err := tryRead(t, img, layers.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if n := s.Executable(); n == nil || n.Path() != dirs[i]+"/tool" {
			t.Errorf("%v: found %v", dirs[i:], n)
		}
	}
}

// TestLinkChain: 40 links are followed, as Linux does, and no more.
func TestLinkChain(t *testing.T) {
	entries := []it.Entry{it.Sized("l0", 1)}
	for i := range 41 {
		entries = append(entries, it.Symlink(fmt.Sprintf("l%d", i+1), fmt.Sprintf("l%d", i)))
	}
	s := read(t, it.Plain(entries...))
	if n := s.Resolve("l40"); n == nil || n.Path() != "l0" {
		t.Error("40 links lead nowhere")
	}
	if n := s.Resolve("l41"); n != nil {
		t.Errorf("41 links lead to %q", n.Path())
	}
}

// TestExactBudget: an image may unpack to as much as is allowed.
func TestExactBudget(t *testing.T) {
	layer := it.Zipped(it.Sized("a", 1000))
	for over, ok := range map[int64]bool{0: true, 1: false} {
		_, err := tryRead(t, it.Image{Layers: []it.Layer{layer}}, layers.Options{MaxSize: int64(len(layer.Tar)) - over})
		if (err == nil) != ok {
			t.Errorf("%d less than it unpacks to: %v", over, err)
		}
	}
}

// TestDisagreements: what engines disagree about is named, and by its path; the
// usual isn't.
func TestDisagreements(t *testing.T) {
	below := it.Plain(it.Dir("d"), it.Sized("d/a", 1), it.Symlink("l", "d"), it.Sized("f", 1))
	tmp := it.Dir("tmp")
	tmp.Mode = 0o1777
	setgid := it.Dir("n")
	setgid.Mode = 0o2755
	for _, tt := range []struct {
		above []it.Entry
		want  string
		why   layers.Reason
	}{
		{[]it.Entry{it.Dir("d"), it.Opaque("d"), it.Sized("d/b", 1), it.Whiteout("f"), it.Link("d/c", "d/b")}, "", 0},
		{[]it.Entry{it.Sized("../x", 1)}, "x", layers.OutsideRoot},
		{[]it.Entry{it.Opaque("")}, "", layers.RootOpaque},
		{[]it.Entry{it.Whiteout("d"), it.Dir("d")}, "d", layers.OwnWhiteout},
		{[]it.Entry{it.Sized("f", 2), it.Whiteout("f")}, "f", layers.OwnWhiteout},
		{[]it.Entry{it.Sized("l/x", 1)}, "l", layers.BelowOther},
		{[]it.Entry{it.Link("h", "f")}, "h", layers.LinkBelow},
		{[]it.Entry{it.Link("h", "none")}, "h", layers.LinkNowhere},
		{[]it.Entry{it.Sized("n", 1), it.Link("h", "x/../n")}, "h", layers.LinkDetour},
		{[]it.Entry{it.Sized("n", 1), it.Sized("n/x", 1)}, "n", layers.BelowFile},
		{[]it.Entry{it.Symlink("n", "m"), it.Sized("n/x", 1)}, "m", layers.DanglingLink},
		{[]it.Entry{it.Dir("n"), it.Symlink("m", "../n"), it.Sized("m/x", 1)}, "m", layers.ClimbingLink},
		{[]it.Entry{it.Dir("n"), it.Sized("n/o/x", 1), it.Opaque("n")}, "n/o", layers.UnlistedOpaque},
		{[]it.Entry{setgid, it.Sized("n/o/x", 1)}, "n/o", layers.ImpliedDirectory},
		{[]it.Entry{it.Sized("n", 1), it.Sized("n", 1)}, "n", layers.Duplicate},
		{[]it.Entry{it.Sized("n/x", 1), it.Sized("n", 1)}, "n", layers.Replaced},
		{[]it.Entry{it.Sized(".wh..wh.x/y", 1)}, ".wh..wh.x/y", layers.ReservedName},
		{[]it.Entry{it.Sized(strings.Repeat("n", 256), 1)}, strings.Repeat("n", 256), layers.LongName},
	} {
		s := read(t, below, it.Raw(tt.above...))
		got := s.Disagreements()
		if tt.why == 0 && tt.want == "" {
			if len(got) > 0 {
				t.Errorf("%s at %q", got[0].Reason, got[0].Path())
			}
			continue
		}
		if len(got) != 1 || got[0].Path() != tt.want || got[0].Reason != tt.why || got[0].Layer() != 1 {
			t.Errorf("%v: got %v, want %q at %q", tt.above[0].Name, got, tt.why, tt.want)
		}
	}
	s := read(t, it.Plain(tmp), it.Plain(it.Sized("tmp/x", 1)))
	if got := s.Disagreements(); len(got) != 1 || got[0].Path() != "tmp" || got[0].Reason != layers.ImpliedDirectory {
		t.Errorf("unlisted directory: %v", got)
	}
}

// TestTrailing: what follows the end of a layer's archive is no entry, as engines
// have it, and is measured up to its last byte, however the layer is stored.
func TestTrailing(t *testing.T) {
	one, other := it.Tar(it.Sized("a", 1)), it.Tar(it.Sized("b", 1))
	for _, tt := range []struct {
		name string
		rest []byte
		want int64
	}{
		{"nothing", nil, 0},
		{"padding", make([]byte, 100_000), 0},
		{"an archive", other, 512 + 1},
		{"a byte after padding", append(make([]byte, 100_000), 1), 100_001},
		{"a byte before padding", append([]byte{1}, make([]byte, 100_000)...), 1},
	} {
		content := append(bytes.Clone(one), tt.rest...)
		for stored, l := range map[string]it.Layer{
			"plain": {Tar: content}, "gzip": {Tar: content, Blob: it.Gzip(content)}, "zstd": {Tar: content, Blob: it.Zstd(content)},
			"members": {Tar: content, Blob: append(it.Gzip(one), it.Gzip(tt.rest)...)},
		} {
			s, err := tryRead(t, it.Image{Layers: []it.Layer{l, it.Plain()}}, layers.Options{})
			if err != nil {
				t.Errorf("%s, %s: %v", tt.name, stored, err)
				continue
			}
			if got := s.Layers[0].Trailing; got != tt.want || tree(s) != "a" || s.Layers[1].Trailing != 0 {
				t.Errorf("%s, %s: %d bytes, want %d; tree %q", tt.name, stored, got, tt.want, tree(s))
			}
		}
	}
}

// TestLinkLeavesOwner: a hard link whose header states no owner, which is -1,
// leaves the one that the file has.
func TestLinkLeavesOwner(t *testing.T) {
	file, link := it.Sized("a", 1), it.Link("b", "a")
	file.Uid, file.Gid = 1, 2
	link.Uid, link.Gid = -1, 4
	s := read(t, it.Plain(file, link))
	if owner := s.Resolve("b").Entry.Owner(); owner.UID != 1 || owner.GID != 4 {
		t.Errorf("owner %d:%d, want 1:4", owner.UID, owner.GID)
	}
}
