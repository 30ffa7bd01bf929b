package verify

import (
	"context"
	"errors"
	"fmt"

	"devops-go/internal/digest"
	"devops-go/internal/image"
	"devops-go/internal/oci"
)

// maxReferrers bounds the manifests that refer to an image, and to each other,
// maxReferrerDepth how far they are from it: a signature of an SBOM of an image is
// two deep.
const (
	maxReferrers     = 10_000
	maxReferrerDepth = 8
)

// All verifies what the reference of img names as a whole: the images of all
// platforms, what lies beside them in their index, and what refers to any of it.
func All(ctx context.Context, img *image.Image, opts Options) (*Result, error) {
	a := all{verifier: newVerifier(img, opts), img: img, seen: map[digest.Digest]bool{}}
	platforms, attached, loose := img.Platforms(), img.Attached(), img.Loose()
	a.several = len(platforms)+len(attached)+len(loose) > 1
	for _, d := range platforms {
		if err := a.manifest(ctx, d, RoleImage); err != nil {
			return nil, err
		}
	}
	for _, d := range attached {
		if a.seen[d.Digest] {
			continue
		}
		if err := a.manifest(ctx, d, RoleAttestation); err != nil {
			return nil, err
		}
	}
	if !a.seen[img.Root.Digest] {
		a.see(img.Root.Digest)
	}
	var err error
	if img.Source == image.Registry {
		err = a.askReferrers(ctx)
	} else {
		err = a.findReferrers(ctx, loose)
	}
	if err != nil {
		return nil, err
	}
	return a.done(), nil
}

type all struct {
	*verifier
	img  *image.Image
	seen map[digest.Digest]bool // manifests and indexes
	list []digest.Digest        // the same, in their order
}

func (a *all) see(d digest.Digest) {
	a.seen[d] = true
	a.list = append(a.list, d)
}

// manifest verifies what d points at. What can't be parsed is false, and what
// isn't there is named as absent.
func (a *all) manifest(ctx context.Context, d oci.Descriptor, role string) error {
	a.see(d.Digest)
	s := Subject{Role: role, Digest: d.Digest}
	if d.Platform != nil && !d.IsAttestation() {
		s.Platform = d.Platform.String()
	}
	other, err := a.img.Beside(ctx, d)
	if errors.Is(err, image.ErrAbsent) {
		a.result.Absent = append(a.result.Absent, s.name())
		return nil
	}
	if damaged, ok := errors.AsType[*image.DamagedError](err); ok {
		a.read(s)
		a.hold(damaged.Document, false, "%v", damaged)
		return nil
	}
	if err == nil {
		err = a.subject(ctx, other, role)
	}
	if err != nil && a.several {
		return fmt.Errorf("%s: %w", s.name(), err)
	}
	return err
}

// findReferrers verifies those of the manifests that are about what was
// verified, until no more are.
func (a *all) findReferrers(ctx context.Context, loose []oci.Descriptor) error {
	subjects := map[digest.Digest]digest.Digest{}
	for _, d := range loose {
		if subject, ok := a.subjectOf(ctx, d); ok {
			subjects[d.Digest] = subject
		}
	}
	for more := true; more; {
		more = false
		for _, d := range loose {
			if subject, ok := subjects[d.Digest]; !ok || a.seen[d.Digest] || !a.seen[subject] {
				continue
			}
			if err := a.manifest(ctx, d, RoleReferrer); err != nil {
				return err
			}
			more = true
		}
	}
	return nil
}

// subjectOf reads from a manifest what it is about. One that can't be read
// doesn't say; a damaged one says what it says.
func (a *all) subjectOf(ctx context.Context, d oci.Descriptor) (digest.Digest, bool) {
	if about, err := digest.Parse(d.Annotations[oci.AnnotationReferenceDigest]); err == nil {
		return about, true
	}
	raw, _, err := a.img.LoadJSON(ctx, d)
	var m oci.Manifest
	if err != nil || oci.Unmarshal(raw, &m) != nil || m.Subject == nil {
		return digest.Digest{}, false
	}
	return m.Subject.Digest, true
}

// askReferrers verifies what a registry lists as being about what was verified,
// and about that.
func (a *all) askReferrers(ctx context.Context) error {
	referrers := 0
	for depth, i := 1, 0; i < len(a.list); depth++ {
		subjects := a.list[i:]
		i = len(a.list)
		for _, subject := range subjects {
			found, err := a.img.Referrers(ctx, subject)
			if err != nil {
				return fmt.Errorf("referrers of %s: %w", subject, err)
			}
			for _, d := range found {
				if a.seen[d.Digest] {
					continue
				}
				if referrers++; referrers > maxReferrers {
					return fmt.Errorf("more than %d manifests refer to the image", maxReferrers)
				}
				if depth > maxReferrerDepth {
					return fmt.Errorf("referrers of referrers are more than %d deep", maxReferrerDepth)
				}
				if err := a.manifest(ctx, d, RoleReferrer); err != nil {
					return err
				}
			}
		}
	}
	return nil
}
