package layers_test

import (
	"io"
	"slices"
	"strings"
	"testing"

	"devops-go/internal/image"
	it "devops-go/internal/imagetest"
	"devops-go/internal/layers"
	"devops-go/internal/registry"
	"devops-go/internal/registrytest"
)

// TestAgain: a blob that is several layers is fetched and read once, and each of
// the layers has what it holds.
func TestAgain(t *testing.T) {
	one := it.Zipped(it.Dir("d"), it.Sized("d/a", 100), it.Sized("b", 10))
	img := it.Image{Layers: []it.Layer{one, it.Zipped(it.Whiteout("d"), it.Sized("c", 1)), one, one}}
	f := it.Files{}
	d := f.Manifest(img)
	server := registrytest.New(t)
	for _, content := range f {
		server.AddBlob("app", content)
	}
	server.AddManifest("app", "v1", d.MediaType, f[it.BlobPath(d.Digest)])
	client := registry.New(registry.Options{})
	defer client.Close()
	opened, err := image.Open(t.Context(), "docker://"+server.Host()+"/app:v1", image.Options{Registry: client})
	if err != nil {
		t.Fatal(err)
	}
	defer opened.Close()
	var visited, again []string
	s, err := layers.Read(t.Context(), opened, layers.Options{
		Jobs: 1,
		Visit: func(l *image.Layer, e *layers.Entry, content io.Reader) error {
			visited = append(visited, e.Node.Path())
			return nil
		},
		Again: func(e, first *layers.Entry) {
			if e.Layer == first.Layer || e.Node != first.Node {
				t.Errorf("layer %d of %q for layer %d of %q", e.Layer, e.Node.Path(), first.Layer, first.Node.Path())
			}
			again = append(again, e.Node.Path())
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(visited, " "); got != "d d/a b d c" {
		t.Errorf("visited %q", got)
	}
	if !slices.Equal(again, []string{"d", "d/a", "b", "d", "d/a", "b"}) {
		t.Errorf("again %q", again)
	}
	if n := server.Seen("GET /v2/app/blobs/" + opened.Layers[0].Descriptor.Digest.String()); n != 1 {
		t.Errorf("fetched %d times", n)
	}
	if got := tree(s); got != "b c d/ d/a" || s.Size() != 331 || s.Dead() != 220 || s.Layers[2].Files != 2 {
		t.Errorf("tree %q, size %d, dead %d", got, s.Size(), s.Dead())
	}
	checkStack(t, s)
	if _, err := layers.Read(t.Context(), opened, layers.Options{MaxFiles: 10}); err == nil || !strings.HasPrefix(err.Error(), "layer 4 (sha256:") {
		t.Errorf("more files than may be: error %v", err)
	}
}
