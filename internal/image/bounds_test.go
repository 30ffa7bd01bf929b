package image_test

import (
	"archive/tar"
	"bytes"
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
	"devops-go/internal/registrytest"
)

// inRegistry serves the image of manifest d as app:v1 and returns options with
// a client, and the reference.
func inRegistry(t *testing.T, f it.Files, d oci.Descriptor) (image.Options, string) {
	t.Helper()
	server := registrytest.New(t)
	for name, content := range f {
		if strings.HasPrefix(name, "blobs/") {
			server.AddBlob("app", content)
		}
	}
	server.AddManifest("app", "v1", d.MediaType, f[it.BlobPath(d.Digest)])
	client := registry.New(registry.Options{})
	t.Cleanup(client.Close)
	return image.Options{Registry: client}, "docker://" + server.Host() + "/app:v1"
}

// TestLayersAreVerified: a stored layer that isn't what its descriptor says is
// an error, at the latest where its content ends, though it unpacks well.
func TestLayersAreVerified(t *testing.T) {
	for _, tt := range []struct {
		name   string
		damage func(blob []byte) []byte
		want   string
	}{
		{"other bytes", func(b []byte) []byte { b[9] ^= 1; return b }, "content has digest"}, // gzip's system
		{"longer", func(b []byte) []byte { return append(b, it.Gzip(nil)...) }, "its descriptor says"},
		{"shorter", func(b []byte) []byte { return b[:len(b)-1] }, "its descriptor says"},
	} {
		f := it.Layout(sample("v1", host))
		for name, content := range f {
			if bytes.HasPrefix(content, []byte("\x1f\x8b")) {
				f[name] = tt.damage(bytes.Clone(content))
			}
		}
		for source, reference := range map[string]string{"archive": f.ArchiveFile(t), "layout": f.Dir(t)} {
			t.Run(tt.name+", "+source, func(t *testing.T) {
				img, err := image.Open(t.Context(), reference, image.Options{})
				if err != nil {
					t.Fatal(err)
				}
				defer img.Close()
				err = readLayer(t, img.Layers[1])
				if err == nil || !strings.Contains(err.Error(), tt.want) {
					t.Errorf("error %v, want %q", err, tt.want)
				}
				if err := readLayer(t, img.Layers[0]); err != nil {
					t.Errorf("the other layer: %v", err)
				}
			})
		}
	}
}

// readLayer reads what a layer unpacks to.
func readLayer(t *testing.T, l *image.Layer) error {
	t.Helper()
	blob, err := l.Open(t.Context())
	if err != nil {
		return err
	}
	defer blob.Close()
	plain, err := blob.Tar()
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, plain)
	return err
}

// An uncompressed layer is read at random, unverified, but has the size that
// its descriptor says.
func TestStoredSize(t *testing.T) {
	f := it.Layout(it.Image{Tag: "v1", Layers: []it.Layer{it.Plain(it.File("a", "x"))}})
	dir := f.Dir(t)
	for name, content := range f {
		if len(content) > 1024 { // the layer
			if err := os.WriteFile(filepath.Join(dir, name), append(content, 0), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	img, err := image.Open(t.Context(), dir, image.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer img.Close()
	if _, err := img.Layers[0].Open(t.Context()); err == nil || !strings.Contains(err.Error(), "blob is 2049 bytes, its descriptor says 2048") {
		t.Errorf("error %v", err)
	}
}

// TestRegistryPlatform: what a registry has of another platform than the one
// asked for is not taken for it.
func TestRegistryPlatform(t *testing.T) {
	f := it.Files{}
	opts, reference := inRegistry(t, f, f.Manifest(sample("v1", arm64)))
	for _, tt := range []struct {
		platform oci.Platform
		want     string // the error
	}{
		{oci.Platform{}, ""},
		{arm64, ""},
		{riscv64, "holds no platform linux/riscv64, only \"linux/arm64\""},
		{host, "holds no platform linux/amd64, only \"linux/arm64\""},
	} {
		opts.Platform = tt.platform
		_, err := image.Open(t.Context(), reference, opts)
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("--platform %q: error %v, want %q", tt.platform, err, tt.want)
		}
	}
}

// TestTooMuch: what an archive may make of itself before its layers are looked at
// is bounded, and one line says what is too much.
func TestTooMuch(t *testing.T) {
	layers := func(n int) it.Image {
		img := sample("v1", host)
		one := img.Layers[0]
		img.Layers = nil
		for range n {
			img.Layers = append(img.Layers, one)
		}
		return img
	}
	// An index of many manifests without platform, all of which are read.
	manifests := func(n int) it.Files {
		f := it.Layout(sample("v1", host))
		large := f.Blob(oci.MediaTypeManifest, append([]byte(`{"schemaVersion":2}`), bytes.Repeat([]byte(" "), 8_000_000)...))
		var list []oci.Descriptor
		for range n {
			list = append(list, large)
		}
		f.Index(list...)
		return f
	}
	saved := func(list string) it.Files {
		f := it.Classic(sample("v1", host))
		f["manifest.json"] = []byte(list)
		return f
	}
	for _, tt := range []struct {
		name    string
		archive []byte
		want    string
	}{
		{"layers", it.Layout(layers(1001)).Archive(), "1001 layers, the limit is 1000"},
		{"saved layers", it.Classic(layers(1001)).Archive(), "manifest.json: 1001 layers, the limit is 1000"},
		{"manifests", manifests(9).Archive(), "more than 67108864 bytes of indexes, manifests and configurations"},
		{"values", saved("[" + strings.Repeat("{},", 200_000) + "{}]").Archive(), "manifest.json: JSON of more than 200000 values"},
		{"deep JSON", saved(strings.Repeat("[", 20_000)).Archive(), "manifest.json: invalid character '[' exceeded max depth"},
		{"names", wide(8400), "archive has more than 33554432 bytes of names"},
		{"directories", deep(90_000), "archive has more than 262144 members and directories"},
		{"global headers", globals(10_001), "more than 10000 global PAX headers"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := image.OpenArchive(t.Context(), bytes.NewReader(tt.archive), int64(len(tt.archive)), "", image.Options{})
			if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("error %v, want %q", err, tt.want)
			}
		})
	}
	for name, archive := range map[string][]byte{"layers": it.Layout(layers(1000)).Archive(), "manifests": manifests(8).Archive(), "global headers": globals(10_000)} {
		_, err := image.OpenArchive(t.Context(), bytes.NewReader(archive), int64(len(archive)), "", image.Options{})
		if err != nil && strings.Contains(err.Error(), "more than") {
			t.Errorf("%s, just as many as may be: %v", name, err)
		}
	}
}

// wide is an archive of n files with long names.
func wide(n int) []byte {
	var list []it.Entry
	for i := range n {
		list = append(list, it.File(fmt.Sprintf("%04000d", i), ""))
	}
	return it.Tar(list...)
}

// deep is an archive of n files in two directories each.
func deep(n int) []byte {
	var list []it.Entry
	for i := range n {
		list = append(list, it.File(fmt.Sprintf("%d/d/f", i), ""))
	}
	return it.Tar(list...)
}

func globals(n int) []byte {
	one := it.Tar(it.Entry{Header: tar.Header{Typeflag: tar.TypeXGlobalHeader, Name: "g", PAXRecords: map[string]string{"comment": "x"}}})
	return append(bytes.Repeat(one[:len(one)-1024], n), it.Tar(it.File("a", ""))...)
}

// TestDecodersReadToTheEnd: whoever reads a content to its end has read what it is
// made from to its end, where it is verified.
func TestDecodersReadToTheEnd(t *testing.T) {
	packed := map[image.Compression][]byte{
		image.Uncompressed: []byte("hello"),
		image.Gzip:         it.Gzip([]byte("hello")),
		image.Zstd:         it.Zstd([]byte("hello")),
		image.Bzip2:        []byte("BZh91AY&SY\x191e=\x00\x00\x00\x81\x00\x02D\xa0\x00!\x9ah3M\x073\x8b\xb9\x22\x9c(H\x0c\x98\xb2\x9e\x80"), // printf hello | bzip2
	}
	wrong := digest.FromBytes(nil)
	for compression, b := range packed {
		plain, err := image.Decompress(wrong.Verify(bytes.NewReader(b), int64(len(b))), compression)
		if err == nil {
			_, err = io.ReadAll(plain)
		}
		if err == nil || !strings.Contains(err.Error(), "content has digest") {
			t.Errorf("%s: error %v", compression, err)
		}
	}
}

// TestTransferOfUncompressed: what a registry stores uncompressed, it moves so;
// what an archive holds uncompressed was moved otherwise.
func TestTransferOfUncompressed(t *testing.T) {
	f := it.Files{}
	d := f.Manifest(it.Image{Layers: []it.Layer{it.Plain(it.Sized("a", 1000))}})
	opts, ref := inRegistry(t, f, d)
	f.Index(d)
	for _, tt := range []struct {
		reference string
		known     bool
	}{{ref, true}, {f.ArchiveFile(t), false}} {
		img, err := image.Open(t.Context(), tt.reference, opts)
		if err != nil {
			t.Fatal(err)
		}
		defer img.Close()
		l := img.Layers[0]
		if size, known := l.Transfer(); known != tt.known || known && size != l.Descriptor.Size {
			t.Errorf("%s: %d, known %v; want %d", tt.reference, size, known, l.Descriptor.Size)
		}
	}
}
