// Package roots decides whom the appliance trusts: Mozilla's root certificates,
// embedded; those of the system; and a file that the owner names. It reports
// what is trusted and why. Making connections is left to others.
//
// Go's own rule (crypto/x509.SetFallbackRoots) takes either the system's roots
// or the embedded ones: one corporate certificate mounted into /etc/ssl/certs
// switches the public web off, and an SSL_CERT_FILE that can't be read silently
// switches it on. Here the sets add up, and a named file that is of no use is
// an error.
//
// The embedded set is the Mozilla CA Certificate Program's, under the Mozilla
// Public License 2.0, as golang.org/x/crypto/x509roots/fallback publishes it
// (BSD licence of the Go authors). `make roots` renews it.
package roots

import (
	"bytes"
	"compress/flate"
	"crypto/x509"
	_ "embed"
	"encoding/binary"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"
)

//go:embed bundle.bin
var bundle []byte

// Embedded is the name of the embedded set as a source.
const Embedded = "embedded"

// Options say where roots come from.
type Options struct {
	ExtraFile  string // EXTRA_CA_FILE: trusted besides the rest
	CertFile   string // SSL_CERT_FILE: stands for the system's bundle files
	CertDir    string // SSL_CERT_DIR: stands for the system's folders; colons separate several
	NoEmbedded bool   // leave the embedded set out
	System     fs.FS  // the file system with the system's roots; nil is the machine's
}

// A Root is a trusted certificate.
type Root struct {
	Certificate   *x509.Certificate
	Sources       []string  // every place it was found in
	DistrustAfter time.Time // vouches for nothing issued later; zero is no such date
}

// A Source is a place that roots were read from.
type Source struct {
	Name string // "embedded", or the file or folder
	Why  string // "" for the system's own places, else the setting that names it
	Read int    // certificates found
	New  int    // of these, not in an earlier source
}

// A Store is a set of trusted roots.
type Store struct {
	Roots   []Root
	Sources []Source
	index   map[string]int // of Roots, by raw certificate
}

// Load reads all the roots that o names. A file or folder that a setting names
// and that can't be read or holds no certificate is an error; so is a store
// without any root.
func Load(o Options) (*Store, error) {
	s := &Store{index: map[string]int{}}
	// The owner's own file comes first: naming a certificate there lifts a
	// distrust date that the embedded set has for it.
	if o.ExtraFile != "" {
		if err := s.addNamedFile(o.ExtraFile, "EXTRA_CA_FILE"); err != nil {
			return nil, err
		}
	}
	if !o.NoEmbedded {
		if err := s.addEmbedded(); err != nil {
			return nil, err
		}
	}
	if err := s.addSystem(o); err != nil {
		return nil, err
	}
	if len(s.Roots) == 0 {
		return nil, errors.New("no trusted roots: the embedded set is off, and the system has none")
	}
	return s, nil
}

// CheckFile reports whether name can be read as a file of certificates.
func CheckFile(name string) error {
	_, err := readFile(name)
	return err
}

func (s *Store) addEmbedded() error {
	src := s.source(Embedded, "")
	plain, err := inflate(bundle)
	for err == nil && len(plain) > 0 {
		// The layout is mkbundle's: length, distrust-after date, DER.
		size := 6 + int(binary.BigEndian.Uint16(plain))
		var cert *x509.Certificate
		if cert, err = x509.ParseCertificate(plain[6:size]); err == nil {
			var date time.Time
			if seconds := binary.BigEndian.Uint32(plain[2:]); seconds != 0 {
				date = time.Unix(int64(seconds), 0)
			}
			s.add(src, cert, date)
		}
		plain = plain[size:]
	}
	if err != nil {
		return fmt.Errorf("embedded roots: %w", err)
	}
	return nil
}

func inflate(packed []byte) ([]byte, error) {
	var plain bytes.Buffer
	_, err := plain.ReadFrom(flate.NewReader(bytes.NewReader(packed)))
	return plain.Bytes(), err
}

// source begins a new source and returns its index.
func (s *Store) source(name, why string) int {
	s.Sources = append(s.Sources, Source{Name: name, Why: why})
	return len(s.Sources) - 1
}

func (s *Store) add(source int, cert *x509.Certificate, distrustAfter time.Time) {
	src := &s.Sources[source]
	src.Read++
	i, known := s.index[string(cert.Raw)]
	if !known {
		src.New++
		i = len(s.Roots)
		s.index[string(cert.Raw)] = i
		s.Roots = append(s.Roots, Root{Certificate: cert, DistrustAfter: distrustAfter})
	}
	s.Roots[i].Sources = append(s.Roots[i].Sources, src.Name)
}

func (s *Store) addNamedFile(name, why string) error {
	certs, err := readFile(name)
	if err != nil {
		return fmt.Errorf("%s=%q: %w", why, name, err)
	}
	src := s.source(name, why)
	for _, cert := range certs {
		s.add(src, cert, time.Time{})
	}
	return nil
}

// readFile reads a PEM file that a setting names: every certificate in it must
// parse, and there must be one.
func readFile(name string) ([]*x509.Certificate, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, errors.Unwrap(err) // the caller names the file
	}
	certs, err := parsePEM(data)
	if err != nil {
		return nil, err
	}
	if len(certs) == 0 {
		return nil, errors.New("no PEM certificate in it")
	}
	return certs, nil
}

// parsePEM returns the certificates in data and the first parse error.
func parsePEM(data []byte) (certs []*x509.Certificate, err error) {
	for {
		var block *pem.Block
		if block, data = pem.Decode(data); block == nil {
			return certs, err
		}
		if block.Type != "CERTIFICATE" {
			continue
		}
		cert, parseErr := x509.ParseCertificate(block.Bytes)
		if parseErr == nil {
			certs = append(certs, cert)
		} else if err == nil {
			err = parseErr
		}
	}
}

// Pool returns the roots as crypto/tls wants them.
func (s *Store) Pool() *x509.CertPool {
	pool := x509.NewCertPool()
	for _, root := range s.Roots {
		if date := root.DistrustAfter; date.IsZero() {
			pool.AddCert(root.Certificate)
		} else {
			pool.AddCertWithConstraint(root.Certificate, func(chain []*x509.Certificate) error {
				return notIssuedAfter(date, chain)
			})
		}
	}
	return pool
}

// notIssuedAfter applies a distrust-after date as Mozilla does: to the issue of
// the leaf, not to that of the root or of what stands between.
func notIssuedAfter(date time.Time, chain []*x509.Certificate) error {
	if len(chain) > 0 && chain[0].NotBefore.After(date) {
		return fmt.Errorf("issued after %s, from when its root is distrusted", day(date))
	}
	return nil
}

// Origin names the places that a trusted certificate came from, "" if it is
// not in the store.
func (s *Store) Origin(cert *x509.Certificate) string {
	if i, ok := s.index[string(cert.Raw)]; ok {
		return strings.Join(s.Roots[i].Sources, ", ")
	}
	return ""
}

// NextToExpire returns the root that has not expired at now and will be the
// first to.
func (s *Store) NextToExpire(now time.Time) (next Root, ok bool) {
	for _, root := range s.Roots {
		if expiry := root.Certificate.NotAfter; expiry.After(now) && (!ok || expiry.Before(next.Certificate.NotAfter)) {
			next, ok = root, true
		}
	}
	return next, ok
}

// Check returns what is wrong at now: expired roots, and an embedded set of more
// than a year ago.
func (s *Store) Check(now time.Time) (faults []string) {
	for _, source := range s.Sources {
		if published, _ := time.Parse(time.DateOnly, Date); source.Name == Embedded && now.After(published.AddDate(1, 0, 0)) {
			faults = append(faults, "the embedded roots are of "+Date+", more than a year ago")
		}
	}
	for _, root := range s.Roots {
		if cert := root.Certificate; now.After(cert.NotAfter) {
			faults = append(faults, fmt.Sprintf("expired on %s: %s (%s)",
				day(cert.NotAfter), cert.Subject, strings.Join(root.Sources, ", ")))
		}
	}
	return faults
}
