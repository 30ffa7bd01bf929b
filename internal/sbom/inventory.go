// Package sbom lists the software in an image, as SPDX or CycloneDX. It finds Go
// modules in the build information of executables, and packages in the databases of
// Alpine and Debian.
package sbom

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"debug/buildinfo"
	"errors"
	"fmt"
	"io"
	"net/url"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"devops-go/internal/digest"
	"devops-go/internal/elfinfo"
	"devops-go/internal/image"
	"devops-go/internal/layers"
)

// An Inventory is the software in an image.
type Inventory struct {
	Image    string // its name, or ""
	Platform string
	// Digest is that of the manifest, or of the configuration where there is
	// none.
	Digest digest.Digest
	// Created is when the image was; the documents say that they are as old.
	Created time.Time
	// Packages are sorted and don't repeat.
	Packages []Package
}

// A Package is a piece of software with a version.
type Package struct {
	// PURL is the package URL (github.com/package-url/purl-spec).
	PURL          string
	Name, Version string
	License       string // as the database has it
	// Path is the file in the image that says so.
	Path string
	// Main marks the program itself, Properties what it was built with.
	Main       bool
	Properties []Property
}

// A Property is a setting of a build.
type Property struct{ Name, Value string }

// The databases of packages, and where distroless images have theirs.
const (
	apkInstalled  = "lib/apk/db/installed"
	apkInstalled3 = "usr/lib/apk/db/installed"
	dpkgStatus    = "var/lib/dpkg/status"
	dpkgStatusDir = "var/lib/dpkg/status.d"
	osRelease     = "etc/os-release"
	osReleaseUsr  = "usr/lib/os-release"
	maxDatabase   = 64 << 20
)

// Read takes the inventory of an image.
func Read(ctx context.Context, stack *layers.Stack) (*Inventory, error) {
	img := stack.Image
	inv := &Inventory{Platform: img.Platform().String(), Digest: img.ManifestDigest}
	if inv.Digest.IsZero() {
		inv.Digest = img.ConfigDigest
	}
	if len(img.Tags) > 0 {
		inv.Image = img.Tags[0]
	}
	inv.Created = time.Unix(0, 0).UTC()
	if img.Config.Created != nil {
		inv.Created = img.Config.Created.UTC()
	}
	r := &reader{arch: img.Platform().Architecture}
	wanted := map[*layers.Entry]bool{}
	for n := range stack.All() {
		if n.Entry != nil && n.Entry.IsRegular() && (isDatabase(n.Path()) || n.Entry.Mode&0o111 != 0) {
			wanted[n.Entry] = true
		}
	}
	if err := stack.Contents(ctx, wanted, r.visit); err != nil {
		return nil, err
	}
	inv.Packages = r.packages()
	return inv, nil
}

func isDatabase(p string) bool {
	switch p {
	case apkInstalled, apkInstalled3, dpkgStatus, osRelease, osReleaseUsr:
		return true
	}
	return path.Dir(p) == dpkgStatusDir && !strings.HasSuffix(p, ".md5sums")
}

// A reader collects packages from files, of several layers at a time.
type reader struct {
	arch string

	mu     sync.Mutex
	goPkgs []Package
	apk    []record
	deb    []record
	distro string
}

// A record is an entry of a package database.
type record struct{ name, version, license, arch, path string }

func (r *reader) visit(_ *image.Layer, e *layers.Entry, content io.Reader) error {
	p := e.Node.Path()
	if !isDatabase(p) {
		return r.executable(p, content)
	}
	b, err := io.ReadAll(io.LimitReader(content, maxDatabase+1))
	if err != nil {
		return err
	}
	if len(b) > maxDatabase {
		return fmt.Errorf("package database of more than %d bytes", maxDatabase)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	switch p {
	case apkInstalled, apkInstalled3:
		r.apk = append(r.apk, parseAPK(b, p)...)
	case osRelease, osReleaseUsr:
		r.distro = cmp.Or(distro(b), r.distro)
	default:
		r.deb = append(r.deb, parseDpkg(b, p)...)
	}
	return nil
}

// executable reads the build information of a Go program; what isn't one says
// nothing.
func (r *reader) executable(p string, content io.Reader) error {
	at, done, err := readerAt(content)
	if err != nil || at == nil {
		return err
	}
	defer done()
	f, err := elfinfo.Read(at)
	if err != nil || f.Build == nil {
		return nil // no Go program
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.goPkgs = append(r.goPkgs, goPackages(f.Build, p)...)
	return nil
}

// readerAt returns content for reading at random, and nil where it is no ELF
// file. A stream is kept in a file until done is called.
func readerAt(content io.Reader) (at io.ReaderAt, done func() error, err error) {
	buffered := bufio.NewReader(content)
	magic, err := buffered.Peek(len(elfinfo.Magic))
	if err != nil || !bytes.Equal(magic, []byte(elfinfo.Magic)) {
		if err == io.EOF {
			err = nil
		}
		return nil, nil, err
	}
	if s, ok := content.(*io.SectionReader); ok {
		return s, func() error { return nil }, nil
	}
	f, err := image.Scratch("")
	if err != nil {
		return nil, nil, fmt.Errorf("scratch file: %w", err)
	}
	if _, err := io.Copy(f, buffered); err != nil {
		return nil, nil, errors.Join(err, f.Close())
	}
	return f, f.Close, nil
}

// goPackages lists a program's main module, its dependencies and the standard
// library that it was built with.
func goPackages(info *buildinfo.BuildInfo, p string) []Package {
	toolchain, _, _ := strings.Cut(strings.TrimPrefix(info.GoVersion, "go"), " ")
	version, _, _ := strings.Cut(toolchain, "-X:")
	main := goModule(info.Main.Path, info.Main.Version, p)
	if main.Name == "" {
		main = goModule(cmp.Or(info.Path, path.Base(p)), "", p)
	}
	main.Main = true
	main.Properties = append(main.Properties, Property{"go.version", info.GoVersion})
	for _, s := range info.Settings {
		main.Properties = append(main.Properties, Property{"build." + s.Key, s.Value})
	}
	all := []Package{main, goModule("stdlib", version, p)}
	for _, m := range info.Deps {
		if m.Replace != nil {
			m = m.Replace
		}
		all = append(all, goModule(m.Path, m.Version, p))
	}
	return all
}

func goModule(name, version, p string) Package {
	if version == "(devel)" {
		version = ""
	}
	return Package{PURL: purl("golang", name, version, ""), Name: name, Version: version, Path: p}
}

// purl builds a package URL.
func purl(kind, name, version, qualifiers string) string {
	var parts []string
	for part := range strings.SplitSeq(name, "/") {
		parts = append(parts, escape(part))
	}
	s := "pkg:" + kind + "/" + strings.Join(parts, "/")
	if version != "" {
		s += "@" + escape(version)
	}
	if qualifiers != "" {
		s += "?" + qualifiers
	}
	return s
}

// escape writes a component of a package URL: letters, digits and "-._~" stay.
func escape(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }

// packages returns what was found, in a fixed order.
func (r *reader) packages() []Package {
	all := r.goPkgs
	id, version, _ := strings.Cut(r.distro, " ")
	add := func(kind, vendor string, list []record) {
		for _, rec := range list {
			name := cmp.Or(id, vendor)
			q := "arch=" + url.QueryEscape(rec.arch)
			if version != "" {
				q += "&distro=" + url.QueryEscape(name+"-"+version)
			}
			all = append(all, Package{
				PURL: purl(kind, name+"/"+rec.name, rec.version, q),
				Name: rec.name, Version: rec.version, License: rec.license, Path: rec.path,
			})
		}
	}
	add("apk", "alpine", r.apk)
	add("deb", "debian", r.deb)
	slices.SortStableFunc(all, func(a, b Package) int {
		return cmp.Or(strings.Compare(a.PURL, b.PURL), strings.Compare(a.Path, b.Path))
	})
	return slices.CompactFunc(all, func(a, b Package) bool { return a.PURL == b.PURL && a.Path == b.Path })
}
