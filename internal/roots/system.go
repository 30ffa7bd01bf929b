package roots

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
)

// Where the system's roots are: crypto/x509's lists for Linux (root_linux.go).
// The first of the files that can be read counts, and all of the directories.
var (
	systemFiles = []string{
		"/etc/ssl/certs/ca-certificates.crt",                // Debian, Ubuntu, Alpine
		"/etc/pki/tls/certs/ca-bundle.crt",                  // Fedora, RHEL 6
		"/etc/ssl/ca-bundle.pem",                            // openSUSE
		"/etc/pki/tls/cacert.pem",                           // OpenELEC
		"/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", // CentOS, RHEL 7
		"/etc/ssl/cert.pem",                                 // Alpine
	}
	systemDirs = []string{
		"/etc/ssl/certs",
		"/etc/pki/tls/certs",
	}
)

func (s *Store) addSystem(o Options) error {
	if o.CertFile != "" {
		if err := s.addNamedFile(o.CertFile, "SSL_CERT_FILE"); err != nil {
			return err
		}
	} else {
		s.addFirstFile(o.Root)
	}
	if o.CertDir == "" {
		for _, dir := range systemDirs {
			s.addDir(o.Root+dir, "")
		}
		return nil
	}
	return s.addNamedDirs(o.CertDir)
}

// addNamedDirs adds the directories of a list with colons between.
func (s *Store) addNamedDirs(list string) error {
	for dir := range strings.SplitSeq(list, ":") {
		if dir == "" {
			continue
		}
		found, err := s.addDir(dir, "SSL_CERT_DIR")
		if err == nil && found == 0 {
			err = errors.New("no PEM certificate in it")
		}
		if err != nil {
			return fmt.Errorf("SSL_CERT_DIR=%q: %w", dir, err)
		}
	}
	return nil
}

func (s *Store) addFirstFile(root string) {
	for _, name := range systemFiles {
		data, err := ReadFile(root + name)
		if err != nil {
			continue
		}
		certs, _ := parse(data) // one bad certificate doesn't cost the system's others
		s.addAll(s.source(root+name, ""), certs)
		return
	}
}

// addDir adds the certificates of a folder's files and returns their number. A
// bundle that was read as a file already is passed over.
func (s *Store) addDir(dir, why string) (found int, err error) {
	f, err := os.Open(dir)
	if err != nil {
		return 0, errors.Unwrap(err) // the caller names the folder
	}
	defer f.Close()
	names, err := f.Readdirnames(-1)
	if err != nil {
		return 0, errors.Unwrap(err)
	}
	slices.Sort(names)
	src := s.source(dir, why)
	for _, name := range names {
		file := dir + "/" + name
		if s.hasSource(file) {
			continue
		}
		data, err := ReadFile(file)
		if err != nil {
			continue // a subdirectory, a dangling link
		}
		certs, _ := parse(data)
		s.addAll(src, certs)
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
