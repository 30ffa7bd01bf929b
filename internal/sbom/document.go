package sbom

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"devops-go/internal/jsontext"
)

// A Format is a way to write an inventory.
type Format string

// The formats.
const (
	SPDX      Format = "spdx"
	CycloneDX Format = "cyclonedx"
)

// ParseFormat parses the name of a format.
func ParseFormat(s string) (Format, error) {
	switch f := Format(s); f {
	case SPDX, CycloneDX:
		return f, nil
	}
	return "", fmt.Errorf("SBOM format %q: want spdx or cyclonedx", s)
}

// MediaType is what the format is called as an artifact.
func (f Format) MediaType() string {
	if f == CycloneDX {
		return "application/vnd.cyclonedx+json"
	}
	return "application/spdx+json"
}

// Document writes the inventory. The same image gives the same bytes.
func (inv *Inventory) Document(f Format) ([]byte, error) {
	var v any
	switch f {
	case SPDX:
		v = inv.spdx()
	case CycloneDX:
		v = inv.cycloneDX()
	default:
		_, err := ParseFormat(string(f))
		return nil, err
	}
	var b bytes.Buffer
	err := jsontext.Write(&b, v, "", " ")
	return b.Bytes(), err
}

// name is what documents call the image.
func (inv *Inventory) name() string {
	if inv.Image != "" {
		return inv.Image
	}
	return inv.Digest.String()
}

// uuid is a version 8 UUID (RFC 9562) that follows from the image and the
// format.
func (inv *Inventory) uuid(f Format) string {
	sum := sha256.Sum256([]byte(string(f) + " " + inv.Digest.String()))
	sum[6], sum[8] = sum[6]&0x0f|0x80, sum[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
}

type object map[string]any

// spdx is the document of SPDX 2.3 (spdx.github.io/spdx-spec/v2.3).
func (inv *Inventory) spdx() object {
	const imageID = "SPDXRef-Image"
	packages := []object{{
		"SPDXID": imageID, "name": inv.name(), "versionInfo": inv.Digest.String(),
		"downloadLocation": "NOASSERTION", "filesAnalyzed": false, "primaryPackagePurpose": "CONTAINER",
		"checksums": []object{{"algorithm": strings.ToUpper(inv.Digest.Algorithm()), "checksumValue": inv.Digest.Hex()}},
	}}
	relations := []object{{"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES", "relatedSpdxElement": imageID}}
	for i, p := range inv.Packages {
		id := fmt.Sprintf("SPDXRef-Package-%d", i+1)
		o := object{
			"SPDXID": id, "name": p.Name, "downloadLocation": "NOASSERTION", "filesAnalyzed": false,
			"licenseDeclared": "NOASSERTION", "sourceInfo": "found in /" + p.Path,
			"externalRefs": []object{{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": p.PURL}},
		}
		if p.Version != "" {
			o["versionInfo"] = p.Version
		}
		if comment := p.comment(); comment != "" {
			o["comment"] = comment
		}
		packages = append(packages, o)
		relations = append(relations, object{"spdxElementId": imageID, "relationshipType": "CONTAINS", "relatedSpdxElement": id})
	}
	return object{
		"spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT", "name": inv.name(),
		"documentNamespace": "urn:uuid:" + inv.uuid(SPDX),
		"creationInfo":      object{"created": inv.Created.Format(time.RFC3339), "creators": []string{"Tool: tare"}},
		"packages":          packages, "relationships": relations,
	}
}

// comment says what has no field of its own in SPDX. The databases' licences
// aren't always expressions that SPDX knows.
func (p Package) comment() string {
	var parts []string
	if p.License != "" {
		parts = append(parts, "license: "+p.License)
	}
	for _, property := range p.Properties {
		parts = append(parts, property.Name+": "+property.Value)
	}
	return strings.Join(parts, "\n")
}

// cycloneDX is the document of CycloneDX 1.5 (cyclonedx.org/docs/1.5/json).
func (inv *Inventory) cycloneDX() object {
	components := []object{}
	for i, p := range inv.Packages {
		kind := "library"
		if p.Main {
			kind = "application"
		}
		properties := []object{{"name": "path", "value": "/" + p.Path}}
		for _, property := range p.Properties {
			properties = append(properties, object{"name": property.Name, "value": property.Value})
		}
		o := object{
			"type": kind, "bom-ref": fmt.Sprintf("%d-%s", i+1, path.Base(p.Name)), "name": p.Name,
			"purl": p.PURL, "properties": properties,
		}
		if p.Version != "" {
			o["version"] = p.Version
		}
		if p.License != "" {
			o["licenses"] = []object{{"license": object{"name": p.License}}}
		}
		components = append(components, o)
	}
	return object{
		"bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1,
		"serialNumber": "urn:uuid:" + inv.uuid(CycloneDX),
		"metadata": object{
			"timestamp": inv.Created.Format(time.RFC3339),
			"tools":     object{"components": []object{{"type": "application", "name": "tare"}}},
			"component": object{"type": "container", "name": inv.name(), "version": inv.Digest.String()},
		},
		"components": slices.Clip(components),
	}
}
