package registry

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"devops-go/internal/digest"
)

const (
	hub        = "docker.io"
	hubAPI     = "registry-1.docker.io"
	maxNameLen = 255
	maxTagLen  = 128
)

// A Reference names an image, or a whole repository, in a registry. References
// compare with ==; the zero Reference names nothing.
type Reference struct {
	host, name, tag string
	digest          digest.Digest
}

// ParseReference parses HOST[:PORT]/NAME[:TAG][@DIGEST] as Docker does: without
// a host it is docker.io's, there a single word is under library/, and without
// tag and digest the tag is latest.
func ParseReference(s string) (Reference, error) {
	rest, sum, pinned := strings.Cut(s, "@")
	if pinned && strings.Contains(sum, "/") {
		return Reference{}, errors.New(`reference with "@" before its name: credentials belong in Docker's configuration, see docker login`)
	}
	var r Reference
	if pinned {
		d, err := digest.Parse(sum)
		if err != nil {
			return Reference{}, fmt.Errorf(`reference: after "@": %w`, err)
		}
		r.digest = d
	}
	fail := func(format string, args ...any) (Reference, error) {
		return Reference{}, fmt.Errorf("reference %s: %s", quote(s), fmt.Sprintf(format, args...))
	}
	switch {
	case rest == "":
		return fail("names nothing")
	case strings.Contains(rest, "://"):
		return fail("want HOST/NAME[:TAG], without a scheme")
	case len(rest) == 64 && strings.Trim(rest, "0123456789abcdef") == "":
		return fail("is an image ID, not a name")
	}
	r.host, rest = splitHost(rest)
	if err := CheckHost(r.host); err != nil {
		return fail("%v", err)
	}
	var tagged bool
	r.name, r.tag, tagged = strings.Cut(rest, ":")
	if r.host == hub && !strings.Contains(r.name, "/") {
		r.name = "library/" + r.name
	}
	if err := checkName(r.name); err != nil {
		return fail("%v", err)
	}
	if !tagged && !pinned {
		r.tag, tagged = "latest", true
	}
	if tagged {
		if err := checkTag(r.tag); err != nil {
			return fail("%v", err)
		}
	}
	return r, nil
}

// splitHost takes the registry off a name. What stands before the first slash
// is a host when it could not be part of a name on docker.io.
func splitHost(s string) (host, rest string) {
	first, after, ok := strings.Cut(s, "/")
	if !ok || !strings.ContainsAny(first, ".:") && first != "localhost" && first == strings.ToLower(first) {
		return hub, s
	}
	if first == "index."+hub {
		first = hub
	}
	return first, after
}

// CheckHost reports what is wrong with host as the name of a registry or of a
// mirror: HOST[:PORT], where HOST is a name or an address.
func CheckHost(host string) error {
	name, port := host, ""
	switch end := strings.LastIndexByte(host, ']'); {
	case strings.HasPrefix(host, "[") && end > 0:
		name, port = host[:end+1], host[end+1:]
		if a, err := netip.ParseAddr(name[1:end]); err != nil || !a.Is6() || a.Zone() != "" {
			return fmt.Errorf("host %s is not an IPv6 address", quote(name))
		}
		if port != "" && port[0] != ':' {
			return fmt.Errorf("host %s: want :PORT after the address", quote(host))
		}
	default:
		if i := strings.IndexByte(host, ':'); i >= 0 {
			name, port = host[:i], host[i:]
		}
		for label := range strings.SplitSeq(name, ".") {
			if !isLabel(label) {
				return fmt.Errorf("host %s is not a host name", quote(name))
			}
		}
	}
	if port == "" {
		return nil
	}
	digits := port[1:]
	if n, err := strconv.ParseUint(digits, 10, 16); err != nil || n == 0 || digits[0] == '0' {
		return fmt.Errorf("port %s: want a number from 1 to 65535", quote(digits))
	}
	return nil
}

func isLabel(s string) bool {
	for i := range len(s) {
		if c := s[i]; !isLetter(c) && !isAlnum(c) && (c != '-' || i == 0 || i == len(s)-1) {
			return false
		}
	}
	return s != "" && len(s) <= 63
}

// checkName checks distribution-spec's <name>: components of lower-case letters
// and digits, with single separators (".", "_", "__" or dashes) between them.
func checkName(name string) error {
	if len(name) > maxNameLen {
		return fmt.Errorf("name is longer than %d bytes", maxNameLen)
	}
	for part := range strings.SplitSeq(name, "/") {
		switch {
		case part == "":
			return errors.New("name has an empty component")
		case part != strings.ToLower(part):
			return fmt.Errorf("name component %s: want lower case", quote(part))
		case !isComponent(part):
			return fmt.Errorf("name component %s: want letters and digits, with . _ __ or - between them", quote(part))
		}
	}
	return nil
}

func isComponent(s string) bool {
	if !isAlnum(s[0]) || !isAlnum(s[len(s)-1]) {
		return false
	}
	for s != "" {
		word := strings.TrimLeft(s, "abcdefghijklmnopqrstuvwxyz0123456789")
		gap := strings.TrimLeft(word, "-")
		if len(gap) == len(word) && word != "" { // not dashes
			switch {
			case strings.HasPrefix(word, "__"):
				gap = word[2:]
			case word[0] == '.' || word[0] == '_':
				gap = word[1:]
			default:
				return false
			}
		}
		if gap != "" && !isAlnum(gap[0]) {
			return false
		}
		s = gap
	}
	return true
}

func isAlnum(c byte) bool { return 'a' <= c && c <= 'z' || '0' <= c && c <= '9' }

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

func checkTag(tag string) error {
	if tag == "" {
		return errors.New("tag is empty")
	}
	if len(tag) > maxTagLen {
		return fmt.Errorf("tag is longer than %d bytes", maxTagLen)
	}
	for i := range len(tag) {
		c := tag[i]
		if !isLetter(c) && !isAlnum(c) && c != '_' && (i == 0 || c != '.' && c != '-') {
			return fmt.Errorf("tag %s: want letters, digits, _ . or -", quote(tag))
		}
	}
	return nil
}

// Host returns the registry, "docker.io" for Docker Hub.
func (r Reference) Host() string { return r.host }

// Name returns the repository within its registry, such as "library/alpine".
func (r Reference) Name() string { return r.name }

// Repository returns host and name.
func (r Reference) Repository() string { return r.host + "/" + r.name }

// Tag returns the tag; it is empty where only a digest was given.
func (r Reference) Tag() string { return r.tag }

// Digest returns the digest; it is zero where none was given.
func (r Reference) Digest() digest.Digest { return r.digest }

// IsZero reports whether r names nothing.
func (r Reference) IsZero() bool { return r == Reference{} }

// String returns the whole reference, which parses to r again.
func (r Reference) String() string {
	if r.IsZero() {
		return ""
	}
	s := r.Repository()
	if r.tag != "" {
		s += ":" + r.tag
	}
	if !r.digest.IsZero() {
		s += "@" + r.digest.String()
	}
	return s
}

// Familiar returns the reference as Docker prints it: docker.io goes without
// saying, and so does library/ there.
func (r Reference) Familiar() string {
	s := strings.TrimPrefix(r.String(), hub+"/")
	if r.host == hub {
		s = strings.TrimPrefix(s, "library/")
	}
	return s
}

// WithDigest returns the reference to d in r's repository, without a tag.
func (r Reference) WithDigest(d digest.Digest) Reference {
	r.tag, r.digest = "", d
	return r
}

// WithTag returns the reference to tag in r's repository, without a digest.
func (r Reference) WithTag(tag string) (Reference, error) {
	if err := checkTag(tag); err != nil {
		return Reference{}, fmt.Errorf("%s: %w", r.Repository(), err)
	}
	r.tag, r.digest = tag, digest.Digest{}
	return r, nil
}

// selector is what a manifest's URL ends with: the digest before the tag.
func (r Reference) selector() string {
	if !r.digest.IsZero() {
		return r.digest.String()
	}
	return r.tag
}
