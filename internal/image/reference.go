package image

import (
	"fmt"
	"strings"
)

// A Transport is a way to get at an image, by skopeo's name for it.
type Transport string

// The transports. A reference without one is [Any] and is recognised by what
// it names.
const (
	Any           Transport = ""
	DockerArchive Transport = "docker-archive"
	OCI           Transport = "oci"
	OCIArchive    Transport = "oci-archive"
	Dir           Transport = "dir"
	Daemon        Transport = "docker-daemon"
	Registry      Transport = "docker"
)

// A Reference is where an image is, parsed but not yet looked at.
type Reference struct {
	Transport Transport
	// Path is a file or directory, "-" for standard input; empty for Daemon
	// and Registry.
	Path string
	// Name is the image's name: after the path in an archive or a layout, the
	// whole of it for Daemon, Registry and Any.
	Name string
}

// ParseReference parses a reference with or without transport.
func ParseReference(s string) (Reference, error) {
	if s == "" {
		return Reference{}, fmt.Errorf("image reference is empty")
	}
	if s == "-" {
		return Reference{Path: "-"}, nil
	}
	if name, ok := strings.CutPrefix(s, "docker://"); ok {
		return named(Registry, s, name)
	}
	prefix, rest, _ := strings.Cut(s, ":")
	switch transport := Transport(prefix); transport {
	case Daemon:
		return named(transport, s, strings.TrimPrefix(rest, "//"))
	case DockerArchive, OCI, OCIArchive:
		path, name, _ := strings.Cut(rest, ":")
		if path == "" {
			return Reference{}, fmt.Errorf("image reference %q: no path after %q", s, prefix+":")
		}
		return Reference{Transport: transport, Path: path, Name: name}, nil
	case Dir:
		if rest == "" {
			return Reference{}, fmt.Errorf("image reference %q: no path after %q", s, prefix+":")
		}
		return Reference{Transport: Dir, Path: rest}, nil
	case "containers-storage", "ostree", "sif", "tarball", "docker-image":
		return Reference{}, fmt.Errorf("image reference %q: transport %s is not supported", s, prefix)
	}
	return Reference{Path: s, Name: s}, nil
}

func named(transport Transport, s, name string) (Reference, error) {
	if name == "" {
		return Reference{}, fmt.Errorf("image reference %q: no name after the transport", s)
	}
	return Reference{Transport: transport, Name: name}, nil
}

// String returns the reference as it would be typed.
func (r Reference) String() string {
	switch {
	case r.Transport == Any:
		return r.Path
	case r.Transport == Registry:
		return "docker://" + r.Name
	case r.Transport == Daemon:
		return "docker-daemon:" + r.Name
	case r.Name != "":
		return string(r.Transport) + ":" + r.Path + ":" + r.Name
	}
	return string(r.Transport) + ":" + r.Path
}
