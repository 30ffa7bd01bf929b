package sbom

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"devops-go/internal/image"
	it "devops-go/internal/imagetest"
	"devops-go/internal/layers"
)

// inventory lists what is in the image of the layers.
func inventory(t *testing.T, list ...it.Layer) *Inventory {
	t.Helper()
	ctx := context.Background()
	img, err := image.Open(ctx, it.Layout(it.Image{Tag: "x:1", Layers: list}).ArchiveFile(t), image.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { img.Close() })
	stack, err := layers.Read(ctx, img, layers.Options{})
	if err != nil {
		t.Fatal(err)
	}
	inv, err := Read(ctx, stack)
	if err != nil {
		t.Fatal(err)
	}
	return inv
}

const (
	alpine = "P:musl\nV:1.2.5-r0\nA:x86_64\nL:MIT\nF:lib\n\nP:zlib\nV:1.3.1-r1\nA:x86_64\nL:Zlib\n\n"
	debian = "Package: libc6\nStatus: install ok installed\nArchitecture: amd64\nVersion: 2.36-9+deb12u8\n" +
		"\nPackage: gone\nStatus: deinstall ok config-files\nArchitecture: amd64\nVersion: 1\n\n" +
		"Package: libstdc++6\nStatus: hold ok installed\nArchitecture: amd64\nVersion: 1:12.2.0-14\n\n" +
		"Package: tzdata\nStatus: install ok installed\nArchitecture: all\nVersion: 2024a-0\nDescription: zones\n more: of it\n"
)

func TestPackages(t *testing.T) {
	for _, tt := range []struct {
		name   string
		layers []it.Layer
		want   []string
	}{
		{"nothing", []it.Layer{it.Plain(it.File("etc/motd", "hello"))}, nil},
		{"alpine", []it.Layer{it.Plain(it.File("lib/apk/db/installed", alpine), it.File("etc/os-release", "ID=alpine\nVERSION_ID=3.20.3\n"))}, []string{
			"pkg:apk/alpine/musl@1.2.5-r0?arch=x86_64&distro=alpine-3.20.3", "pkg:apk/alpine/zlib@1.3.1-r1?arch=x86_64&distro=alpine-3.20.3",
		}},
		{"debian, compressed", []it.Layer{it.Zipped(it.File("var/lib/dpkg/status", debian))}, []string{
			"pkg:deb/debian/libc6@2.36-9%2Bdeb12u8?arch=amd64", "pkg:deb/debian/libstdc%2B%2B6@1%3A12.2.0-14?arch=amd64", "pkg:deb/debian/tzdata@2024a-0?arch=all",
		}},
		{"distroless", []it.Layer{it.Plain(it.File("var/lib/dpkg/status.d/base", "Package: base-files\nVersion: 12.4\nArchitecture: amd64\n"))}, []string{
			"pkg:deb/debian/base-files@12.4?arch=amd64",
		}},
		{"removed by an upper layer", []it.Layer{it.Plain(it.File("lib/apk/db/installed", alpine)), it.Plain(it.Whiteout("lib/apk/db/installed"))}, nil},
		{"an executable of nobody's", []it.Layer{it.Plain(it.Program("bin/x", 5000))}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, p := range inventory(t, tt.layers...).Packages {
				got = append(got, p.PURL)
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
}

// required are the members that the published schemas ask for, by the object
// that holds them (spdx-schema.json of 2.3, bom-1.5.schema.json). Both documents
// pass the schemas themselves; this keeps it so.
var required = map[Format]map[string][]string{
	SPDX: {
		"":              {"SPDXID", "creationInfo", "dataLicense", "name", "spdxVersion", "documentNamespace"},
		"creationInfo":  {"created", "creators"},
		"packages":      {"SPDXID", "downloadLocation", "name"},
		"externalRefs":  {"referenceCategory", "referenceLocator", "referenceType"},
		"checksums":     {"algorithm", "checksumValue"},
		"relationships": {"spdxElementId", "relatedSpdxElement", "relationshipType"},
	},
	CycloneDX: {
		"":           {"bomFormat", "specVersion", "serialNumber", "version"},
		"component":  {"type", "name"},
		"components": {"type", "name"},
		"properties": {"name", "value"},
		"license":    {"name"},
	},
}

// lacking walks a document and lists the required members that it lacks.
func lacking(format Format, name string, v any) (all []string) {
	switch v := v.(type) {
	case []any:
		for _, element := range v {
			all = append(all, lacking(format, name, element)...)
		}
	case map[string]any:
		for _, member := range required[format][name] {
			if _, ok := v[member]; !ok {
				all = append(all, name+" without "+member)
			}
		}
		for member, value := range v {
			all = append(all, lacking(format, member, value)...)
		}
	}
	return all
}

func TestRequired(t *testing.T) {
	layers := []it.Layer{it.Plain(it.File("lib/apk/db/installed", alpine), it.File("var/lib/dpkg/status", debian))}
	for _, format := range []Format{SPDX, CycloneDX} {
		content, err := inventory(t, layers...).Document(format)
		if err != nil {
			t.Fatal(err)
		}
		var document any
		if err := json.Unmarshal(content, &document); err != nil {
			t.Fatal(err)
		}
		if got := lacking(format, "", document); len(got) > 0 {
			t.Errorf("%s: %v", format, got)
		}
	}
}

// TestDocuments: both formats are JSON, name every package and are the same
// each time.
func TestDocuments(t *testing.T) {
	layer := it.Plain(it.File("lib/apk/db/installed", alpine))
	for _, format := range []Format{SPDX, CycloneDX} {
		first, err := inventory(t, layer).Document(format)
		if err != nil {
			t.Fatal(err)
		}
		again, err := inventory(t, layer).Document(format)
		if err != nil || string(first) != string(again) {
			t.Errorf("%s: differs the second time, %v", format, err)
		}
		if !json.Valid(first) || strings.Count(string(first), "pkg:apk/alpine/musl@1.2.5-r0") != 1 {
			t.Errorf("%s: %s", format, first)
		}
	}
}
