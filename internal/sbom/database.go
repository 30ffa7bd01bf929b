package sbom

import (
	"bytes"
	"strings"
)

// parseAPK reads Alpine's list of installed packages: paragraphs of lines with a
// letter and a colon.
func parseAPK(b []byte, p string) []record {
	var all []record
	for paragraph := range bytes.SplitSeq(b, []byte("\n\n")) {
		rec := record{path: p}
		for line := range bytes.Lines(paragraph) {
			if len(line) < 2 || line[1] != ':' {
				continue
			}
			value := strings.TrimSpace(string(line[2:]))
			switch line[0] {
			case 'P':
				rec.name = value
			case 'V':
				rec.version = value
			case 'A':
				rec.arch = value
			case 'L':
				rec.license = value
			}
		}
		if rec.name != "" {
			all = append(all, rec)
		}
	}
	return all
}

// parseDpkg reads Debian's list of packages: paragraphs of fields. What is
// removed but for its configuration isn't there.
func parseDpkg(b []byte, p string) []record {
	var all []record
	for paragraph := range bytes.SplitSeq(b, []byte("\n\n")) {
		rec := record{path: p}
		installed := true
		for line := range bytes.Lines(paragraph) {
			field, value, _ := strings.Cut(string(line), ":")
			value = strings.TrimSpace(value)
			switch field {
			case "Package":
				rec.name = value
			case "Version":
				rec.version = value
			case "Architecture":
				rec.arch = value
			case "Status":
				installed = strings.HasSuffix(value, " installed")
			}
		}
		if rec.name != "" && installed {
			all = append(all, rec)
		}
	}
	return all
}

// distro returns "ID VERSION_ID" out of an os-release file; "" without an ID.
func distro(b []byte) string {
	var id, version string
	for line := range bytes.Lines(b) {
		key, value, _ := strings.Cut(strings.TrimSpace(string(line)), "=")
		switch value = strings.Trim(value, `"'`); key {
		case "ID":
			id = value
		case "VERSION_ID":
			version = value
		}
	}
	if id == "" {
		return ""
	}
	return strings.TrimSpace(id + " " + version)
}
