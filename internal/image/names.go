package image

import (
	"context"
	"errors"
	"fmt"
	"os"

	"devops-go/internal/digest"
	"devops-go/internal/oci"
)

// References lists the images in an archive or a layout, as references that
// name one each: by its name where it has one, and once for each of its names.
func References(ctx context.Context, reference string, opts Options) ([]string, error) {
	ref, err := ParseReference(reference)
	if err != nil {
		return nil, err
	}
	info, err := os.Stat(ref.Path)
	switch {
	case ref.Transport == Daemon || ref.Transport == Registry || ref.Transport == Dir:
		return nil, fmt.Errorf("%s: names one image", ref)
	case ref.Path == "-":
		return nil, errors.New("standard input can be read once, for one image: want a file or a directory")
	case ref.Transport != Any && ref.Name != "":
		return nil, fmt.Errorf("%s: names one image already", ref)
	case err != nil:
		return nil, fmt.Errorf("%s: %w", ref, pathError(err))
	}
	list, err := references(ctx, ref, info.IsDir(), opts)
	if err == nil && len(list) == 0 {
		err = errors.New("holds no image")
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", ref, err)
	}
	return list, nil
}

func references(ctx context.Context, ref Reference, dir bool, opts Options) ([]string, error) {
	if dir {
		index, err := ReadLayoutIndex(ref.Path)
		if err != nil {
			return nil, err
		}
		return layoutReferences(OCI, ref.Path, index)
	}
	f, err := os.Open(ref.Path)
	if err != nil {
		return nil, pathError(err)
	}
	plain, size, err := seekable(ctx, f, opts)
	if err != nil {
		return nil, err
	}
	defer plain.Close()
	a, err := indexArchive(plain, size)
	if err != nil {
		return nil, err
	}
	if a.has(oci.IndexFile) && ref.Transport != DockerArchive {
		index, err := a.read(oci.IndexFile)
		if err != nil {
			return nil, err
		}
		list, err := layoutReferences(OCIArchive, ref.Path, index)
		if err != nil || len(list) > 0 || !a.has(DockerManifest) {
			return list, err
		}
	}
	if !a.has(DockerManifest) {
		return nil, a.noImage()
	}
	saved, err := a.savedImages()
	if err != nil {
		return nil, err
	}
	var list []string
	for i, s := range saved {
		names := s.RepoTags
		if len(names) == 0 {
			names = []string{nameSaved(i, s)}
		}
		for _, name := range names {
			list = append(list, Reference{Transport: DockerArchive, Path: ref.Path, Name: name}.String())
		}
	}
	return list, nil
}

// layoutReferences lists the images of an index: what has a name by it, and
// where nothing has one, the platforms of one image as one.
func layoutReferences(transport Transport, path string, raw []byte) ([]string, error) {
	var index oci.Index
	if err := oci.Unmarshal(raw, &index); err != nil {
		return nil, fmt.Errorf("%s: %w", oci.IndexFile, err)
	}
	var list, nameless []string
	platforms := 0 // that are one image, if nothing else is there
	seen := map[digest.Digest]bool{}
	for _, d := range index.Manifests {
		if d.IsAttestation() {
			continue
		}
		if tags := entryTags(d); len(tags) > 0 {
			list = appendNew(list, Reference{Transport: transport, Path: path, Name: tags[0]}.String())
		} else if !seen[d.Digest] {
			if d.Platform != nil {
				platforms++
			}
			nameless = append(nameless, Reference{Transport: transport, Path: path, Name: "@" + d.Digest.Short()}.String())
		}
		seen[d.Digest] = true
	}
	if len(list) == 0 && platforms > 0 && platforms == len(nameless) {
		return []string{Reference{Transport: transport, Path: path}.String()}, nil
	}
	return append(list, nameless...), nil
}
