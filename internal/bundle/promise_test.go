package bundle

import (
	"context"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"devops-go/internal/image"
	it "devops-go/internal/imagetest"
	"devops-go/internal/oci"
	"devops-go/internal/registry"
	"devops-go/internal/registrytest"
)

// TestMissingBlob: only foreign layers may be missing.
func TestMissingBlob(t *testing.T) {
	for _, tt := range []struct {
		mediaType string
		ok        bool
	}{{oci.MediaTypeLayer, false}, {"application/vnd.oci.image.layer.nondistributable.v1.tar", true}} {
		f := it.Files{}
		layer := it.Layer{Tar: it.Tar(it.File("a", "x")), MediaType: tt.mediaType}
		d := f.Manifest(it.Image{Layers: []it.Layer{layer}})
		f.Index(d)
		img := opened(t, f.Dir(t), image.Options{})
		defer img.Close()
		delete(f, it.BlobPath(img.Layers[0].Descriptor.Digest))
		_, err := Collect(context.Background(), opened(t, f.Dir(t), image.Options{}), false)
		if tt.ok && err != nil || !tt.ok && !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: %v", tt.mediaType, err)
		}
	}
}

// TestLayoutMends: a blob that a layout has only in part is written again.
func TestLayoutMends(t *testing.T) {
	ctx, dir := context.Background(), filepath.Join(t.TempDir(), "layout")
	b := listed(t)
	if err := b.WriteLayout(ctx, dir); err != nil {
		t.Fatal(err)
	}
	blob := filepath.Join(dir, oci.BlobPath(b.contents[0].Descriptor))
	if err := os.Truncate(blob, b.contents[0].Size-1); err != nil {
		t.Fatal(err)
	}
	if err := b.WriteLayout(ctx, dir); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(blob); err != nil || info.Size() != b.contents[0].Size {
		t.Errorf("%v, %v, want %d bytes", info, err, b.contents[0].Size)
	}
}

// TestMountWithinRegistry: a registry is asked for what is in itself, and not for
// what is in another one.
func TestMountWithinRegistry(t *testing.T) {
	ctx, client := context.Background(), registry.New(registry.Options{})
	defer client.Close()
	first, second := registrytest.New(t), registrytest.New(t)
	from := named(t, first.Host()+"/app:1")
	if err := listed(t).Push(ctx, client, from, nil); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		server *registrytest.Server
		want   bool
	}{{first, true}, {second, false}} {
		mounts := make(chan string, 100)
		tt.server.Fault = func(_ http.ResponseWriter, r *http.Request, _ int) bool {
			if q := r.URL.Query(); q.Has("mount") || q.Has("from") {
				mounts <- r.URL.String()
			}
			return false
		}
		b := collected(t, "docker://"+from.String(), image.Options{Registry: client})
		if err := b.Push(ctx, client, named(t, tt.server.Host()+"/other:1"), nil); err != nil {
			t.Fatal(err)
		}
		if got := len(mounts) > 0; got != tt.want {
			t.Errorf("asked to mount: %v, want %v", got, tt.want)
		}
		tt.server.Fault = nil
	}
}

// TestOnce: content that is added twice is written once.
func TestOnce(t *testing.T) {
	b := listed(t)
	size := b.size()
	b.Add(b.contents[0])
	if b.size() != size {
		t.Errorf("%d bytes, want %d", b.size(), size)
	}
	names := it.Names(archive(t, b))
	slices.Sort(names)
	if got := len(slices.Compact(slices.Clone(names))); got != len(names) {
		t.Errorf("%d of %d members have a name of their own", got, len(names))
	}
}

// TestManifestBound: what leads to manifests without end is given up.
func TestManifestBound(t *testing.T) {
	img := opened(t, made().ArchiveFile(t), image.Options{Platform: oci.AnyPlatform()})
	defer img.Close()
	for _, tt := range []struct {
		before int
		want   string
	}{{maxManifests - 3, ""}, {maxManifests - 2, "more than 10000 manifests"}} { // the index and two
		c := collector{bundle: &Bundle{}, img: img, manifests: tt.before}
		err := c.collect(context.Background(), img.Root)
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("after %d: %v, want %q", tt.before, err, tt.want)
		}
	}
}

// TestSizeKnown: the size is that of layers that were looked into, all of them.
func TestSizeKnown(t *testing.T) {
	img := opened(t, it.Layout(it.Image{Layers: []it.Layer{it.Plain(it.Sized("a", 10)), it.Zipped(it.Sized("b", 5))}}).ArchiveFile(t), image.Options{})
	b, err := Repack(context.Background(), img, &Press{Compression: image.Gzip, Level: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	size := func() *int64 {
		t.Helper()
		s, err := b.Summarize(context.Background())
		if err != nil || len(s.Images) != 1 {
			t.Fatal(s, err)
		}
		return s.Images[0].Size
	}
	if got := size(); got == nil || *got != 15 {
		t.Errorf("size %v, want 15", got)
	}
	delete(b.gross, b.contents[0].Digest)
	if got := size(); got != nil {
		t.Errorf("size %d of a layer that was not read", *got)
	}
}
