package audit

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"devops-go/internal/image"
	"devops-go/internal/oci"
	"devops-go/internal/provenance"
)

// leaksOfMetadata looks at all there is of an image beside its layers: whatever
// string the configuration, the manifest, the indexes or an attestation has that
// was not looked at before, whoever put it there under whatever name.
func (a *auditor) leaksOfMetadata(ctx context.Context) error {
	a.leaksOfJSON("configuration", a.img.RawConfig)
	a.leaksOfJSON("manifest", a.img.RawManifest)
	for _, raw := range a.img.RawIndexes {
		a.leaksOfJSON("index", raw)
	}
	if a.opts.Depth == Shallow {
		return nil
	}
	for _, d := range a.img.Attestations {
		if err := a.leaksOfAttestation(ctx, d); err != nil {
			return err
		}
	}
	return nil
}

// maxStatements is how many blobs of one attestation are read.
const maxStatements = 16

// leaksOfAttestation looks at the manifest of an attestation and at what it
// states. What can't be read is said in a note: it isn't of the image itself.
func (a *auditor) leaksOfAttestation(ctx context.Context, d oci.Descriptor) error {
	read := func(d oci.Descriptor) []byte {
		raw, err := image.ReadJSON(ctx, d, a.img.Content)
		if err != nil && ctx.Err() == nil {
			a.notes = append(a.notes, fmt.Sprintf("an attestation could not be checked: %v", err))
		}
		return raw
	}
	raw := read(d)
	a.leaksOfJSON("attestation", raw)
	var m oci.Manifest
	if oci.Unmarshal(raw, &m) != nil || d.IsIndex() {
		return ctx.Err()
	}
	for _, statement := range append([]oci.Descriptor{m.Config}, m.Layers[:min(len(m.Layers), maxStatements)]...) {
		if !statement.Digest.IsZero() {
			a.leaksOfJSON("attestation", read(statement))
		}
	}
	return ctx.Err()
}

// leaksOfJSON looks at the strings of a document. What is no JSON is looked at
// as it is.
func (a *auditor) leaksOfJSON(what string, raw []byte) {
	var document any
	if len(raw) == 0 {
		return
	}
	if oci.Unmarshal(raw, &document) != nil {
		a.leaksOfString(what, "", string(raw))
		return
	}
	a.leaksOfValue(what, "", document)
}

// leaksOfValue looks at a value of a document, which has that name there.
func (a *auditor) leaksOfValue(what, name string, value any) {
	switch value := value.(type) {
	case string:
		a.leaksOfString(what, name, value)
	case []any:
		for _, v := range value {
			a.leaksOfValue(what, name, v)
		}
	case map[string]any:
		if name, ok := value["name"].(string); ok {
			if v, ok := value["value"].(string); ok {
				a.leaksOfString(what, name, v)
			}
		}
		for _, key := range slices.Sorted(maps.Keys(value)) {
			a.leaksOfString(what, "", key) // a variable's or a label's name
			a.leaksOfValue(what, key, value[key])
		}
	}
}

// leaksOfString takes in the secrets in a string that no other rule has found.
func (a *auditor) leaksOfString(what, name, value string) {
	if a.isSource(value) {
		return // looked at as what it is
	}
	if inner, ok := encodedJSON(value); ok {
		a.leaksOfJSON(what, inner) // as BuildKit once kept what it was told
		return
	}
	for _, s := range a.matcher.FindValue(name, value) {
		text := value[s.Start:s.End]
		if a.leaked[text] {
			continue
		}
		a.learnLeak(text)
		a.leaks = append(a.leaks, leak{place: inMetadata, what: what, name: s.Name, kind: s.Kind})
	}
}

// isSource reports whether the value is one of the files that the build followed,
// as provenance has them.
func (a *auditor) isSource(value string) bool {
	return a.img.Made != nil && slices.ContainsFunc(a.img.Made.Files, func(f provenance.File) bool {
		return len(value) == base64.StdEncoding.EncodedLen(len(f.Content)) && value == base64.StdEncoding.EncodeToString([]byte(f.Content))
	})
}

// learnLeak remembers a secret of history, configuration or metadata.
func (a *auditor) learnLeak(value string) {
	a.secrets.Learn(value)
	a.leaked[value] = true
}

// encodedJSON returns the object that a string is in base64.
func encodedJSON(s string) ([]byte, bool) {
	if len(s) < 8 || !strings.HasPrefix(s, "eyJ") && !strings.HasPrefix(s, "ewo") || strings.Contains(s, ".") {
		return nil, false
	}
	b, err := base64.StdEncoding.DecodeString(s)
	return b, err == nil && json.Valid(b)
}
