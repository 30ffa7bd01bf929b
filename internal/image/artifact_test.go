package image_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"devops-go/internal/image"
	it "devops-go/internal/imagetest"
	"devops-go/internal/oci"
)

// artifactOf returns a layout with one manifest of that configuration and those
// blobs, and its descriptor.
func artifactOf(change func(m *oci.Manifest), config string, blobs ...string) (it.Files, oci.Descriptor) {
	f := it.Files{}
	m := oci.Manifest{SchemaVersion: 2, MediaType: oci.MediaTypeManifest}
	content := []byte(`{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}`)
	if config == oci.MediaTypeEmpty {
		content = []byte("{}")
	}
	m.Config = f.Blob(config, content)
	for _, mediaType := range blobs {
		m.Layers = append(m.Layers, f.Blob(mediaType, []byte("no tar at all: "+mediaType)))
	}
	if change != nil {
		change(&m)
	}
	raw, err := json.Marshal(m)
	if err != nil {
		panic(err)
	}
	return f, f.Blob(oci.MediaTypeManifest, raw)
}

// What registries hold beside images, as helm, oras, regctl, cosign, BuildKit
// and wasm-to-oci write it: refused as what it is, wherever it is met.
func TestNotImage(t *testing.T) {
	const imageConfig = oci.MediaTypeConfig
	for _, tt := range []struct {
		name, want   string
		artifactType string
		config       string
		blobs        []string
	}{
		{"Helm chart", "not an image: a Helm chart (application/vnd.cncf.helm.config.v1+json)", "", "application/vnd.cncf.helm.config.v1+json", []string{"application/vnd.cncf.helm.chart.content.v1.tar+gzip"}},
		{"WASM", "not an image: a WebAssembly module (application/vnd.wasm.config.v0+json)", "", "application/vnd.wasm.config.v0+json", []string{"application/wasm"}},
		{"WASM in an image's clothes", "not an image: a WebAssembly module (application/vnd.wasm.content.layer.v1+wasm)", "", imageConfig, []string{"application/vnd.wasm.content.layer.v1+wasm"}},
		{"attestation", "not an image: an attestation (application/vnd.in-toto+json)", "", imageConfig, []string{"application/vnd.in-toto+json"}},
		{"signature", "not an image: a signature (application/vnd.dev.cosign.simplesigning.v1+json)", "", imageConfig, []string{"application/vnd.dev.cosign.simplesigning.v1+json"}},
		{"bundle", "not an image: a signature (application/vnd.dev.sigstore.bundle.v0.3+json)", "application/vnd.dev.sigstore.bundle.v0.3+json", oci.MediaTypeEmpty, []string{"application/vnd.dev.sigstore.bundle.v0.3+json"}},
		{"SBOM", "not an image: an SBOM (application/spdx+json)", "application/spdx+json", oci.MediaTypeEmpty, []string{"application/spdx+json"}},
		{"artifact", "not an image: an artifact (application/x.menu)", "application/x.menu", oci.MediaTypeEmpty, []string{"text/plain"}},
		{"artifact without a type", "not an image: an artifact (text/plain)", "", oci.MediaTypeEmpty, []string{"text/plain"}},
		{"layers of an artifact", "not an image: an artifact (application/x.menu)", "application/x.menu", "application/x.menu.config", []string{oci.MediaTypeLayer}},
		{"plug-in", "not an image: a Docker plugin (application/vnd.docker.plugin.v1+json)", "", "application/vnd.docker.plugin.v1+json", []string{"application/vnd.docker.image.rootfs.diff.tar.gzip"}},
		{"empty artifact", "not an image: an artifact (application/x.menu)", "application/x.menu", oci.MediaTypeEmpty, []string{oci.MediaTypeEmpty}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f, d := artifactOf(func(m *oci.Manifest) { m.ArtifactType = tt.artifactType }, tt.config, tt.blobs...)
			described := d
			described.ArtifactType = tt.config
			if tt.artifactType != "" {
				described.ArtifactType = tt.artifactType
			}
			att := d
			att.Platform = &oci.Platform{OS: "unknown", Architecture: "unknown"}
			for how, d := range map[string]oci.Descriptor{"plain": d, "described": described, "unknown": att, "nested": f.Nested("", d)} {
				f.Index(d)
				_, err := openArchive(f, "", image.Options{})
				if got, ok := errors.AsType[*image.NotImageError](err); !ok || got.Error() != tt.want {
					t.Errorf("%s: %v, want %q", how, err, tt.want)
				}
				if img, err := openArchive(f, "", image.Options{Tolerant: true}); err != nil || img.NotImage == nil {
					t.Errorf("%s, tolerant: %v", how, err)
				}
			}
			// Beside an image, the artifact is passed over, and refused by name.
			img := f.Manifest(it.Image{Tag: "app", Layers: []it.Layer{it.Plain(it.File("a", "x"))}})
			described.Annotations = map[string]string{oci.AnnotationRefName: "other"}
			f.Index(described, img)
			if described.IsAttestation() {
				if img, err := openArchive(f, "", image.Options{}); err != nil || img.NotImage != nil {
					t.Errorf("beside an image: %v", err)
				}
			}
			if _, err := openArchive(f, "other", image.Options{}); err == nil || err.Error() != tt.want {
				t.Errorf("by name: %v, want %q", err, tt.want)
			}
		})
	}
}

func openArchive(f it.Files, name string, opts image.Options) (*image.Image, error) {
	archive := f.Archive()
	return image.OpenArchive(context.Background(), bytes.NewReader(archive), int64(len(archive)), name, opts)
}

// An image whose descriptor says so by its artifactType, as crane, ko and
// go-containerregistry write it, or that has Docker's media types, is one.
func TestIsImage(t *testing.T) {
	for _, artifactType := range []string{"", oci.MediaTypeConfig, oci.MediaTypeDockerConfig} {
		f := it.Files{}
		d := f.Manifest(it.Image{Layers: []it.Layer{it.Plain(it.File("a", "x"))}})
		d.ArtifactType, d.Platform = artifactType, nil
		f.Index(d)
		if img, err := openArchive(f, "", image.Options{}); err != nil || len(img.Layers) != 1 || len(img.Attestations) != 0 {
			t.Errorf("%q: %v", artifactType, err)
		}
	}
	for _, config := range []string{"", oci.MediaTypeDockerConfig} {
		f, d := artifactOf(nil, config)
		f.Index(d)
		if _, err := openArchive(f, "", image.Options{}); err != nil {
			t.Errorf("config %q: %v", config, err)
		}
	}
}

// Damage is named as that of the document which has it.
func TestDamaged(t *testing.T) {
	sample := it.Image{Layers: []it.Layer{it.Plain(it.File("a", "x"))}}
	cut := func(f it.Files, d oci.Descriptor) { p := it.BlobPath(d.Digest); f[p] = f[p][:len(f[p])/2] }
	for _, tt := range []struct {
		document, want string
		damage         func(f it.Files, manifest, nested oci.Descriptor)
	}{
		{"manifest", "bytes", func(f it.Files, manifest, _ oci.Descriptor) { cut(f, manifest) }},
		{"index", "bytes", func(f it.Files, _, nested oci.Descriptor) { cut(f, nested) }},
		{"index", "index.json: unexpected end", func(f it.Files, _, _ oci.Descriptor) { f["index.json"] = f["index.json"][:20] }},
		{"index", `its media type is "application/vnd.oci.image.index.v1+json", its descriptor's "` + oci.MediaTypeDockerList, func(f it.Files, _, nested oci.Descriptor) {
			nested.MediaType = oci.MediaTypeDockerList
			f.Index(nested)
		}},
		{"index", "its descriptor's data isn't its content", func(f it.Files, _, nested oci.Descriptor) {
			nested.Data = []byte("{}")
			f.Index(nested)
		}},
		{"config", "", func(f it.Files, _, _ oci.Descriptor) {
			for name, content := range f {
				if bytes.Contains(content, []byte(`"rootfs"`)) {
					f[name] = content[:20]
				}
			}
		}},
	} {
		f := it.Files{}
		manifest := f.Manifest(sample)
		nested := f.Nested("", manifest)
		f.Index(nested)
		tt.damage(f, manifest, nested)
		_, err := openArchive(f, "", image.Options{Tolerant: true})
		if damaged, ok := errors.AsType[*image.DamagedError](err); !ok || damaged.Document != tt.document || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", tt.document, err, tt.want)
		}
	}
}
