package bundle

import (
	"context"
	"encoding/json"
	"testing"

	"devops-go/internal/digest"
	"devops-go/internal/image"
	it "devops-go/internal/imagetest"
	"devops-go/internal/oci"
)

// TestLayerAnnotations: what is said of a layer's bytes, as where estargz has its
// table of contents, stays with them, and goes where they do.
func TestLayerAnnotations(t *testing.T) {
	const toc = "containerd.io/snapshot/stargz/toc.digest"
	ctx := context.Background()
	f := it.Files{}
	d := f.Manifest(it.Image{Layers: []it.Layer{it.Zipped(it.File("a", "1"))}})
	var m oci.Manifest
	if err := json.Unmarshal(f[it.BlobPath(d.Digest)], &m); err != nil {
		t.Fatal(err)
	}
	m.Layers[0].Annotations = map[string]string{toc: digest.FromBytes(nil).String()}
	raw, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	f.Index(f.Blob(oci.MediaTypeManifest, raw))
	layout := f.Dir(t)
	collected, err := Collect(ctx, opened(t, layout, image.Options{}), false)
	if err != nil {
		t.Fatal(err)
	}
	if collected.Root.Digest != digest.FromBytes(raw) {
		t.Errorf("the copy has manifest %s", collected.Root.Digest)
	}
	for compression, want := range map[image.Compression]string{image.Gzip: m.Layers[0].Annotations[toc], image.Uncompressed: ""} {
		b, err := Repack(ctx, opened(t, layout, image.Options{}), &Press{Compression: compression, Recompress: true, Level: DefaultLevel, Dir: t.TempDir()})
		if err != nil {
			t.Fatal(err)
		}
		var got oci.Manifest
		if err := b.readJSON(ctx, b.Root, &got); err != nil {
			t.Fatal(err)
		}
		if got.Layers[0].Annotations[toc] != want {
			t.Errorf("%s: %v, want %q", compression, got.Layers[0].Annotations, want)
		}
	}
}
