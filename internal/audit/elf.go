package audit

import (
	"fmt"
	"path"
	"strings"

	"devops-go/internal/layers"
	"devops-go/internal/secret"
)

// minDebug is how many bytes of debug information are worth a finding.
const minDebug = 64 << 10

// runnable returns the program that the file is, where a container can start
// it; nil elsewhere. Samples for a tool's tests are nobody's programs.
func (f *file) runnable() *program {
	if !f.shown || f.facts == nil || f.facts.program == nil || !f.facts.program.executable || f.Mode&0o111 == 0 || secret.IsSample(f.path) {
		return nil
	}
	return f.facts.program
}

func checkDebug(_ *auditor, f *file, found func(Finding)) {
	p := f.runnable()
	if p == nil {
		return
	}
	if debug := p.debug; debug >= minDebug {
		finding := f.at(fmt.Sprintf("%d of %d bytes are symbols and debug information", debug, f.Size))
		finding.Bytes = debug
		found(finding)
	}
}

// checkLibraries finds dynamic executables that can't start.
func checkLibraries(a *auditor, f *file, found func(Finding)) {
	p := f.runnable()
	if p == nil || p.loader == "" {
		return
	}
	if !strings.HasPrefix(p.loader, "/") || a.stack.Resolve(p.loader) == nil {
		found(f.at("a dynamic executable, and its loader " + p.loader + " is not in the image"))
		return
	}
	var missing []string
	for _, library := range p.needed {
		if !a.hasLibrary(library, p, path.Dir("/"+f.path)) {
			missing = append(missing, library)
		}
	}
	if len(missing) > 0 {
		found(f.at("needs " + strings.Join(missing, ", ") + ", not in the image"))
	}
}

// hasLibrary reports whether a dynamic program in dir finds the library. Where
// a loader looks is configured in many ways, so any library of that name in the
// image counts as found.
func (a *auditor) hasLibrary(name string, p *program, dir string) bool {
	if strings.Contains(name, "/") {
		return a.stack.Resolve(path.Join(dir, name)) != nil || a.stack.Resolve(name) != nil
	}
	for _, place := range p.runPath {
		place = strings.NewReplacer("$ORIGIN", dir, "${ORIGIN}", dir).Replace(place)
		if a.stack.Resolve(place+"/"+name) != nil {
			return true
		}
	}
	return a.names()[name]
}

// names returns the base names of all that the image shows beside directories.
func (a *auditor) names() map[string]bool {
	if a.shownNames == nil {
		a.shownNames = map[string]bool{}
		for n := range a.stack.All() {
			if !n.IsDir() {
				a.shownNames[n.Name] = true
			}
		}
	}
	return a.shownNames
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
	if p := f.runnable(); p != nil && p.goVersion != "" && p.client && !p.pool && !p.roots && !a.hasRoots() {
		found(f.at("a guess: a Go program (" + p.goVersion + ") that makes TLS connections, and neither the image nor the program has roots to verify them"))
	}
}
