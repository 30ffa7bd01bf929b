package audit

import (
	"fmt"
	"io"
	"path"
	"strings"

	"devops-go/internal/elfinfo"
	"devops-go/internal/layers"
	"devops-go/internal/secret"
)

// minDebug is how many bytes of debug information are worth a finding.
const minDebug = 64 << 10

// A program is what is known of an ELF file.
type program struct {
	*elfinfo.File
	// client tells programs that make TLS connections, roots those that bring
	// the certificates for them.
	client, roots bool
}

// readProgram reads the ELF file at, of which tls has seen everything; nil where
// it is none. Damage is no matter of an audit.
func readProgram(at io.ReaderAt, tls *elfinfo.TLS) *program {
	f, err := elfinfo.Read(at)
	if err != nil {
		return nil
	}
	p := &program{File: f, client: tls.Client(), roots: tls.Roots()}
	if f.Build != nil {
		for _, m := range f.Build.Deps {
			p.roots = p.roots || strings.Contains(m.Path, "x509roots") || strings.Contains(m.Path, "rootcerts")
		}
	}
	if f.Build != nil {
		f.Build.Deps, f.Build.Settings = nil, nil // which may be long, and no rule asks for
	}
	return p
}

// runnable returns the program that the file is, where a container can start
// it; nil elsewhere. Samples for a tool's tests are nobody's programs.
func (f *file) runnable() *program {
	if !f.shown || f.facts == nil || f.facts.program == nil || f.facts.program.CheckProgram() != nil || f.Mode&0o111 == 0 || secret.IsSample(f.path) {
		return nil
	}
	return f.facts.program
}

func checkDebug(_ *auditor, f *file, found func(Finding)) {
	p := f.runnable()
	if p == nil {
		return
	}
	if debug := min(p.Debug, f.Size); debug >= minDebug {
		finding := f.at(fmt.Sprintf("%d of %d bytes are symbols and debug information", debug, f.Size))
		finding.Bytes = debug
		found(finding)
	}
}

// checkLibraries finds dynamic executables that can't start.
func checkLibraries(a *auditor, f *file, found func(Finding)) {
	p := f.runnable()
	if p == nil || p.Interpreter == "" {
		return
	}
	interpreter, libraries := p.Missing(a.files(), path.Dir("/"+f.path))
	switch {
	case interpreter != "":
		found(f.at("a dynamic executable, and its loader " + interpreter + " is not in the image"))
	case len(libraries) > 0:
		found(f.at("needs " + strings.Join(libraries, ", ") + ", not in the image"))
	}
}

// files tells what a program would find; it is made when a rule first asks.
func (a *auditor) files() *layers.Finder {
	if a.found == nil {
		a.found = a.stack.Finder()
	}
	return a.found
}

// rootFiles are where Go looks for the system's roots on Linux.
func rootFiles() []string {
	return []string{
		"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem", "/etc/pki/tls/cacert.pem",
		"/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", "/etc/ssl/cert.pem",
	}
}

// hasRoots reports whether the image has system roots for Go.
func (a *auditor) hasRoots() bool {
	places := rootFiles()
	if file := a.img.Config.Environ("SSL_CERT_FILE"); file != "" {
		places = append(places, file)
	}
	for _, p := range places {
		if a.stack.Resolve(p) != nil {
			return true
		}
	}
	for _, dir := range []string{"/etc/ssl/certs", "/etc/pki/tls/certs", a.img.Config.Environ("SSL_CERT_DIR")} {
		if n := a.stack.Resolve(dir); dir != "" && n != nil && hasFiles(n) {
			return true
		}
	}
	return false
}

func hasFiles(n *layers.Node) bool {
	for c := range n.Children() {
		if !c.IsDir() {
			return true
		}
	}
	return false
}

func checkRoots(a *auditor, f *file, found func(Finding)) {
	if p := f.runnable(); p != nil && p.Build != nil && p.client && !p.roots && !a.hasRoots() {
		found(f.at("a guess: a Go program (" + p.Build.GoVersion + ") that makes TLS connections, and neither the image nor the program has roots to verify them"))
	}
}
