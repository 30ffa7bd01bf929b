// Package provenance reads what BuildKit attests about the making of an image:
// in-toto statements with SLSA provenance of version 0.2 or 1, as far as it goes
// (mode=min or max). The statements are only as trustworthy as the
// builder. Package image finds them in images.
package provenance

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"devops-go/internal/oci"
)

// MediaType is what the statements are stored as.
const MediaType = "application/vnd.in-toto+json"

const (
	annotationPredicate = "in-toto.io/predicate-type"
	predicate02         = "https://slsa.dev/provenance/v0.2"
	predicate1          = "https://slsa.dev/provenance/v1"
)

// Is reports whether d says that it is provenance.
func Is(d oci.Descriptor) bool {
	kind := d.Annotations[annotationPredicate]
	return d.MediaType == MediaType && (kind == predicate02 || kind == predicate1)
}

// A Statement is what is attested about the making of an image. Everything may
// be missing.
type Statement struct {
	// Builder is the URL of the build, or what the builder calls itself.
	Builder string
	Source  Source
	// Materials are what came from elsewhere, with digests.
	Materials []Material
	// Arguments are the build arguments that were given, by name.
	Arguments []Argument
	// Files are the sources that the build followed, a Dockerfile mostly.
	Files []File

	frontend string // the image that read the Dockerfile
	steps    []step
}

// A Source is where the build's context came from.
type Source struct {
	URI      string
	Revision string // a commit, or ALGORITHM:HEX
	Path     string // of the Dockerfile
	// Claimed tells that the client said so, and the builder didn't check.
	Claimed bool
}

// String returns URI@REVISION; empty where the source isn't known.
func (s Source) String() string {
	if s.Revision == "" || strings.Contains(s.URI, s.Revision) {
		return s.URI
	}
	return s.URI + "@" + s.Revision
}

// A Material is an image, a download or a repository that the build used.
type Material struct {
	URI    string
	Digest string // ALGORITHM:HEX
	// Image is its reference, without digest; empty for what isn't an image.
	Image string
}

// String returns the image with its digest, or the URI.
func (m Material) String() string {
	switch {
	case m.Image == "":
		return m.URI
	case m.Digest == "":
		return m.Image
	}
	return m.Image + "@" + m.Digest
}

// An Argument is a build argument.
type Argument struct{ Name, Value string }

// A File is a source that the build followed.
type File struct {
	Name    string
	Content string
}

// Parse parses an in-toto statement.
func Parse(raw []byte) (*Statement, error) {
	var envelope struct {
		PredicateType string
		Predicate     json.RawMessage
	}
	if err := oci.Unmarshal(raw, &envelope); err != nil {
		return nil, fmt.Errorf("provenance: %w", err)
	}
	var p predicate
	var err error
	switch envelope.PredicateType {
	case predicate02:
		err = p.unmarshal02(envelope.Predicate)
	case predicate1:
		err = p.unmarshal1(envelope.Predicate)
	default:
		return nil, fmt.Errorf("provenance: predicate %q, known are %s and %s", envelope.PredicateType, predicate02, predicate1)
	}
	if err != nil {
		return nil, fmt.Errorf("provenance: %w", err)
	}
	return p.statement(), nil
}

func (p *predicate) statement() *Statement {
	s := &Statement{Builder: p.builder, Source: Source{URI: p.source.URI, Path: p.source.Path, Revision: strings.TrimPrefix(one(p.source.Digest), "sha1:")}}
	if vcs := p.metadata.VCS; s.Source.URI == "" && vcs["source"] != "" {
		s.Source.URI, s.Source.Revision, s.Source.Claimed = vcs["source"], vcs["revision"], true
	}
	for _, m := range p.materials {
		s.Materials = append(s.Materials, Material{URI: m.URI, Digest: one(m.Digest), Image: imageName(m.URI)})
	}
	if p.request.Frontend == "gateway.v0" {
		s.frontend = p.request.Args["source"]
	}
	for _, key := range slices.Sorted(maps.Keys(p.request.Args)) {
		if name, ok := strings.CutPrefix(key, "build-arg:"); ok {
			s.Arguments = append(s.Arguments, Argument{name, p.request.Args[key]})
		}
	}
	for _, info := range p.metadata.Source.Infos {
		s.Files = append(s.Files, File{info.Filename, string(info.Data)})
	}
	s.steps = p.steps()
	return s
}

// one returns a digest of the set as ALGORITHM:HEX, sha256 where there is one.
func one(set map[string]string) string {
	for _, algorithm := range append([]string{"sha256"}, slices.Sorted(maps.Keys(set))...) {
		if value := set[algorithm]; value != "" {
			return algorithm + ":" + value
		}
	}
	return ""
}

// imageName is the reference in the package URL of an image, as in
// pkg:docker/alpine@3.20?platform=linux%2Famd64.
func imageName(uri string) string {
	rest, ok := strings.CutPrefix(uri, "pkg:docker/")
	if !ok {
		if rest, ok = strings.CutPrefix(uri, "pkg:oci/"); !ok {
			return ""
		}
	}
	rest, qualifiers, _ := strings.Cut(rest, "?")
	if strings.Contains(qualifiers, "ref_type=") {
		return "" // a blob in a repository, of another kind
	}
	name, version, _ := strings.Cut(rest, "@")
	name, err := url.PathUnescape(name)
	version, err2 := url.PathUnescape(version)
	if err != nil || err2 != nil {
		return ""
	}
	if version == "" || strings.Contains(version, ":") { // a digest
		return name
	}
	return name + ":" + version
}

// Images returns the images that the build used, but for the one that read the
// Dockerfile.
func (s *Statement) Images() []Material {
	var images []Material
	for _, m := range s.Materials {
		repository, _, _ := strings.Cut(m.Image, ":")
		if m.Image != "" && repository != "docker/dockerfile" && repository != "docker/dockerfile-upstream" && m.Image != s.frontend {
			images = append(images, m)
		}
	}
	return images
}

// Fetched returns the digest of what was fetched from the URL; empty where none
// is recorded.
func (s *Statement) Fetched(address string) string {
	for _, m := range s.Materials {
		if m.Image == "" && m.Digest != "" && sameAddress(m.URI, address) {
			return m.Digest
		}
	}
	return ""
}

// sameAddress compares URLs. Of a repository, the record may name another branch
// than was asked for, with the commit that it was at.
func sameAddress(recorded, asked string) bool {
	repository := func(s string) string {
		s, _, _ = strings.Cut(strings.TrimPrefix(s, "git+"), "#")
		s, _, _ = strings.Cut(s, "?")
		return s
	}
	return recorded == asked || strings.HasSuffix(repository(asked), ".git") && repository(recorded) == repository(asked)
}

// Redact puts every string that may hold a secret through mask.
func (s *Statement) Redact(mask func(string) string) {
	s.Builder, s.Source.URI = mask(s.Builder), mask(s.Source.URI)
	for i := range s.Materials {
		s.Materials[i].URI = mask(s.Materials[i].URI)
	}
	for i := range s.Arguments {
		s.Arguments[i].Value = mask(s.Arguments[i].Value)
	}
	for i := range s.Files {
		s.Files[i].Content = mask(s.Files[i].Content)
	}
	for _, step := range s.steps {
		if step.place != nil {
			step.place.Text = mask(step.place.Text)
		}
	}
}
