// Package pack makes images from executables and files. The same inputs give the
// same image, byte for byte, on every machine. The result is a bundle, which
// package bundle writes to its destination.
package pack

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"devops-go/internal/bundle"
	"devops-go/internal/image"
	"devops-go/internal/layers"
	"devops-go/internal/oci"
	"devops-go/internal/registry"
)

// A Spec says what to pack.
type Spec struct {
	// Executables are the programs, each of another platform.
	Executables []*Executable
	// Name is what the image is called; it may be zero.
	Name registry.Reference
	// Run is how a container starts. What it leaves out is the base's, or
	// follows from the executable.
	Run image.RunConfig
	// Annotations are those of the manifests.
	Annotations map[string]string
	// Add are files and directories of this machine, Layers are archives that
	// become layers under them.
	Add    []Addition
	Layers []string
	// Base opens the image to build on; nil builds on nothing.
	Base func(ctx context.Context, p oci.Platform) (*image.Image, error)
	// Created, if not nil, is the time of everything in the image. Else it is
	// that of the commit that an executable was built from, else 1970.
	Created *time.Time
	// Press makes the layers.
	Press bundle.Press
}

// Build packs an image: one of one platform, or an index of several. The caller
// closes the bundle.
func Build(ctx context.Context, s Spec) (*bundle.Bundle, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	b := &builder{Spec: s, bundle: &bundle.Bundle{Name: s.Name}, made: map[string]bundle.Layer{}}
	if err := b.build(ctx); err != nil {
		b.bundle.Close()
		return nil, err
	}
	return b.bundle, nil
}

// check refuses what can't become an image.
func (s *Spec) check() error {
	seen := map[string]*Executable{}
	for _, e := range s.Executables {
		p := e.Platform.String()
		if other := seen[p]; other != nil {
			return &SamePlatformError{Platform: e.Platform, Paths: [2]string{other.Path, e.Path}}
		}
		seen[p] = e
		if !e.Static() && s.Base == nil && len(s.Layers) == 0 && len(s.Add) == 0 {
			return fmt.Errorf("%q: %w", e.Path, &DynamicError{Executable: e})
		}
	}
	if len(s.Executables) == 0 {
		return errors.New("no executable to pack")
	}
	return nil
}

// A builder packs one bundle.
type builder struct {
	Spec
	bundle *bundle.Bundle
	made   map[string]bundle.Layer // layers that platforms may share
}

func (b *builder) build(ctx context.Context) error {
	executables := slices.Clone(b.Executables)
	slices.SortFunc(executables, func(x, y *Executable) int {
		return strings.Compare(x.Platform.String(), y.Platform.String())
	})
	index := oci.Index{SchemaVersion: 2, MediaType: oci.MediaTypeIndex, Annotations: b.Annotations}
	for _, e := range executables {
		d, err := b.image(ctx, e)
		if err != nil {
			return fmt.Errorf("packing %q: %w", e.Path, err)
		}
		index.Manifests = append(index.Manifests, d)
	}
	b.bundle.Root = index.Manifests[0]
	if len(executables) == 1 {
		return nil
	}
	var err error
	b.bundle.Root, err = b.bundle.AddJSON(oci.MediaTypeIndex, index)
	return err
}

// image packs the image of one executable and returns its manifest.
func (b *builder) image(ctx context.Context, e *Executable) (oci.Descriptor, error) {
	config := image.Config{Platform: e.Platform}
	m := oci.Manifest{SchemaVersion: 2, MediaType: oci.MediaTypeManifest, Annotations: b.Annotations}
	put := func(l bundle.Layer) {
		b.bundle.AddLayer(l)
		m.Layers = append(m.Layers, l.Descriptor)
		config.RootFS.DiffIDs = append(config.RootFS.DiffIDs, l.DiffID)
	}
	if b.Base != nil {
		img, err := b.base(ctx, e, &config, put)
		if err != nil {
			return oci.Descriptor{}, fmt.Errorf("base: %w", err)
		}
		m.Annotations = merge(baseAnnotations(img), b.Annotations)
	}
	created := b.created(e)
	steps, err := b.layers(ctx, e, created)
	if err != nil {
		return oci.Descriptor{}, err
	}
	for _, step := range steps {
		put(step.Layer)
		config.History = append(config.History, image.History{Created: &created, CreatedBy: step.createdBy, Comment: "tare pack"})
	}
	config.Created, config.RootFS.Type = &created, "layers"
	if err := b.configure(&config, e); err != nil {
		return oci.Descriptor{}, err
	}
	if m.Config, err = b.bundle.AddJSON(oci.MediaTypeConfig, config); err != nil {
		return oci.Descriptor{}, err
	}
	d, err := b.bundle.AddJSON(oci.MediaTypeManifest, m)
	if err != nil {
		return oci.Descriptor{}, err
	}
	if !e.Static() {
		if err := b.checkLoads(ctx, d, e); err != nil {
			return oci.Descriptor{}, err
		}
	}
	d.Platform = &config.Platform
	return d, nil
}

// base takes over the layers and the configuration of the base image, which it
// returns.
func (b *builder) base(ctx context.Context, e *Executable, config *image.Config, put func(bundle.Layer)) (*image.Image, error) {
	img, err := b.Base(ctx, e.Platform)
	if err != nil {
		return nil, err
	}
	b.bundle.Keep(img)
	if is := img.Platform(); is.OS != e.Platform.OS || is.Architecture != e.Platform.Architecture {
		return nil, fmt.Errorf("%s is for %s, the executable for %s", img.Name, is, e.Platform)
	}
	for _, l := range img.Layers {
		made, err := b.Press.Convert(ctx, l)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", img.Name, err)
		}
		if made.Digest == l.Descriptor.Digest {
			made.From = bundle.Origin(img)
		}
		put(made)
	}
	config.Author, config.Config = img.Config.Author, img.Config.Config
	for _, step := range layers.Steps(img) {
		h := image.History{CreatedBy: "(not recorded)"}
		if step.History != nil {
			h = *step.History
		}
		h.EmptyLayer = step.Layer == nil
		config.History = append(config.History, h)
	}
	return img, nil
}

// created is the time of what is made for e.
func (b *builder) created(e *Executable) time.Time {
	if b.Created != nil {
		return b.Created.UTC()
	}
	if t, err := time.Parse(time.RFC3339, e.Setting("vcs.time")); err == nil {
		return t.UTC()
	}
	return time.Unix(0, 0).UTC()
}

// A step is a layer with what made it.
type step struct {
	bundle.Layer
	createdBy string
}

// layers makes the layers above the base's: archives, added files, the
// executable, which changes most often.
func (b *builder) layers(ctx context.Context, e *Executable, created time.Time) ([]step, error) {
	var steps []step
	for _, name := range b.Layers {
		l, err := b.once("layer "+name, func() (bundle.Layer, error) { return b.archive(ctx, name) })
		if err != nil {
			return nil, fmt.Errorf("layer %q: %w", name, err)
		}
		steps = append(steps, step{l, "ADD " + baseName(name) + " /"})
	}
	parents := b.Base == nil && len(b.Layers) == 0
	if len(b.Add) > 0 {
		l, err := b.once("add "+created.String(), func() (bundle.Layer, error) { return b.files(ctx, b.Add, parents, created) })
		if err != nil {
			return nil, err
		}
		steps = append(steps, step{l, copyInstruction(b.Add)})
	}
	program := []Addition{{Source: e.Path, Target: e.target(), Mode: 0o755, info: e.info}}
	l, err := b.files(ctx, program, false, created)
	if err != nil {
		return nil, err
	}
	return append(steps, step{l, copyInstruction(program)}), nil
}

// once makes a layer that several platforms have.
func (b *builder) once(key string, build func() (bundle.Layer, error)) (bundle.Layer, error) {
	if l, ok := b.made[key]; ok {
		return l, nil
	}
	l, err := build()
	if err == nil {
		b.made[key] = l
	}
	return l, err
}

// checkLoads refuses an executable whose interpreter or libraries aren't in the
// image.
func (b *builder) checkLoads(ctx context.Context, manifest oci.Descriptor, e *Executable) error {
	img, err := b.bundle.Image(ctx, manifest)
	if err != nil {
		return err
	}
	stack, err := layers.Read(ctx, img, layers.Options{MaxSize: b.Press.MaxSize})
	if err != nil {
		return err
	}
	interpreter, missing := e.Missing(stack.Finder(), path.Dir("/"+e.target()))
	if interpreter != "" {
		missing = append([]string{interpreter}, missing...)
	}
	if len(missing) > 0 {
		return &DynamicError{Executable: e, Missing: missing}
	}
	return nil
}
