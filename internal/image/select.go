package image

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
)

// selectPlatform picks the manifest to open and returns it with its bytes: the
// one that serves want; without want the only one, or the one for this
// machine. Manifests that the store doesn't hold are passed over, as a layout
// may hold the blobs of some platforms only.
func selectPlatform(ctx context.Context, s store, list []candidate, want Platform) (candidate, []byte, error) {
	var present []candidate
	var raws [][]byte
	var names, absent []string
	for _, c := range list {
		raw, err := readJSON(ctx, s, c.Descriptor)
		if errors.Is(err, fs.ErrNotExist) {
			absent = append(absent, candidatePlatform(c).String())
			continue
		}
		if err != nil {
			return candidate{}, nil, fmt.Errorf("manifest %s: %w", c.Digest, err)
		}
		if c.Platform == nil {
			p := platformOf(ctx, s, raw)
			c.Platform = &p
		}
		present, raws = append(present, c), append(raws, raw)
		names = append(names, c.Platform.String())
	}
	if i := bestPlatform(present, want); i >= 0 {
		return present[i], raws[i], nil
	}
	return candidate{}, nil, noPlatform(want, names, absent)
}

// bestPlatform returns the index of the candidate to open, or -1.
func bestPlatform(list []candidate, want Platform) int {
	if want.IsZero() {
		if len(list) == 1 {
			return 0
		}
		want = hostPlatform()
	}
	for i, c := range list {
		if c.Platform.serves(want) {
			return i
		}
	}
	return -1
}

func candidatePlatform(c candidate) Platform {
	if c.Platform == nil {
		return Platform{}
	}
	return *c.Platform
}

// platformOf asks the configuration, for a manifest whose index entry doesn't
// state a platform. What can't be read has the zero Platform; it is reported
// when the image is opened.
func platformOf(ctx context.Context, s store, manifest []byte) Platform {
	var m Manifest
	if json.Unmarshal(manifest, &m) != nil || m.Config.Digest.IsZero() {
		return Platform{}
	}
	raw, err := readJSON(ctx, s, m.Config)
	if err != nil {
		return Platform{}
	}
	var config Config
	if json.Unmarshal(raw, &config) != nil {
		return Platform{}
	}
	return config.Platform
}

// noPlatform is the error of an index without the platform that was wanted.
func noPlatform(want Platform, present, absent []string) error {
	switch {
	case len(present) == 0 && len(absent) == 0:
		return errors.New("holds no image")
	case len(present) == 0:
		return fmt.Errorf("lists %s, but holds the content of none", list(absent))
	case want.IsZero():
		return &HintError{
			Err:  fmt.Errorf("holds %s, none of them for this machine (%s)", list(present), hostPlatform()),
			Hint: "choose with --platform " + present[0],
		}
	}
	for _, name := range absent {
		if p, err := ParsePlatform(name); err == nil && p.serves(want) {
			return fmt.Errorf("lists platform %s, but doesn't hold its content", want)
		}
	}
	return fmt.Errorf("holds no platform %s, only %s", want, list(present))
}
