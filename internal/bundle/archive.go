package bundle

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"devops-go/internal/image"
	"devops-go/internal/oci"
)

// layoutVersion is the content of a layout's file oci-layout.
const layoutVersion = `{"imageLayoutVersion":"1.0.0"}`

// A file is a member of an archive.
type file struct {
	name string
	Content
}

// WriteArchive writes the bundle as a tar archive that is an archive of docker
// save and an OCI archive at once. The same bundle gives the same bytes.
func (b *Bundle) WriteArchive(ctx context.Context, w io.Writer) error {
	return WriteArchive(ctx, w, []*Bundle{b})
}

// WriteArchive writes several bundles as one archive, see [Bundle.WriteArchive].
func WriteArchive(ctx context.Context, w io.Writer, bundles []*Bundle) error {
	all := new(Bundle) // their contents, each once
	var list oci.Index
	saved := []image.SavedImage{}
	for _, b := range bundles {
		for _, c := range b.contents {
			all.Add(c)
		}
		list = b.mergeIndex(&list)
		img, err := b.savedImage(ctx)
		if err != nil {
			return err
		}
		saved = append(saved, img...)
	}
	index, err := marshal(list)
	if err != nil {
		return err
	}
	manifest, err := marshal(saved)
	if err != nil {
		return err
	}
	files := []file{
		{oci.IndexFile, FromBytes("", index)},
		{oci.LayoutFile, FromBytes("", []byte(layoutVersion))},
		{image.DockerManifest, FromBytes("", manifest)},
	}
	for _, c := range all.contents {
		files = append(files, file{oci.BlobPath(c.Descriptor), c})
	}
	slices.SortFunc(files, func(a, b file) int { return strings.Compare(a.name, b.name) })
	tw := tar.NewWriter(w)
	for _, f := range files {
		if err := f.write(ctx, tw); err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
	}
	return tw.Close()
}

// write adds the file to the archive.
func (f file) write(ctx context.Context, w *tar.Writer) error {
	hdr := &tar.Header{Typeflag: tar.TypeReg, Name: f.name, Mode: 0o644, Size: f.Size, ModTime: time.Unix(0, 0)}
	if err := w.WriteHeader(hdr); err != nil {
		return err
	}
	return f.copyTo(ctx, w)
}

// copyTo writes the content, verified.
func (c Content) copyTo(ctx context.Context, w io.Writer) error {
	r, err := c.Open(ctx)
	if err != nil {
		return err
	}
	defer r.Close()
	_, err = io.Copy(w, c.Digest.Verify(image.WithContext(ctx, r), c.Size))
	return err
}

// index is the layout's index: the root by its name, and what refers to it.
func (b *Bundle) index() oci.Index {
	root := b.Root
	root.Annotations = nil
	if b.Tag != "" {
		root.Annotations = map[string]string{oci.AnnotationRefName: b.Tag}
	}
	if !b.Name.IsZero() {
		root.Annotations = map[string]string{oci.AnnotationContainerdName: b.Name.String()}
		if tag := b.Name.Tag(); tag != "" {
			root.Annotations[oci.AnnotationRefName] = tag
		}
	}
	return oci.Index{
		SchemaVersion: 2,
		MediaType:     oci.MediaTypeIndex,
		Manifests:     append([]oci.Descriptor{root}, b.Referrers...),
	}
}

// savedImage is the entry of the list that docker load reads. It has no room for
// platforms, so it names one: linux/amd64 if there is one, else the first. There
// is none for an index without images.
func (b *Bundle) savedImage(ctx context.Context) ([]image.SavedImage, error) {
	manifests, err := b.Manifests(ctx)
	if err != nil || len(manifests) == 0 {
		return nil, err
	}
	chosen := manifests[0]
	for _, d := range manifests {
		if d.Platform != nil && d.Platform.String() == "linux/amd64" {
			chosen = d
		}
	}
	var m oci.Manifest
	if err := b.readJSON(ctx, chosen, &m); err != nil {
		return nil, fmt.Errorf("manifest %s: %w", chosen.Digest, err)
	}
	saved := image.SavedImage{Config: oci.BlobPath(m.Config)}
	if b.Name.Tag() != "" {
		saved.RepoTags = []string{b.Name.Familiar()}
	}
	for _, l := range m.Layers {
		saved.Layers = append(saved.Layers, oci.BlobPath(l))
	}
	return []image.SavedImage{saved}, nil
}

// marshal is json.Marshal without escapes for HTML.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimSpace(b.Bytes()), err
}
