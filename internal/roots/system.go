package roots

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"
	"time"
)

// Where the system's roots are: crypto/x509's lists for Linux (root_linux.go).
// Of the files the first that can be read counts, of the folders all.
var (
	systemFiles = []string{
		"etc/ssl/certs/ca-certificates.crt",                // Debian, Ubuntu, Alpine
		"etc/pki/tls/certs/ca-bundle.crt",                  // Fedora, RHEL 6
		"etc/ssl/ca-bundle.pem",                            // openSUSE
		"etc/pki/tls/cacert.pem",                           // OpenELEC
		"etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", // CentOS, RHEL 7
		"etc/ssl/cert.pem",                                 // Alpine
	}
	systemDirs = []string{
		"etc/ssl/certs",
		"etc/pki/tls/certs",
	}
)

func (s *Store) addSystem(o Options) error {
	system := o.System
	if system == nil {
		system = os.DirFS("/")
	}
	if o.CertFile != "" {
		if err := s.addNamedFile(o.CertFile, "SSL_CERT_FILE"); err != nil {
			return err
		}
	} else {
		s.addFirstFile(system)
	}
	if o.CertDir == "" {
		for _, dir := range systemDirs {
			s.addDir(system, dir, "/"+dir, "")
		}
		return nil
	}
	for dir := range strings.SplitSeq(o.CertDir, ":") {
		if dir == "" {
			continue
		}
		found, err := s.addDir(os.DirFS(dir), ".", dir, "SSL_CERT_DIR")
		if err == nil && found == 0 {
			err = errors.New("no PEM certificate in it")
		}
		if err != nil {
			return fmt.Errorf("SSL_CERT_DIR=%q: %w", dir, err)
		}
	}
	return nil
}

func (s *Store) addFirstFile(system fs.FS) {
	for _, name := range systemFiles {
		data, err := fs.ReadFile(system, name)
		if err != nil {
			continue
		}
		// One bad certificate doesn't cost the system's others.
		certs, _ := parsePEM(data)
		src := s.source("/"+name, "")
		for _, cert := range certs {
			s.add(src, cert, time.Time{})
		}
		return
	}
}

// addDir adds the certificates of a folder's files and returns their number. A
// bundle that was read as a file already is passed over.
func (s *Store) addDir(system fs.FS, dir, name, why string) (found int, err error) {
	entries, err := fs.ReadDir(system, dir)
	if err != nil {
		var pathErr *fs.PathError
		if errors.As(err, &pathErr) {
			err = pathErr.Err // the caller names the folder
		}
		return 0, err
	}
	src := s.source(name, why)
	for _, entry := range entries {
		file := path.Join(dir, entry.Name())
		if s.hasSource("/" + file) {
			continue
		}
		data, err := fs.ReadFile(system, file)
		if err != nil {
			continue // a sub-folder, a dangling link
		}
		certs, _ := parsePEM(data)
		for _, cert := range certs {
			s.add(src, cert, time.Time{})
		}
		found += len(certs)
	}
	if found == 0 {
		s.Sources = s.Sources[:src]
	}
	return found, nil
}

func (s *Store) hasSource(name string) bool {
	for _, source := range s.Sources {
		if source.Name == name {
			return true
		}
	}
	return false
}
