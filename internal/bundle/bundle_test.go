package bundle

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"devops-go/internal/digest"
	"devops-go/internal/image"
	it "devops-go/internal/imagetest"
	"devops-go/internal/oci"
	"devops-go/internal/registry"
)

// made are the images of the tests: two platforms under one index.
func made() it.Files {
	f := it.Files{}
	list := []oci.Descriptor{
		f.Manifest(it.Image{Layers: []it.Layer{it.Zipped(it.Program("bin/app", 3_000_000))}, Config: image.Config{Platform: oci.Platform{OS: "linux", Architecture: "arm64"}}}),
		f.Manifest(it.Image{Layers: []it.Layer{it.Zipped(it.Program("bin/app", 4_000)), it.Plain(it.File("etc/motd", "hello"))}}),
	}
	f.Index(f.Nested("1", list...))
	return f
}

// opened opens what a reference names.
func opened(t *testing.T, reference string, opts image.Options) *image.Image {
	t.Helper()
	img, err := image.Open(context.Background(), reference, opts)
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// collected is the bundle of what a reference names, with every platform.
func collected(t *testing.T, reference string, opts image.Options) *Bundle {
	t.Helper()
	opts.Platform = oci.AnyPlatform()
	b, err := Collect(context.Background(), opened(t, reference, opts), false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

// listed is made with a document about each platform and one about the first
// document.
func listed(t *testing.T) *Bundle {
	t.Helper()
	ctx := context.Background()
	b := collected(t, made().ArchiveFile(t), image.Options{})
	manifests, err := b.Manifests(ctx)
	if err != nil || len(manifests) != 2 {
		t.Fatalf("%d manifests, %v", len(manifests), err)
	}
	for i, d := range manifests {
		if err := b.Attach(d, "text/plain", []byte{'0' + byte(i)}, map[string]string{"about": d.Platform.Architecture}); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Attach(b.Referrers[0], "text/signature", []byte("signed"), nil); err != nil {
		t.Fatal(err)
	}
	return b
}

// archive writes the bundle as an archive.
func archive(t *testing.T, b *Bundle) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := b.WriteArchive(context.Background(), &out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func named(t *testing.T, s string) registry.Reference {
	t.Helper()
	ref, err := registry.ParseReference(s)
	if err != nil {
		t.Fatal(err)
	}
	return ref
}

// same compares what two bundles hold, and counts referrers.
func same(t *testing.T, what string, got, want *Bundle, referrers int) {
	t.Helper()
	if got.Root.Digest != want.Root.Digest || len(got.Referrers) != referrers {
		t.Errorf("%s: root %s with %d referrers, want %s with %d", what, got.Root.Digest, len(got.Referrers), want.Root.Digest, referrers)
	}
	for _, c := range want.image() {
		if !got.has(c.Digest) {
			t.Errorf("%s: lacks %s %s", what, c.MediaType, c.Digest)
		}
	}
}

// TestArchive: what was written is what was there, and the same each time.
func TestArchive(t *testing.T) {
	b := listed(t)
	b.Name = named(t, "registry.example/app:2")
	content := archive(t, b)
	if !bytes.Equal(content, archive(t, b)) {
		t.Error("the second archive differs")
	}
	file := it.WriteFile(t, "app.tar", content)
	back := collected(t, file, image.Options{})
	same(t, "archive", back, b, 3)
	if back.Name != b.Name {
		t.Errorf("called %v", back.Name)
	}
	// docker load knows no platforms: it gets linux/amd64, though that is second.
	saved := opened(t, "docker-archive:"+file, image.Options{})
	defer saved.Close()
	if saved.Platform().Architecture != "amd64" || len(saved.Layers) != 2 {
		t.Errorf("docker load gets %s", saved.Platform())
	}
	alone := b.WithoutReferrers()
	same(t, "alone", collected(t, it.WriteFile(t, "alone.tar", archive(t, alone)), image.Options{}), b, 0)
	if len(b.Referrers) != 3 {
		t.Error("the bundle itself lost its referrers")
	}
}

// TestSingle: one platform has what is about it, and not what is about others.
func TestSingle(t *testing.T) {
	file := it.WriteFile(t, "app.tar", archive(t, listed(t)))
	b, err := Collect(context.Background(), opened(t, file, image.Options{Platform: oci.Platform{OS: "linux", Architecture: "amd64"}}), true)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if b.Root.IsIndex() || len(b.Referrers) != 1 || b.Referrers[0].Annotations["about"] != "amd64" {
		t.Errorf("root %s, referrers %+v", b.Root.MediaType, b.Referrers)
	}
}

// TestRepack: an archive without manifest gets one, of OCI's types.
func TestRepack(t *testing.T) {
	img := opened(t, it.Classic(it.Image{Tag: "old:1", Layers: []it.Layer{it.Plain(it.File("a", "x")), it.Zipped(it.File("b", "y"))}}).ArchiveFile(t), image.Options{})
	b, err := Repack(context.Background(), img, &Press{Compression: image.Gzip, Level: 9})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	back := opened(t, it.WriteFile(t, "new.tar", archive(t, b)), image.Options{})
	defer back.Close()
	if back.ConfigDigest != img.ConfigDigest || back.Manifest.MediaType != oci.MediaTypeManifest {
		t.Errorf("config %s of %s, was %s", back.ConfigDigest, back.Manifest.MediaType, img.ConfigDigest)
	}
	for _, l := range back.Layers {
		if l.Descriptor.MediaType != oci.MediaTypeLayerGzip {
			t.Errorf("%s is %s", l, l.Descriptor.MediaType)
		}
	}
}

// TestRecompress: a layer in zstd stays as it is, or is made anew, and is read in
// either case.
func TestRecompress(t *testing.T) {
	content := it.Tar(it.File("a", "x"), it.Sized("b", 200_000))
	source := it.Image{Layers: []it.Layer{
		{Tar: content, Blob: it.Zstd(content), MediaType: oci.MediaTypeLayer + "+zstd"}, it.Zipped(it.File("c", "y")), it.Plain(it.File("d", "z")),
	}}
	for _, tt := range []struct {
		press Press
		want  string
	}{
		{Press{Compression: image.Gzip, Level: 1}, "zstd gzip gzip"},
		{Press{Compression: image.Gzip, Level: 1, Recompress: true}, "gzip gzip gzip"},
		{Press{Compression: image.Zstd, Level: 1, Recompress: true}, "zstd zstd zstd"},
		{Press{Compression: image.Uncompressed}, "zstd gzip none"},
		{Press{Compression: image.Uncompressed, Recompress: true}, "none none none"},
	} {
		img := opened(t, it.Layout(source).ArchiveFile(t), image.Options{})
		b, err := Repack(context.Background(), img, &tt.press)
		if err != nil {
			t.Fatal(err)
		}
		back := opened(t, it.WriteFile(t, "new.tar", archive(t, b)), image.Options{})
		var got []string
		for i, l := range back.Layers {
			got = append(got, string(l.Compression))
			if claimed := image.ClaimedCompression(l.Descriptor.MediaType); claimed != l.Compression || l.DiffID != img.Layers[i].DiffID {
				t.Errorf("%+v: %s is %s of %s", tt.press, l, l.Descriptor.MediaType, l.DiffID)
			}
		}
		if s := strings.Join(got, " "); s != tt.want {
			t.Errorf("%+v: layers are %s, want %s", tt.press, s, tt.want)
		}
		b.Close()
		back.Close()
	}
	broken := it.Zstd(content)
	broken[6] |= 6 // the reserved type
	source.Layers[0].Blob = broken
	img := opened(t, it.Layout(source).ArchiveFile(t), image.Options{})
	_, err := Repack(context.Background(), img, &Press{Compression: image.Gzip, Level: 1})
	if err == nil || !strings.Contains(err.Error(), "layer 1") || !strings.Contains(err.Error(), "zstd: byte 6:") {
		t.Errorf("error %v of a broken layer", err)
	}
}

// TestConvertLie: a layer that isn't what the configuration says goes nowhere.
func TestConvertLie(t *testing.T) {
	lie := image.Config{RootFS: image.RootFS{Type: "layers", DiffIDs: []digest.Digest{digest.FromBytes([]byte("other"))}}}
	for _, l := range []it.Layer{it.Plain(it.File("a", "x")), it.Zipped(it.File("a", "x"))} {
		img := opened(t, it.Layout(it.Image{Tag: "1", Layers: []it.Layer{l}, Config: lie}).ArchiveFile(t), image.Options{})
		_, err := Repack(context.Background(), img, &Press{Compression: image.Gzip, Level: 1})
		if err == nil || !strings.Contains(err.Error(), "the configuration says "+lie.RootFS.DiffIDs[0].String()) {
			t.Errorf("error %v", err)
		}
	}
}

// TestCollectMissing: an index that lists more than is there is told of, with
// what helps.
func TestCollectMissing(t *testing.T) {
	f := made()
	gone := f.Manifest(it.Image{Config: image.Config{Platform: oci.Platform{OS: "linux", Architecture: "s390x"}}})
	here := f.Manifest(it.Image{Layers: []it.Layer{it.Plain(it.File("a", "x"))}})
	f.Index(f.Nested("1", here, gone))
	delete(f, it.BlobPath(gone.Digest))
	img := opened(t, f.ArchiveFile(t), image.Options{Platform: oci.AnyPlatform()})
	_, err := Collect(context.Background(), img, false)
	if missing, ok := errors.AsType[*MissingError](err); !ok || !strings.Contains(err.Error(), "platform linux/s390x") || missing.Present.String() != "linux/amd64" {
		t.Errorf("error %v", err)
	}
}

// entries are the names in a directory.
func entries(t *testing.T, dir string) string {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range list {
		names = append(names, entry.Name())
	}
	return strings.Join(names, " ")
}

// TestLayout: a layout takes images beside those that it has, and gives a name
// to the last that claims it.
func TestLayout(t *testing.T) {
	ctx, parent := context.Background(), t.TempDir()
	dir := filepath.Join(parent, "layout")
	first, second := listed(t), collected(t, it.Layout(it.Image{Layers: []it.Layer{it.Plain(it.File("a", "x"))}}).ArchiveFile(t), image.Options{})
	first.Tag, second.Tag = "1", "2"
	for _, b := range []*Bundle{first, second, first} {
		if err := b.WriteLayout(ctx, dir); err != nil {
			t.Fatal(err)
		}
	}
	same(t, "first", collected(t, "oci:"+dir+":1", image.Options{}), first, 3)
	same(t, "second", collected(t, "oci:"+dir+":2", image.Options{}), second, 0)
	first.Tag = "also"
	if err := first.WriteLayout(ctx, dir); err != nil {
		t.Fatal(err)
	}
	for _, tag := range []string{"1", "also"} {
		same(t, tag, collected(t, "oci:"+dir+":"+tag, image.Options{}), first, 3)
	}
	second.Tag = "1"
	if err := second.WriteLayout(ctx, dir); err != nil {
		t.Fatal(err)
	}
	same(t, "renamed", collected(t, "oci:"+dir+":1", image.Options{}), second, 0)
	if got := entries(t, parent); got != "layout" {
		t.Errorf("left %q", got)
	}
}

// TestLayoutFails: content that can't be read, or isn't what it should be,
// leaves no new layout and an old one as it was.
func TestLayoutFails(t *testing.T) {
	ctx := context.Background()
	errDisk := errors.New("disk fell out")
	for _, tt := range []struct {
		name string
		open func(context.Context) (io.ReadCloser, error)
		want string
	}{
		{"can't be opened", func(context.Context) (io.ReadCloser, error) { return nil, errDisk }, errDisk.Error()},
		{"another content", FromBytes("", []byte("fake")).Open, "digest"},
		{"cut", FromBytes("", []byte("tru")).Open, "3 bytes of 4"},
		{"interrupted", func(ctx context.Context) (io.ReadCloser, error) { return nil, context.Canceled }, "canceled"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			parent := t.TempDir()
			old := filepath.Join(parent, "old")
			good := listed(t)
			good.Tag = "1"
			if err := good.WriteLayout(ctx, old); err != nil {
				t.Fatal(err)
			}
			blobs := entries(t, filepath.Join(old, "blobs/sha256"))
			bad := collected(t, it.Layout(it.Image{Layers: []it.Layer{it.Plain(it.File("new", "x"))}}).ArchiveFile(t), image.Options{})
			broken := FromBytes("text/plain", []byte("true"))
			broken.Open = tt.open
			bad.Add(broken)
			for _, dir := range []string{old, filepath.Join(parent, "new")} {
				if err := bad.WriteLayout(ctx, dir); err == nil || !strings.Contains(err.Error(), tt.want) {
					t.Errorf("%s: error %v, want %s", filepath.Base(dir), err, tt.want)
				}
			}
			if got := entries(t, parent); got != "old" {
				t.Errorf("left %q", got)
			}
			if got := entries(t, filepath.Join(old, "blobs/sha256")); got != blobs {
				t.Errorf("the layout holds %q, held %q", got, blobs)
			}
			same(t, "old", collected(t, "oci:"+old+":1", image.Options{}), good, 3)
			if err := bad.WriteArchive(ctx, io.Discard); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("archive: error %v", err)
			}
		})
	}
}

// TestUnknownCompression: a layer isn't left uncompressed because nobody knows
// how to compress it.
func TestUnknownCompression(t *testing.T) {
	for _, c := range []image.Compression{"", "lz4", image.Xz} {
		called := false
		_, err := (&Press{Compression: c}).Layer(func(io.Writer) (int64, error) {
			called = true
			return 0, nil
		})
		if want := fmt.Sprintf("compression %q: can't be written", string(c)); err == nil || err.Error() != want || called {
			t.Errorf("%q: %v, want %s", c, err, want)
		}
	}
}

// TestReadLayoutBound: an index that is no index isn't read to its end, nor
// waited for.
func TestReadLayoutBound(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, oci.IndexFile)
	if err := os.WriteFile(name, []byte("{}"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(name, 1<<40); err != nil {
		t.Fatal(err)
	}
	if _, err := readLayout(dir); err == nil || !strings.Contains(err.Error(), "the limit is") {
		t.Errorf("error %v", err)
	}
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(name, 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := readLayout(dir); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("error %v", err)
	}
}
