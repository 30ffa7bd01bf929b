package compare_test

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"devops-go/internal/compare"
	"devops-go/internal/image"
	it "devops-go/internal/imagetest"
	"devops-go/internal/layers"
)

func read(t *testing.T, f it.Files) *layers.Stack {
	t.Helper()
	archive := f.Archive()
	img, err := image.OpenArchive(context.Background(), bytes.NewReader(archive), int64(len(archive)), "", image.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s, err := layers.Read(context.Background(), img, layers.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func subject(t *testing.T, f it.Files) compare.Subject {
	t.Helper()
	s := read(t, f)
	w, err := s.Weigh("")
	if err != nil {
		t.Fatal(err)
	}
	return compare.NewSubject(s.Image, s, w)
}

// TestCompare: the base layer is shared however it is stored, and counts once
// though the second image has it twice.
func TestCompare(t *testing.T) {
	base := []it.Entry{it.Sized("base", 600)}
	first := subject(t, it.Classic(it.Image{Layers: []it.Layer{it.Plain(base...), it.Plain(it.Sized("a", 400))}}))
	second := subject(t, it.Layout(it.Image{Layers: []it.Layer{it.Zipped(base...), it.Zipped(base...), it.Zipped(it.Sized("b", 50))}}))
	third := subject(t, it.Layout(it.Image{Layers: []it.Layer{it.Zipped(it.Sized("c", 250))}}))
	c := compare.Compare([]compare.Subject{first, second, third}, compare.Fleet{Nodes: 10, PullsPerDay: 4, Link: 8000})
	zipped := int64(len(it.Gzip(it.Tar(base...))))
	for i, want := range []struct {
		shared    int
		size      int64
		transfer  int64 // -1 is unknown
		reduction float64
	}{
		{2, 1000, -1, 1 - 1000.0/1250},
		{1, 600, zipped, 0},
		{0, 0, 0, 1 - 250.0/1250},
	} {
		got := c.Images[i]
		transfer := int64(-1)
		if got.SharedTransfer != nil {
			transfer = *got.SharedTransfer
		}
		if got.SharedLayers != want.shared || *got.SharedSize != want.size || transfer != want.transfer || math.Abs(*got.Reduction-want.reduction) > 1e-9 {
			t.Errorf("image %d shares %d layers, %d bytes, transfer %d, reduction %f; want %+v", i, got.SharedLayers, *got.SharedSize, transfer, *got.Reduction, want)
		}
	}
	cost, transfer := c.Images[2].Fleet, *c.Images[2].Transfer
	if *cost.Storage != 2500 || *cost.BandwidthPerDay != 4*transfer || *cost.PullSeconds != float64(transfer)/1000 {
		t.Errorf("storage %d, bandwidth %d, pull %f s of %d bytes", *cost.Storage, *cost.BandwidthPerDay, *cost.PullSeconds, transfer)
	}
	if c.Images[0].Fleet.PullSeconds != nil || c.Images[0].TransferReduction != nil {
		t.Error("what is uncompressed has a transfer")
	}
}

func owned(e it.Entry, uid int) it.Entry {
	e.Uid = uid
	return e
}

func moded(e it.Entry, mode int64) it.Entry {
	e.Mode = mode
	return e
}

// TestDiff has every way in which files differ, in layers that are read where
// they lie and in layers that are decompressed.
func TestDiff(t *testing.T) {
	a := []it.Entry{
		it.Dir("d"), it.File("d/same", "same"), it.File("content", "aaaa"), it.File("size", "aaaa"), it.File("mode", "m"), it.File("owner", "o"),
		it.Symlink("link", "x"), it.File("type", ""), it.File("gone", "12345"), it.File("linked", "l"), it.File("moved", "v"),
	}
	b := []it.Entry{
		it.Dir("d"), it.File("d/same", "same"), it.File("content", "bbbb"), it.File("size", "aaaaaa"), moded(it.File("mode", "m"), 0o755), owned(it.File("owner", "o"), 7),
		it.Symlink("link", "y"), it.Symlink("type", "z"), it.File("new", "123"), it.File("other", "l"), it.Link("linked", "other"), it.File("moved", "v"),
	}
	want := strings.Join([]string{
		"/size changed content 2", "/gone removed  -5", "/content changed content 0", "/new added  3", "/mode changed mode 0", "/other added  1",
		"/owner changed owner 0", "/link changed link 0", "/type changed type 0",
	}, "\n")
	for name, pack := range map[string]func(...it.Entry) it.Layer{"plain": it.Plain, "gzip": it.Zipped} {
		x := read(t, it.Classic(it.Image{Layers: []it.Layer{pack(a...)}}))
		y := read(t, it.Layout(it.Image{Layers: []it.Layer{pack(b...)}, Config: image.Config{Config: image.RunConfig{User: "7", Env: []string{"A=1"}}}}))
		d, err := compare.Diff(context.Background(), x, y)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, f := range d.Files {
			got = append(got, fmt.Sprintf("%s %s %s %d", f.Path, f.Change, strings.Join(f.What, ","), f.Growth))
		}
		if strings.Join(slices.Sorted(slices.Values(got)), "\n") != strings.Join(slices.Sorted(slices.Values(strings.Split(want, "\n"))), "\n") || !strings.HasPrefix(got[0], "/size") {
			t.Errorf("%s: %s\nwant\n%s", name, strings.Join(got, "\n"), want)
		}
		if len(d.Config) != 2 || d.Config[0].Field != "env A" || d.Config[1].B != "7" || d.Empty() {
			t.Errorf("%s: config %+v", name, d.Config)
		}
		if same, err := compare.Diff(context.Background(), x, x); err != nil || !same.Empty() {
			t.Errorf("%s: differs from itself: %+v, %v", name, same, err)
		}
	}
}
