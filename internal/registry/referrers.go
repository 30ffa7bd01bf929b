package registry

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"devops-go/internal/digest"
	"devops-go/internal/oci"
)

// maxReferrers is how many manifests may refer to one.
const maxReferrers = 10_000

// index is an image index as far as referrers need it.
type index struct {
	SchemaVersion int              `json:"schemaVersion"`
	MediaType     string           `json:"mediaType"`
	Manifests     []oci.Descriptor `json:"manifests"`
}

// subjectOf is what a manifest says about itself and its subject.
type subjectOf struct {
	ArtifactType string `json:"artifactType"`
	Config       struct {
		MediaType string `json:"mediaType"`
	} `json:"config"`
	Subject     *oci.Descriptor   `json:"subject"`
	Annotations map[string]string `json:"annotations"`
}

// descriptor describes the manifest in a list of referrers (distribution-spec,
// "Listing Referrers").
func (s subjectOf) descriptor(mediaType string, d digest.Digest, size int) oci.Descriptor {
	artifact := s.ArtifactType
	if artifact == "" {
		artifact = s.Config.MediaType
	}
	return oci.Descriptor{
		MediaType:    mediaType,
		ArtifactType: artifact,
		Digest:       d,
		Size:         int64(size),
		Annotations:  s.Annotations,
	}
}

// Referrers lists the manifests in ref's repository whose subject is d: those
// of artifactType, or all when it is empty. It asks the registry's referrers
// API, and where there is none reads the fallback tag.
func (c *Client) Referrers(ctx context.Context, ref Reference, d digest.Digest, artifactType string) ([]oci.Descriptor, error) {
	all, err := c.referrers(ctx, ref, d, artifactType)
	if lacksReferrers(err) {
		all, err = c.fallback(ctx, ref, d)
	}
	if err != nil {
		return nil, fmt.Errorf("referrers of %s: %w", ref.WithDigest(d), err)
	}
	// A registry need not filter, and the tag can't.
	return slices.DeleteFunc(all, func(d oci.Descriptor) bool {
		return artifactType != "" && d.ArtifactType != artifactType
	}), nil
}

// lacksReferrers reports whether err is how a registry answers that has no
// referrers API: 404 by the specification, and what else is heard of unknown
// paths. Where nothing may be read, the fallback tag is refused, too.
func lacksReferrers(err error) bool {
	e, ok := errors.AsType[*Error](err)
	if !ok {
		return false
	}
	switch e.Status {
	case http.StatusNotFound, http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusMethodNotAllowed, http.StatusNotAcceptable, http.StatusNotImplemented:
		return true
	}
	return false
}

func (c *Client) referrers(ctx context.Context, ref Reference, d digest.Digest, artifactType string) ([]oci.Descriptor, error) {
	path := "/v2/" + ref.name + "/referrers/" + d.String()
	if artifactType != "" {
		path += "?artifactType=" + url.QueryEscape(artifactType)
	}
	var all []oci.Descriptor
	err := c.pages(ctx, ref, path, []string{oci.MediaTypeIndex}, func(body []byte) error {
		var page index
		if oci.Unmarshal(body, &page) != nil {
			return fmt.Errorf("registry %s: the list is not an image index", ref.host)
		}
		if all = append(all, page.Manifests...); len(all) > maxReferrers {
			return refused("registry %s: more than %d manifests refer to %s", ref.host, maxReferrers, d.Short())
		}
		return nil
	})
	return all, err
}

// fallbackTag returns the reference to the tag that lists the referrers of d.
func fallbackTag(ref Reference, d digest.Digest) Reference {
	ref.tag, ref.digest = d.Algorithm()+"-"+d.Hex(), digest.Digest{}
	if len(ref.tag) > maxTagLen {
		ref.tag = ref.tag[:maxTagLen]
	}
	return ref
}

// fallback reads the fallback tag; none is an empty list. It asks the registry
// itself: a mirror may be behind.
func (c *Client) fallback(ctx context.Context, ref Reference, d digest.Digest) ([]oci.Descriptor, error) {
	ref = fallbackTag(ref, d)
	var list index
	err := c.pullFrom(ctx, c.host(ref.host), http.MethodGet, ref, []string{oci.MediaTypeIndex}, func(_ *http.Response, body []byte) error {
		if oci.Unmarshal(body, &list) != nil {
			return fmt.Errorf("registry %s: tag %s is not an image index", ref.host, ref.tag)
		}
		return nil
	})
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	return list.Manifests, err
}

// addReferrer adds what refers to subject to the subject's fallback tag. Two
// clients that do so at the same moment may lose one entry: the specification
// has no remedy.
func (c *Client) addReferrer(ctx context.Context, ref Reference, subject digest.Digest, d oci.Descriptor) error {
	all, err := c.fallback(ctx, ref, subject)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(all, func(have oci.Descriptor) bool { return have.Digest == d.Digest }) {
		return nil
	}
	content, err := json.Marshal(index{2, oci.MediaTypeIndex, append(all, d)})
	if err != nil {
		return err
	}
	_, err = c.putManifest(ctx, fallbackTag(ref, subject), oci.MediaTypeIndex, content, digest.FromBytes(content))
	return err
}
