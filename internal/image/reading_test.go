package image_test

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"

	"devops-go/internal/image"
	it "devops-go/internal/imagetest"
	"devops-go/internal/oci"
)

func openBytes(archive []byte, opts image.Options) (*image.Image, error) {
	return image.OpenArchive(context.Background(), bytes.NewReader(archive), int64(len(archive)), "", opts)
}

// edit returns the files with one of them changed.
func edit(f it.Files, name string, content []byte) it.Files {
	f[name] = content
	return f
}

// TestTwoReadings: an archive that engines read in different ways is refused,
// with what the ways are; one that has but one reading is opened.
func TestTwoReadings(t *testing.T) {
	a, b := sample("a", host), sample("b", host)
	classic := it.Classic(a)
	var layer string
	for name := range classic {
		if strings.HasSuffix(name, "/layer.tar") {
			layer = name
		}
	}
	dir, _, _ := strings.Cut(layer, "/")
	other := it.File(layer, "another layer")
	same := it.File(layer, string(classic[layer]))
	mixed := it.Saved(a)
	for name, content := range it.Saved(b) {
		if name != "index.json" {
			mixed[name] = content
		}
	}
	fewer := it.Saved(a)
	var list []image.SavedImage
	if err := json.Unmarshal(fewer["manifest.json"], &list); err != nil {
		t.Fatal(err)
	}
	list[0].Layers = list[0].Layers[:1]
	cut, err := json.Marshal(list)
	if err != nil {
		t.Fatal(err)
	}
	linked := it.Classic(a)
	delete(linked, layer)
	for _, tt := range []struct {
		name    string
		archive []byte
		want    string // "" opens
	}{
		{"docker save since 25", it.Saved(a).Archive(), ""},
		{"of two platforms", it.Saved(a, sample("a", arm64)).Archive(), ""},
		{"index of another image", mixed.Archive(), "manifest.json has an image of config sha256:"},
		{"index of other layers", edit(it.Saved(a), "manifest.json", cut).Archive(), "index.json and manifest.json have different layers"},
		{"empty index", edit(it.Saved(a), "index.json", []byte(`{"schemaVersion":2,"manifests":[]}`)).Archive(), ""},
		{"null index", edit(it.Saved(a), "index.json", []byte(`{}`)).Archive(), ""},
		{"empty index alone", edit(it.Layout(a), "index.json", []byte(`{"manifests":[]}`)).Archive(), "holds no image"},
		{"layer twice", it.Classic(a).Archive(other), "is there twice and not the same"},
		{"layer twice the same", it.Classic(a).Archive(same), ""},
		{"what nobody asks for twice", it.Classic(a).Archive(it.File("x", "1"), it.File("x", "2")), ""},
		{"manifest.json twice", it.Classic(a).Archive(it.File("./manifest.json", "[]")), "is there twice and not the same"},
		{"link over a directory", it.Classic(a).Archive(it.Symlink(dir, "/elsewhere")), "is there twice and not the same"},
		{"below a link", linked.Archive(it.Symlink(dir, "elsewhere"), it.File(layer, string(classic[layer]))), ""},
		{"behind a link", linked.Archive(it.File("elsewhere/layer.tar", string(classic[layer])), it.Symlink(dir, "/elsewhere")), ""},
		{"links in a loop", linked.Archive(it.Symlink(dir, "x"), it.Symlink("x", dir)), "too many links"},
		{"name too long", it.Classic(a).Archive(it.File(strings.Repeat("d/", 2048)+"f", "")), "a name of more than 4096 bytes"},
	} {
		img, err := openBytes(tt.archive, image.Options{Platform: host})
		switch {
		case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n")):
			t.Errorf("%s: error %v, want %q", tt.name, err, tt.want)
		case tt.want == "" && err != nil:
			t.Errorf("%s: %v", tt.name, err)
		case tt.want == "" && (len(img.Layers) != 2 || img.Config.Config.User != "a@linux/amd64"):
			t.Errorf("%s: %d layers, %q", tt.name, len(img.Layers), img.Config.Config.User)
		}
	}
}

// TestLayersOfConfig: engines refuse a manifest whose layers aren't as many as
// the configuration's.
func TestLayersOfConfig(t *testing.T) {
	img := sample("a", host)
	img.Config.RootFS = image.RootFS{Type: "layers"}
	archive := it.Layout(img).Archive()
	if _, err := openBytes(archive, image.Options{}); err == nil || !strings.Contains(err.Error(), "the manifest has 2 layers and the configuration 0") {
		t.Errorf("error %v", err)
	}
	if _, err := openBytes(archive, image.Options{Tolerant: true}); err != nil {
		t.Errorf("tolerant: %v", err)
	}
}

// changedManifest is a layout whose manifest was changed.
func changedManifest(t *testing.T, change func(*oci.Manifest)) []byte {
	f := it.Files{}
	d := f.Manifest(sample("a", host))
	var m oci.Manifest
	if err := json.Unmarshal(f[it.BlobPath(d.Digest)], &m); err != nil {
		t.Fatal(err)
	}
	change(&m)
	raw, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	f.Index(f.Blob(oci.MediaTypeManifest, raw))
	return f.Archive()
}

// TestManifestLayer: a layer without digest or with a negative size isn't one.
func TestManifestLayer(t *testing.T) {
	for name, change := range map[string]func(*oci.Manifest){
		"no digest": func(m *oci.Manifest) { m.Layers[1].Digest = oci.Descriptor{}.Digest },
		"size -1":   func(m *oci.Manifest) { m.Layers[1].Size = -1 },
	} {
		if _, err := openBytes(changedManifest(t, change), image.Options{}); err == nil || !strings.Contains(err.Error(), "no digest or a negative size") {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

// TestIndexBounds: as many entries, and as deep, as is allowed, and one more.
func TestIndexBounds(t *testing.T) {
	for _, tt := range []struct {
		entries, depth int
		want           string
	}{
		{10_000, 0, ""}, {10_001, 0, "more than 10000 entries in the index"},
		{1, 8, ""}, {1, 9, "indexes nest more than 8 deep"},
	} {
		f := it.Files{}
		d := f.Manifest(sample("a", host))
		list := make([]oci.Descriptor, tt.entries)
		for i := range list {
			list[i] = d
		}
		for range tt.depth {
			list = []oci.Descriptor{f.Nested("", list...)}
		}
		f.Index(list...)
		_, err := openBytes(f.Archive(), image.Options{})
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%d entries, %d deep: error %v, want %q", tt.entries, tt.depth, err, tt.want)
		}
	}
}

// headers is an archive of n empty files, made as it is read.
type headers int64

func (h headers) ReadAt(p []byte, off int64) (int, error) {
	for i := range p {
		p[i] = 0
	}
	for at := off &^ 511; at < off+int64(len(p)) && at < int64(h)*512; at += 512 {
		e := it.Odd(tar.TypeReg, fmt.Sprintf("%08d", at/512), "")
		block := it.RawTar(e)[:512]
		if at < off {
			copy(p, block[off-at:])
		} else {
			copy(p[at-off:], block)
		}
	}
	return len(p), nil
}

// TestMembers: the table of members doesn't grow without bound.
func TestMembers(t *testing.T) {
	for n, want := range map[headers]string{1 << 18: "a tar archive without image", 1<<18 + 1: "archive has more than 262144 members"} {
		_, err := image.OpenArchive(context.Background(), n, int64(n+2)*512, "", image.Options{})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%d members: error %v, want %q", n, err, want)
		}
	}
}

// TestVariant: a request without variant is content with any.
func TestVariant(t *testing.T) {
	v7, v6 := oci.Platform{OS: "linux", Architecture: "arm", Variant: "v7"}, oci.Platform{OS: "linux", Architecture: "arm", Variant: "v6"}
	archive := it.Layout(sample("a", v6)).Archive()
	for want, ok := range map[string]bool{"linux/arm": true, "linux/arm/v6": true, "linux/arm/v7": false} {
		p, err := oci.ParsePlatform(want)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := openBytes(archive, image.Options{Platform: p}); (err == nil) != ok {
			t.Errorf("%s of an image for %s: %v", want, v6, err)
		}
	}
	if _, err := openBytes(it.Layout(sample("a", v7)).Archive(), image.Options{Platform: oci.Platform{OS: "linux", Architecture: "arm"}}); err != nil {
		t.Error(err)
	}
}

// TestSpoolLimit: a stream may be as large as is allowed, and not a byte more.
func TestSpoolLimit(t *testing.T) {
	archive := it.Classic(sample("a", host)).Archive()
	for extra, ok := range map[int64]bool{0: true, -1: false} {
		opts := image.Options{Stdin: struct{ io.Reader }{bytes.NewReader(archive)}, MaxSize: int64(len(archive)) + extra, TempDir: t.TempDir()}
		img, err := image.Open(context.Background(), "-", opts)
		if (err == nil) != ok {
			t.Errorf("limit %d, archive %d: %v", opts.MaxSize, len(archive), err)
		}
		if err == nil {
			img.Close()
		}
	}
}
