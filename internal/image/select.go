package image

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"runtime"
	"slices"

	"devops-go/internal/oci"
)

// selectPlatform picks the manifest to open and reads it: the one that serves
// want; without want the one for this machine, or else the only one. Manifests
// that the store doesn't hold are passed over, as a layout may hold the blobs
// of some platforms only.
func (s *search) selectPlatform(ctx context.Context, list []candidate, want oci.Platform) (candidate, error) {
	target := want
	if want.IsZero() {
		target = hostPlatform()
	}
	var present []candidate
	var absent []string
	for _, fits := range []bool{true, false} {
		for _, c := range list {
			if c.mayServe(target) != fits {
				continue
			}
			held, err := c.load(ctx, s)
			switch {
			case err != nil:
				return candidate{}, fmt.Errorf("manifest %s: %w", c.Digest, err)
			case !held:
				absent = append(absent, c.platform.String())
				continue
			case c.platform.Serves(target):
				return c, nil
			}
			present = append(present, c)
		}
	}
	if len(present) > 0 && (want.IsZero() && len(present) == 1 || !slices.ContainsFunc(present, candidate.isImage)) {
		return present[0], nil
	}
	var names []string
	for _, c := range present {
		names = append(names, c.platform.String())
	}
	return candidate{}, noPlatform(want, names, absent)
}

// isImage reports whether the manifest, once it is loaded, is an image's.
func (c candidate) isImage() bool {
	var m oci.Manifest
	return oci.Unmarshal(c.raw, &m) != nil || notImage(&m) == nil
}

// mayServe reports whether c can be of the wanted platform, before it is read.
func (c *candidate) mayServe(want oci.Platform) bool {
	return c.Platform == nil || c.Platform.Serves(want)
}

// load reads the manifest and learns its platform; held is false where the
// store hasn't got it. Where the index doesn't state the platform, the
// configuration does; what can't be read there is reported when the image is
// opened.
func (c *candidate) load(ctx context.Context, s *search) (held bool, err error) {
	if c.Platform != nil {
		c.platform = *c.Platform
	}
	c.raw, c.fault, err = s.load(ctx, c.Descriptor)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil || c.Platform != nil {
		return true, err
	}
	var m oci.Manifest
	var config Config
	if oci.Unmarshal(c.raw, &m) != nil || m.Config.Digest.IsZero() {
		return true, nil
	}
	if raw, _, err := s.load(ctx, m.Config); err == nil && oci.Unmarshal(raw, &config) == nil {
		c.platform = config.Platform
	}
	return true, nil
}

// noPlatform is the error of an index without the platform that was wanted.
func noPlatform(want oci.Platform, present, absent []string) error {
	switch {
	case len(present) == 0 && len(absent) == 0:
		return errors.New("holds no image")
	case len(present) == 0:
		return fmt.Errorf("lists %s, but holds the content of none", list(absent))
	case want.IsZero():
		return &ForeignError{present}
	}
	for _, name := range absent {
		if p, err := oci.ParsePlatform(name); err == nil && p.Serves(want) {
			return &PlatformError{Want: want, Platforms: present, Listed: true}
		}
	}
	return &PlatformError{Want: want, Platforms: present}
}

// A PlatformError says that an image hasn't got the platform that was asked for.
type PlatformError struct {
	Want      oci.Platform
	Platforms []string // that are there
	Listed    bool     // the index lists it, but its content isn't there
}

func (e *PlatformError) Error() string {
	if e.Listed {
		return fmt.Sprintf("lists platform %s, but doesn't hold its content", e.Want)
	}
	return fmt.Sprintf("holds no platform %s, only %s", e.Want, list(e.Platforms))
}

// A ForeignError says that an image has several platforms, of which none is this
// machine's and none was asked for.
type ForeignError struct{ Platforms []string }

func (e *ForeignError) Error() string {
	return fmt.Sprintf("holds %s, none of them for this machine (%s)", list(e.Platforms), hostPlatform())
}

// hostPlatform is the platform to prefer where none is asked for: containers
// on this machine's processor are Linux ones, whatever the machine runs.
func hostPlatform() oci.Platform {
	return oci.Platform{OS: "linux", Architecture: runtime.GOARCH}
}
