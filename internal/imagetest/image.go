package imagetest

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"devops-go/internal/digest"
	"devops-go/internal/image"
	"devops-go/internal/oci"
)

// A Layer is a layer as it is stored.
type Layer struct {
	Tar []byte
	// Blob is what is stored; nil stores Tar itself.
	Blob []byte
	// MediaType is what the manifest says; empty says the truth.
	MediaType string
}

// Plain stores the entries uncompressed.
func Plain(entries ...Entry) Layer { return Layer{Tar: Tar(entries...)} }

// Raw stores the entries uncompressed and unchecked.
func Raw(entries ...Entry) Layer { return Layer{Tar: RawTar(entries...)} }

// Zipped stores the entries compressed.
func Zipped(entries ...Entry) Layer {
	plain := Tar(entries...)
	return Layer{Tar: plain, Blob: Gzip(plain), MediaType: oci.MediaTypeLayerGzip}
}

func (l Layer) stored() []byte {
	if l.Blob != nil {
		return l.Blob
	}
	return l.Tar
}

func (l Layer) mediaType() string {
	if l.MediaType != "" {
		return l.MediaType
	}
	return oci.MediaTypeLayer
}

// An Image is an image to be written down.
type Image struct {
	Tag    string
	Layers []Layer
	// Config lacks the root file system, which follows from the layers. The
	// zero Platform is linux/amd64.
	Config image.Config
}

func (img Image) config() []byte {
	c := img.Config
	if c.Platform.IsZero() {
		c.Platform = oci.Platform{OS: "linux", Architecture: "amd64"}
	}
	if c.RootFS.Type == "" {
		c.RootFS.Type = "layers"
		for _, l := range img.Layers {
			c.RootFS.DiffIDs = append(c.RootFS.DiffIDs, digest.FromBytes(l.Tar))
		}
	}
	return marshal(c)
}

func marshal(v any) []byte {
	b, err := json.Marshal(v)
	must(err)
	return b
}

// Files are the files of a layout or an archive, by path. Tests are free to
// damage them.
type Files map[string][]byte

// Blob adds b as a blob and returns its descriptor.
func (f Files) Blob(mediaType string, b []byte) oci.Descriptor {
	d := oci.Descriptor{MediaType: mediaType, Digest: digest.FromBytes(b), Size: int64(len(b))}
	f[BlobPath(d.Digest)] = b
	return d
}

// BlobPath is where a layout keeps the blob d.
func BlobPath(d digest.Digest) string { return "blobs/sha256/" + d.Hex() }

// Manifest adds the image's blobs and returns the descriptor of its manifest,
// with the platform and the tag.
func (f Files) Manifest(img Image) oci.Descriptor {
	m := oci.Manifest{SchemaVersion: 2, MediaType: oci.MediaTypeManifest}
	m.Config = f.Blob(oci.MediaTypeConfig, img.config())
	for _, l := range img.Layers {
		m.Layers = append(m.Layers, f.Blob(l.mediaType(), l.stored()))
	}
	d := f.Blob(oci.MediaTypeManifest, marshal(m))
	var c image.Config
	must(json.Unmarshal(img.config(), &c))
	d.Platform = &c.Platform
	if img.Tag != "" {
		d.Annotations = map[string]string{oci.AnnotationRefName: img.Tag}
	}
	return d
}

// Index makes the layout's index list the descriptors.
func (f Files) Index(list ...oci.Descriptor) {
	f["oci-layout"] = []byte(`{"imageLayoutVersion":"1.0.0"}`)
	f["index.json"] = marshal(oci.Index{SchemaVersion: 2, MediaType: oci.MediaTypeIndex, Manifests: list})
}

// Layout returns the OCI layout of the images.
func Layout(images ...Image) Files {
	f := Files{}
	var list []oci.Descriptor
	for _, img := range images {
		list = append(list, f.Manifest(img))
	}
	f.Index(list...)
	return f
}

// A saved image is an entry of docker save's manifest.json.
type saved struct {
	Config   string
	RepoTags []string
	Layers   []string
}

// Classic returns what docker save wrote before Docker 25.
func Classic(images ...Image) Files {
	f := Files{}
	var list []saved
	for _, img := range images {
		config := img.config()
		s := saved{Config: digest.FromBytes(config).Hex() + ".json", RepoTags: tags(img)}
		f[s.Config] = config
		for _, l := range img.Layers {
			name := digest.FromBytes(append([]byte(img.Tag), l.Tar...)).Hex() + "/layer.tar"
			f[name] = l.stored()
			s.Layers = append(s.Layers, name)
		}
		list = append(list, s)
	}
	f["manifest.json"] = marshal(list)
	return f
}

// Saved returns what docker save writes since Docker 25: a layout with a
// manifest.json beside.
func Saved(images ...Image) Files {
	f := Layout(images...)
	var list []saved
	for _, img := range images {
		s := saved{Config: BlobPath(digest.FromBytes(img.config())), RepoTags: tags(img)}
		for _, l := range img.Layers {
			s.Layers = append(s.Layers, BlobPath(digest.FromBytes(l.stored())))
		}
		list = append(list, s)
	}
	f["manifest.json"] = marshal(list)
	return f
}

func tags(img Image) []string {
	if img.Tag == "" {
		return nil
	}
	return []string{img.Tag}
}

// Archive returns the files as a tar archive, with more entries after them. A
// file whose content starts with "-> " becomes a symbolic link.
func (f Files) Archive(more ...Entry) []byte {
	var entries []Entry
	for _, name := range slices.Sorted(maps.Keys(f)) {
		if target, ok := strings.CutPrefix(string(f[name][:min(len(f[name]), 200)]), "-> "); ok {
			entries = append(entries, Symlink(name, target))
			continue
		}
		entries = append(entries, File(name, string(f[name])))
	}
	return Tar(append(entries, more...)...)
}

// ArchiveFile writes the files as an archive and returns its path.
func (f Files) ArchiveFile(t testing.TB, more ...Entry) string {
	t.Helper()
	return WriteFile(t, "image.tar", f.Archive(more...))
}

// WriteFile writes a file to a new directory and returns its path.
func WriteFile(t testing.TB, name string, content []byte) string {
	t.Helper()
	p := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(p, content, 0o644); err != nil {
		t.Fatal(err)
	}
	return p
}

// Dir writes the files to a new directory and returns its path.
func (f Files) Dir(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range f {
		p := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// Nested adds an index of the descriptors and returns its descriptor.
func (f Files) Nested(tag string, list ...oci.Descriptor) oci.Descriptor {
	d := f.Blob(oci.MediaTypeIndex, marshal(oci.Index{SchemaVersion: 2, MediaType: oci.MediaTypeIndex, Manifests: list}))
	if tag != "" {
		d.Annotations = map[string]string{oci.AnnotationRefName: tag}
	}
	return d
}

// Attest adds an attestation of BuildKit's about the image d, with SLSA
// provenance, and returns its descriptor.
func (f Files) Attest(d oci.Descriptor, statement string) oci.Descriptor {
	blob := f.Blob("application/vnd.in-toto+json", []byte(statement))
	blob.Annotations = map[string]string{"in-toto.io/predicate-type": "https://slsa.dev/provenance/v1"}
	config := f.Blob(oci.MediaTypeConfig, []byte(`{"architecture":"unknown","os":"unknown","config":{},"rootfs":{"type":"layers","diff_ids":[]}}`))
	a := f.Blob(oci.MediaTypeManifest, marshal(oci.Manifest{SchemaVersion: 2, MediaType: oci.MediaTypeManifest, Config: config, Layers: []oci.Descriptor{blob}}))
	a.Annotations = map[string]string{oci.AnnotationReferenceType: "attestation-manifest", oci.AnnotationReferenceDigest: d.Digest.String()}
	a.Platform = &oci.Platform{OS: "unknown", Architecture: "unknown"}
	return a
}
