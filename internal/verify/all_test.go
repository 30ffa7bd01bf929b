package verify_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"devops-go/internal/digest"
	"devops-go/internal/image"
	it "devops-go/internal/imagetest"
	"devops-go/internal/oci"
	"devops-go/internal/verify"
)

// An attested is a layout of an image of two platforms, of which a third isn't
// there, with BuildKit's provenance of the first, and outside their index an SBOM
// that refers to the index, a signature of the SBOM and one of something else.
type attested struct {
	it.Files
	layer, provenance, sbom, signature, other, arm digest.Digest
}

func newAttested() attested {
	a := attested{Files: it.Files{}}
	platform := func(arch string) oci.Descriptor {
		img := it.Image{Layers: []it.Layer{it.Zipped(it.Sized(arch, 10_000))}}
		img.Config.Platform = oci.Platform{OS: "linux", Architecture: arch}
		a.layer = digest.FromBytes(img.Layers[0].Blob)
		return a.Manifest(img)
	}
	artifact := func(mediaType string, subject *oci.Descriptor) (manifest, blob oci.Descriptor) {
		blob = a.Blob(mediaType, []byte(`{"made":"`+mediaType+`"}`))
		m := oci.Manifest{SchemaVersion: 2, MediaType: oci.MediaTypeManifest, Layers: []oci.Descriptor{blob}, Subject: subject}
		m.Config = a.Blob(oci.MediaTypeConfig, []byte(`{"os":"unknown","architecture":"unknown"}`))
		if subject != nil {
			m.ArtifactType, m.Config = mediaType, a.Blob(oci.MediaTypeEmpty, []byte("{}"))
		}
		raw, err := json.Marshal(m)
		if err != nil {
			panic(err)
		}
		manifest = a.Blob(oci.MediaTypeManifest, raw)
		manifest.ArtifactType = m.ArtifactType
		return manifest, blob
	}
	amd64 := platform("amd64")
	arm64 := platform("arm64")
	a.arm = arm64.Digest
	gone := oci.Descriptor{MediaType: oci.MediaTypeManifest, Digest: digest.FromBytes([]byte("gone")), Size: 4, Platform: &oci.Platform{OS: "linux", Architecture: "s390x"}}
	provenance, statement := artifact("application/vnd.in-toto+json", nil)
	provenance.Platform = &oci.Platform{OS: "unknown", Architecture: "unknown"}
	provenance.Annotations = map[string]string{oci.AnnotationReferenceType: "attestation-manifest", oci.AnnotationReferenceDigest: amd64.Digest.String()}
	index := a.Nested("app", amd64, arm64, gone, provenance)
	sbom, document := artifact("application/spdx+json", &index)
	signature, signed := artifact("application/vnd.dev.cosign.simplesigning.v1+json", &sbom)
	other, stray := artifact("application/vnd.cyclonedx+json", &oci.Descriptor{MediaType: oci.MediaTypeManifest, Digest: digest.FromBytes(nil)})
	a.provenance, a.sbom, a.signature, a.other = statement.Digest, document.Digest, signed.Digest, stray.Digest
	a.Index(signature, other, sbom, index)
	return a
}

// TestAll: one bit anywhere in what the reference names is found, and named.
func TestAll(t *testing.T) {
	flip := func(d digest.Digest) func(f it.Files) {
		return func(f it.Files) { b := f[it.BlobPath(d)]; b[len(b)-5] ^= 1 }
	}
	for _, tt := range []struct {
		name   string
		damage func(f it.Files)
		want   string // the kinds that are false, with how many
		first  string // a part of what is said
	}{
		{"nothing", func(it.Files) {}, "", ""},
		{"layer of arm64", flip(newAttested().layer), "blob:1 diff ID:1", "linux/arm64: layer 1"},
		{"manifest of arm64", flip(newAttested().arm), "manifest:1 blob:1", "linux/arm64: manifest sha256:"}, // where it has the size of the layer
		{"provenance", flip(newAttested().provenance), "blob:1", "attestation "},
		{"SBOM", flip(newAttested().sbom), "blob:1", "referrer "},
		{"signature of the SBOM", flip(newAttested().signature), "blob:1", "referrer "},
		{"what isn't about the image", flip(newAttested().other), "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := newAttested()
			tt.damage(a.Files)
			r := verifyAll(t, a.Files)
			var got []string
			first := ""
			for _, c := range r.Checks {
				if c.False > 0 {
					got = append(got, fmt.Sprintf("%s:%d", c.Kind, c.False))
					first += c.Falsehood
				}
			}
			if strings.Join(got, " ") != tt.want || r.OK != (tt.want == "") || !strings.Contains(first, tt.first) {
				t.Errorf("false %v (%s), OK %v; want %q, %q", got, first, r.OK, tt.want, tt.first)
			}
			var read []string
			for _, s := range r.Read {
				read = append(read, s.Role+" "+s.Platform+s.What)
			}
			const want = "image linux/amd64, image linux/arm64, attestation an attestation, referrer an SBOM, referrer a signature"
			if got := strings.Join(read, ", "); got != want || strings.Join(r.Absent, " ") != "linux/s390x" {
				t.Errorf("read %s, absent %v; want %s", got, r.Absent, want)
			}
		})
	}
}

// TestAllUnparsable: a manifest that is no JSON any more is false, and the rest
// is read.
func TestAllUnparsable(t *testing.T) {
	a := newAttested()
	b := a.Files[it.BlobPath(a.arm)]
	b[0] = 'x'
	if r := verifyAll(t, a.Files); r.OK || len(r.Read) != 5 || r.Read[1].Platform != "linux/arm64" {
		t.Errorf("%+v", r)
	}
}

func verifyAll(t *testing.T, f it.Files) *verify.Result {
	t.Helper()
	archive := f.Archive()
	opts := image.Options{Tolerant: true, Platform: oci.AnyPlatform()}
	img, err := image.OpenArchive(context.Background(), bytes.NewReader(archive), int64(len(archive)), "app", opts)
	if err != nil {
		t.Fatal(err)
	}
	r, err := verify.All(context.Background(), img, verify.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}
