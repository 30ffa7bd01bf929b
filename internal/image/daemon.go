package image

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"

	"devops-go/internal/engine"
	"devops-go/internal/oci"
)

// A Description is what an engine says of an image that it holds, without
// handing out its content.
type Description struct {
	// Reference is how the image was asked for.
	Reference string
	Held      engine.Image
	// Steps are the history, newest first.
	Steps    []engine.HistoryEntry
	Platform oci.Platform
	Config   RunConfig
	Created  *time.Time
}

// Describe asks the engine for what it knows of the image that the reference
// names. It returns nil where the reference names no image of an engine, or one
// of which this engine can't tell without saving it.
func Describe(ctx context.Context, reference string, opts Options) (*Description, error) {
	ref, err := ParseReference(reference)
	if err != nil || opts.Engine == nil {
		return nil, err
	}
	switch ref.Transport {
	case Daemon:
	case Any:
		if _, err := os.Lstat(ref.Path); ref.Path == "-" || looksLikePath(ref.Name) ||
			!errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ENOTDIR) {
			return nil, nil
		}
	default:
		return nil, nil
	}
	d, err := describeHeld(ctx, ref.Name, opts)
	if err != nil && ref.Transport == Any && (errors.Is(err, engine.ErrNotFound) || errors.Is(err, engine.ErrUnavailable)) {
		return nil, nil // a registry may have it
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", ref, err)
	}
	if d != nil {
		d.Reference = reference
	}
	return d, nil
}

// describeHeld asks for the image and for its history at the same time.
func describeHeld(ctx context.Context, name string, opts Options) (*Description, error) {
	var d Description
	var historyErr error
	done := make(chan struct{})
	go func() {
		defer close(done)
		d.Steps, historyErr = opts.Engine.History(ctx, name, opts.Platform)
	}()
	held, err := opts.Engine.Inspect(ctx, name, opts.Platform)
	<-done
	if err == nil {
		err = historyErr
	}
	if err != nil {
		return nil, err
	}
	d.Held = held
	d.Platform = oci.Platform{OS: held.OS, Architecture: held.Architecture, Variant: held.Variant}
	if !opts.Platform.IsZero() && !d.Platform.Serves(opts.Platform) {
		if held.Store() == engine.StoreContainerd {
			return nil, nil // it may have others, and be too old to tell
		}
		return nil, noPlatform(opts.Platform, []string{d.Platform.String()}, nil)
	}
	if len(held.Config) > 0 {
		if err := oci.Unmarshal(held.Config, &d.Config); err != nil {
			return nil, fmt.Errorf("configuration: %w", err)
		}
	}
	if t, err := time.Parse(time.RFC3339Nano, held.Created); err == nil && t.Year() > 1 {
		d.Created = &t
	}
	return &d, nil
}

// openDaemon opens an image that the Docker Engine saves for it.
func openDaemon(ctx context.Context, name string, opts Options) (*Image, error) {
	if opts.Engine == nil {
		return nil, errors.New("no Docker Engine to be asked here")
	}
	held, err := opts.Engine.Inspect(ctx, name, oci.Platform{})
	if err != nil {
		return nil, err
	}
	stream, err := opts.Engine.Save(ctx, savedAs(name, held))
	if err != nil {
		return nil, err
	}
	defer stream.Close()
	img, err := openStream(ctx, Reference{Path: "-"}, stream, opts)
	if err != nil {
		return nil, err
	}
	img.Source, img.Held = Daemon, &held
	return img, nil
}

// savedAs is the name that makes an engine save the one image that it inspected
// by name: of a name alone it would save every tag.
func savedAs(name string, held engine.Image) string {
	if strings.Contains(name[strings.LastIndexByte(name, '/')+1:], ":") || strings.Contains(name, "@") {
		return name
	}
	_, id, _ := strings.Cut(held.ID, ":")
	tagged := slices.ContainsFunc(held.RepoTags, func(tag string) bool { return sameName(tag, name) })
	if !tagged && strings.HasPrefix(id, name) {
		return held.ID
	}
	return name + ":latest"
}
