package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	it "devops-go/internal/imagetest"
	"devops-go/internal/oci"
)

// An artifact is refused by what it is, and can be verified; damage is a
// finding of verify, and an error to the others.
func TestArtifact(t *testing.T) {
	dir := t.TempDir()
	chart := it.Files{}
	m := oci.Manifest{SchemaVersion: 2, MediaType: oci.MediaTypeManifest, Config: chart.Blob("application/vnd.cncf.helm.config.v1+json", []byte(`{"name":"c"}`))}
	m.Layers = append(m.Layers, chart.Blob("application/vnd.cncf.helm.chart.content.v1.tar+gzip", it.Gzip([]byte("no tar"))))
	raw, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	chart.Index(chart.Blob(oci.MediaTypeManifest, raw))
	damaged := it.Files{}
	d := damaged.Manifest(app())
	damaged.Index(d)
	damaged[it.BlobPath(d.Digest)] = []byte(`{"schemaVersion":2,`)
	for name, f := range map[string]it.Files{"chart.tar": chart, "damaged.tar": damaged} {
		if err := os.WriteFile(filepath.Join(dir, name), f.Archive(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	const refused = "chart.tar: not an image: a Helm chart (application/vnd.cncf.helm.config.v1+json)"
	for _, tt := range []struct {
		args string
		code int
		want string
	}{
		{"audit chart.tar", 2, refused},
		{"weigh chart.tar", 2, refused},
		{"tree chart.tar", 2, refused},
		{"history chart.tar", 2, refused},
		{"diff chart.tar chart.tar", 2, refused},
		{"verify chart.tar", 0, "is what it says"},
		{"verify --format json chart.tar", 0, `"artifact": "a Helm chart"`},
		{"audit damaged.tar", 2, " is damaged: "},
		{"verify damaged.tar", 1, "is not what it says"},
		{"verify --format json damaged.tar", 1, `"kind": "manifest"`},
	} {
		out, stderr, code := output(t, dir, "", strings.Fields(tt.args)...)
		if code != tt.code || !strings.Contains(out+stderr, tt.want) {
			t.Errorf("%s: exit %d, %s%s; want %d, %q", tt.args, code, out, stderr, tt.code, tt.want)
		}
	}
}
