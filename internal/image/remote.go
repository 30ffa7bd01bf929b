package image

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"devops-go/internal/digest"
	"devops-go/internal/engine"
	"devops-go/internal/oci"
	"devops-go/internal/registry"
)

// registryStore is the store of a repository. Blobs are fetched when they are
// opened.
type registryStore struct {
	client *registry.Client
	ref    registry.Reference
}

func (s registryStore) open(ctx context.Context, d oci.Descriptor) (io.ReadCloser, error) {
	if d.IsIndex() || d.MediaType == oci.MediaTypeManifest || d.MediaType == oci.MediaTypeDockerManifest {
		m, err := s.client.Manifest(ctx, s.ref.WithDigest(d.Digest))
		if err != nil {
			return nil, notHeld(err)
		}
		return io.NopCloser(bytes.NewReader(m.Bytes)), nil
	}
	r, err := s.client.Blob(ctx, s.ref, d.Digest, d.Size)
	return r, notHeld(err)
}

// notHeld makes a registry's "not found" what a store says.
func notHeld(err error) error {
	if errors.Is(err, registry.ErrNotFound) {
		return notHeldError{err}
	}
	return err
}

// A notHeldError is a registry's "not found", which is [fs.ErrNotExist].
type notHeldError struct{ error }

func (notHeldError) Is(target error) bool { return target == fs.ErrNotExist }

func (e notHeldError) Unwrap() error { return e.error }

// openRegistry opens an image in a registry. It fetches the manifest and the
// configuration; a layer only when it is opened.
func openRegistry(ctx context.Context, name string, opts Options) (*Image, error) {
	if opts.Registry == nil {
		return nil, errors.New("registries can't be asked here")
	}
	ref, err := registry.ParseReference(name)
	if err != nil {
		return nil, err
	}
	top, err := opts.Registry.Manifest(ctx, ref)
	if err != nil {
		return nil, err
	}
	s := registryStore{opts.Registry, ref}
	var img *Image
	if d := describe(top); d.IsIndex() {
		img, err = openIndex(ctx, s, top.Bytes, opts.Platform)
	} else {
		img, err = openManifest(ctx, s, d, top.Bytes)
	}
	if err != nil {
		return nil, err
	}
	if want := opts.Platform; img.NotImage == nil && !want.IsZero() && !img.Platform().Serves(want) {
		return nil, noPlatform(want, []string{img.Platform().String()}, nil)
	}
	img.Source, img.Tags, img.Root = Registry, []string{ref.String()}, describe(top)
	for i := range img.others {
		img.others[i].root = img.Root // all of what the reference names
	}
	return img, nil
}

// Referrers lists the manifests in the image's repository that are about the
// manifest subject; none for an image that isn't in a registry.
func (img *Image) Referrers(ctx context.Context, subject digest.Digest) ([]oci.Descriptor, error) {
	s, ok := img.store.(registryStore)
	if !ok {
		return nil, nil
	}
	return s.client.Referrers(ctx, s.ref, subject, "")
}

// describe tells an index from a manifest by the content, as the header may
// lie.
func describe(m registry.Manifest) oci.Descriptor {
	d := oci.Descriptor{MediaType: m.MediaType, Digest: m.Digest, Size: int64(len(m.Bytes))}
	var content struct {
		MediaType string
		Manifests []json.RawMessage
	}
	if oci.Unmarshal(m.Bytes, &content) != nil {
		return d
	}
	d.MediaType = cmp.Or(content.MediaType, d.MediaType)
	if content.Manifests != nil {
		d.MediaType = oci.MediaTypeIndex
	}
	return d
}

func openIndex(ctx context.Context, s store, raw []byte, want oci.Platform) (*Image, error) {
	var index oci.Index
	if err := oci.Unmarshal(raw, &index); err != nil {
		return nil, fmt.Errorf("index: %w", err)
	}
	found := search{store: s, indexes: [][]byte{raw}}
	if err := found.descend(ctx, &index, nil, 0); err != nil {
		return nil, fmt.Errorf("index: %w", err)
	}
	list := found.candidates
	if len(list) == 0 {
		list = found.others
	}
	return found.image(ctx, list, want)
}

// openNamed opens what isn't a file by asking the Docker Engine, then the
// registry.
func openNamed(ctx context.Context, name string, opts Options) (*Image, error) {
	if looksLikePath(name) || opts.Engine == nil && opts.Registry == nil {
		return nil, errNoFile
	}
	if _, err := registry.ParseReference(name); err != nil {
		return nil, fmt.Errorf("%w, and not an image name: %w", errNoFile, err)
	}
	asked := errors.New("no Docker Engine to ask")
	if opts.Engine != nil {
		img, err := openDaemon(ctx, name, opts)
		if err == nil || !errors.Is(err, engine.ErrNotFound) && !errors.Is(err, engine.ErrUnavailable) {
			return img, err
		}
		asked = err
	}
	if opts.Registry == nil {
		return nil, fmt.Errorf("%w; %w", errNoFile, asked)
	}
	img, err := openRegistry(ctx, name, opts)
	if err != nil {
		return nil, fmt.Errorf("%w; %w; %w", errNoFile, asked, err)
	}
	return img, nil
}

var errNoFile = errors.New("no such file or directory")

func looksLikePath(name string) bool {
	return strings.HasPrefix(name, "/") || strings.HasPrefix(name, ".") || strings.HasSuffix(name, ".tar") ||
		strings.HasSuffix(name, ".tar.gz") || strings.HasSuffix(name, ".tgz")
}
