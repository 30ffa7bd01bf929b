// Package verify checks that an image matches what it states: every blob against its
// descriptor, every layer against its diff ID, the history against the layers,
// the configuration against the manifest, a layout against its own rules. For an
// artifact that is not an image, it checks the manifest and the blobs.
package verify

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"devops-go/internal/digest"
	"devops-go/internal/image"
	"devops-go/internal/layers"
	"devops-go/internal/oci"
)

// The kinds of checks, in the order in which they are reported.
const (
	Layout    = "layout"
	Manifest  = "manifest"
	Config    = "config"
	Blob      = "blob"
	MediaType = "media type"
	Data      = "data"
	DiffID    = "diff ID"
	History   = "history"
	Layers    = "layers"
	Platform  = "platform"
)

var kinds = [...]string{Layout, Manifest, Config, Blob, MediaType, Data, DiffID, Layers, History, Platform}

// A Check is one kind of statement, checked wherever the image makes it.
type Check struct {
	Kind string `json:"kind"`
	// Checked counts the statements that were checked.
	Checked int `json:"checked"`
	// False counts those that don't hold; the first is described by Falsehood.
	False     int    `json:"false"`
	Falsehood string `json:"falsehood,omitempty"`
}

// Damaged is the result for an image that can't be opened for a damaged
// document, and nil for an error of another kind.
func Damaged(name string, err error) *Result {
	damaged, ok := errors.AsType[*image.DamagedError](err)
	if !ok {
		return nil
	}
	return &Result{Image: name, Checks: []Check{{Kind: damaged.Document, Checked: 1, False: 1, Falsehood: damaged.Error()}}}
}

// A Result is what came of verifying an image.
type Result struct {
	Image string `json:"image"`
	// Artifact says what was verified where it isn't an image.
	Artifact string `json:"artifact,omitempty"`
	OK       bool   `json:"ok"`
	// Read is what was read, Absent the platforms that the index lists and the
	// source doesn't hold.
	Read   []Subject `json:"read"`
	Absent []string  `json:"absent"`
	Checks []Check   `json:"checks"`
}

// The roles of a [Subject].
const (
	RoleImage       = "image"
	RoleAttestation = "attestation"
	RoleReferrer    = "referrer"
)

// A Subject is a manifest that was verified with all that it leads to.
type Subject struct {
	Role string `json:"role"`
	// What it is, where it isn't an image.
	What     string        `json:"what,omitempty"`
	Platform string        `json:"platform,omitempty"`
	Digest   digest.Digest `json:"digest,omitzero"`
}

// name is what falsehoods call s.
func (s Subject) name() string {
	if s.Role == RoleImage && s.Platform != "" {
		return s.Platform
	}
	return s.Role + " " + s.Digest.Short()
}

// Image verifies img, reading all of its layers.
func Image(ctx context.Context, img *image.Image, opts Options) (*Result, error) {
	v := newVerifier(img, opts)
	if err := v.subject(ctx, img, RoleImage); err != nil {
		return nil, err
	}
	return v.done(), nil
}

type verifier struct {
	opts   Options
	result *Result
	checks map[string]*Check
	// several tells that there is more than one subject, and so that falsehoods
	// have to name theirs.
	several bool
}

func newVerifier(img *image.Image, opts Options) *verifier {
	v := &verifier{opts: opts, checks: map[string]*Check{}, result: &Result{Image: img.Name, Read: []Subject{}, Absent: []string{}}}
	for _, kind := range kinds {
		v.checks[kind] = &Check{Kind: kind}
	}
	if img.NotImage != nil {
		v.result.Artifact = img.NotImage.What
	}
	return v
}

func (v *verifier) done() *Result {
	v.result.OK = true
	for _, kind := range kinds {
		check := *v.checks[kind]
		v.result.OK = v.result.OK && check.False == 0
		v.result.Checks = append(v.result.Checks, check)
	}
	return v.result
}

// subject verifies one image or artifact.
func (v *verifier) subject(ctx context.Context, img *image.Image, role string) error {
	s := Subject{Role: role, Digest: img.ManifestDigest}
	if img.NotImage == nil {
		s.Platform = img.Platform().String()
	} else {
		s.What = img.NotImage.What
	}
	v.read(s)
	v.documents(img)
	if img.NotImage == nil {
		v.pairing(img)
	}
	sums, err := hashLayers(ctx, img, v.opts)
	if err != nil {
		return err
	}
	for i, l := range img.Layers {
		if sums[i].foreign {
			v.result.Absent = append(v.result.Absent, fmt.Sprintf("%s, which is foreign", l))
			continue
		}
		v.blob(l, sums[i])
		if img.NotImage == nil {
			v.layer(l, sums[i])
		}
	}
	return nil
}

func (v *verifier) read(s Subject) { v.result.Read = append(v.result.Read, s) }

// hold records a statement of the given kind about the last of what was read.
func (v *verifier) hold(kind string, ok bool, format string, args ...any) {
	check := v.checks[kind]
	check.Checked++
	if ok {
		return
	}
	if check.False++; check.False > 1 {
		return
	}
	check.Falsehood = fmt.Sprintf(format, args...)
	if v.several || len(v.result.Read) > 1 {
		check.Falsehood = v.result.Read[len(v.result.Read)-1].name() + ": " + check.Falsehood
	}
}

// documents checks the manifest and the configuration against the descriptors
// that led to them. Opening the image collected what was wrong there.
func (v *verifier) documents(img *image.Image) {
	if img.Manifest != nil {
		v.hold(Manifest, img.ManifestFault == nil, "%v", img.ManifestFault)
	}
	v.hold(Config, img.ConfigFault == nil, "%v", img.ConfigFault)
	if img.Layout {
		v.hold(Layout, img.LayoutFault == nil, "%v", img.LayoutFault)
	}
	if m := img.Manifest; m != nil {
		if said, is := img.Descriptor.MediaType, m.MediaType; said != "" && is != "" {
			v.hold(MediaType, said == is, "the manifest's media type is %q, its descriptor's %q", is, said)
		}
		v.data("the manifest", img.Descriptor, img.RawManifest)
		v.data("the config", m.Config, img.RawConfig)
	}
}

// data checks what a descriptor carries of the content that it describes.
func (v *verifier) data(what string, d oci.Descriptor, content []byte) {
	if len(d.Data) > 0 {
		v.hold(Data, bytes.Equal(d.Data, content), "the data in the descriptor of %s isn't its content", what)
	}
}

// pairing checks counts: of diff IDs, of history entries; and the platform.
func (v *verifier) pairing(img *image.Image) {
	n := len(img.Config.RootFS.DiffIDs)
	v.hold(Layers, n == len(img.Layers), "the image has %d layers, the config %d diff IDs", len(img.Layers), n)
	lone := 0
	for _, step := range layers.Steps(img) {
		if step.Lone() {
			lone++
		}
	}
	if len(img.Config.History) > 0 { // which is optional
		v.hold(History, lone == 0, "%d of the layers and history entries lack their partner", lone)
	}
	if img.IndexPlatform != nil {
		said, is := img.IndexPlatform.String(), img.Platform().String()
		v.hold(Platform, said == is, "the index says %s, the config %s", said, is)
	}
}

// blob checks a layer's blob, or an artifact's.
func (v *verifier) blob(l *image.Layer, found sums) {
	d := l.Descriptor
	if !d.Digest.IsZero() {
		v.hold(Blob, found.blob == d.Digest && found.size == d.Size, "%s: the blob is %d bytes with digest %s, stated are %d", l, found.size, found.blob, d.Size)
	}
	if len(d.Data) > 0 {
		v.hold(Data, digest.FromBytes(d.Data) == d.Digest, "the data in the descriptor of %s isn't its content", l)
	}
}

// layer checks one layer against what was found in it.
func (v *verifier) layer(l *image.Layer, found sums) {
	d := l.Descriptor
	if found.err != nil {
		v.hold(DiffID, false, "%s: %v", l, found.err)
	}
	if claimed := image.ClaimedCompression(d.MediaType); !d.Digest.IsZero() {
		v.hold(MediaType, claimed == found.compression, "%s: the media type is %s, the compression %s", l, d.MediaType, found.compression)
	}
	switch {
	case found.err != nil:
	case l.DiffID.IsZero():
		v.hold(DiffID, false, "%s: the config has no diff ID for it", l)
	default:
		v.hold(DiffID, found.diff == l.DiffID, "%s: the diff ID is %s, stated is %s", l, found.diff, l.DiffID)
	}
}
