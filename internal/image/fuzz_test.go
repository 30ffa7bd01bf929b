package image_test

import (
	"bytes"
	"context"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"devops-go/internal/image"
	it "devops-go/internal/imagetest"
	"devops-go/internal/oci"
)

// FuzzParseReference: what parses prints as what parses to the same.
func FuzzParseReference(f *testing.F) {
	for _, s := range []string{"-", "a.tar", "oci:dir:tag", "dir:a:b", "docker-archive:a.tar:b:1", "docker://localhost:5000/a@sha256:1", "docker-daemon:alpine"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		ref, err := image.ParseReference(s)
		if err != nil {
			return
		}
		again, err := image.ParseReference(ref.String())
		if err != nil || again != ref {
			t.Errorf("%q is %+v, which prints as %q and is %+v, %v", s, ref, ref.String(), again, err)
		}
	})
}

// FuzzParsePlatform: what parses prints as itself.
func FuzzParsePlatform(f *testing.F) {
	for _, s := range []string{"linux/amd64", "linux/arm/v7", "windows/amd64", "linux", "a/b/c/d"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if p, err := oci.ParsePlatform(s); err == nil && p.String() != s {
			t.Errorf("%q prints as %q", s, p)
		}
	})
}

// FuzzConfig: a configuration survives writing.
func FuzzConfig(f *testing.F) {
	f.Add([]byte(`{"architecture":"amd64","os":"linux","config":{"Env":["A=b"],"Healthcheck":{"Test":["NONE"],"Interval":1}},"rootfs":{"type":"layers","diff_ids":[]},"history":[{"created":"2024-01-01T00:00:00Z","empty_layer":true}]}`))
	f.Add([]byte(`{"history":null}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		var c, again image.Config
		if json.Unmarshal(raw, &c) != nil {
			return
		}
		b, err := json.Marshal(c)
		if err != nil {
			return // a year that JSON can't hold
		}
		if err := json.Unmarshal(b, &again); err != nil {
			t.Fatalf("%s: %v", b, err)
		}
		twice, err := json.Marshal(again)
		if err != nil || !bytes.Equal(b, twice) {
			t.Errorf("written as %s, then as %s", b, twice)
		}
		c.Command()
		c.Environ("PATH")
	})
}

// FuzzInstruction: an instruction has no builder's mark left and rewriting it
// again changes nothing that matters.
func FuzzInstruction(f *testing.F) {
	for _, tt := range instructions {
		f.Add(tt.createdBy)
	}
	f.Fuzz(func(t *testing.T, createdBy string) {
		got := image.History{CreatedBy: createdBy}.Instruction()
		if strings.TrimSpace(createdBy) == "" != (got == "") {
			t.Errorf("%q is %q", createdBy, got)
		}
		record := strings.TrimSpace(createdBy)
		if marked := strings.Count(record, "# buildkit"); marked == 1 && strings.HasSuffix(got, "# buildkit") && strings.HasSuffix(record, "# buildkit") && got != record {
			t.Errorf("%q is %q", createdBy, got)
		}
		if len(got) > 4*len(createdBy)+64 {
			t.Errorf("%d bytes become %d", len(createdBy), len(got))
		}
	})
}

// FuzzOpenArchive: whatever is in an archive, opening it ends, and what is
// opened is consistent.
func FuzzOpenArchive(f *testing.F) {
	img := it.Image{Tag: "a:1", Layers: []it.Layer{it.Plain(it.File("a", "b")), it.Zipped(it.File("c", "d"))}}
	arm := img
	arm.Config.Platform = oci.Platform{OS: "linux", Architecture: "arm64"}
	f.Add(it.Classic(img).Archive(), "a:1")
	f.Add(it.Saved(img).Archive(), "")
	f.Add(it.Layout(img, arm).Archive(), "")
	f.Fuzz(func(t *testing.T, archive []byte, name string) {
		img, err := image.OpenArchive(context.Background(), bytes.NewReader(archive), int64(len(archive)), name, image.Options{})
		if err != nil {
			if err.Error() == "" {
				t.Error("an error without words")
			}
			return
		}
		if img.Manifest != nil && len(img.Manifest.Layers) != len(img.Layers) {
			t.Errorf("%d layers, the manifest has %d", len(img.Layers), len(img.Manifest.Layers))
		}
		for i, l := range img.Layers {
			if l.Index != i {
				t.Errorf("layer %d says %d", i, l.Index)
			}
		}
		if transfer, ok := img.Transfer(); ok && transfer < int64(len(img.RawConfig)) {
			t.Errorf("transfer %d is less than the config's %d", transfer, len(img.RawConfig))
		}
	})
}

// FuzzIndex: whatever an index lists, opening it ends.
func FuzzIndex(f *testing.F) {
	files := it.Layout(it.Image{Tag: "a", Layers: []it.Layer{it.Plain(it.File("a", "b"))}})
	f.Add(files["index.json"])
	f.Add([]byte(`{"manifests":[{"mediaType":"application/vnd.oci.image.index.v1+json","digest":"","size":1}]}`))
	f.Fuzz(func(t *testing.T, index []byte) {
		mine := it.Files{}
		for name, content := range files {
			mine[name] = content
		}
		mine["index.json"] = index
		archive := mine.Archive()
		img, err := image.OpenArchive(context.Background(), bytes.NewReader(archive), int64(len(archive)), "", image.Options{})
		if err == nil && !reflect.DeepEqual(img.Config.Platform, oci.Platform{OS: "linux", Architecture: "amd64"}) {
			t.Errorf("opened as %s", img.Platform())
		}
	})
}
