// Package roots provides the root certificates that the appliance trusts: Mozilla's,
// which are embedded, those of the system, and those in a file that the user names.
// It also reports what is trusted and why.
//
// Go's fallback roots (crypto/x509.SetFallbackRoots) are used only if there are no
// system roots: one corporate certificate mounted into /etc/ssl/certs disables them,
// and an unreadable SSL_CERT_FILE silently enables them. Here the sets add up, and a named file that is of no use is
// an error.
//
// The embedded set is the Mozilla CA Certificate Program's, under the Mozilla
// Public License 2.0, as golang.org/x/crypto/x509roots/fallback publishes it
// (BSD licence of the Go authors). `make roots` renews it.
package roots

import (
	"crypto/sha256"
	"crypto/x509"
	_ "embed"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"devops-go/internal/roots/lz"
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
	Root       string // where the system's folders are; "" is /
}

// A Root is a trusted certificate.
type Root struct {
	Certificate   *x509.Certificate // an embedded one has no signature
	SHA256        [sha256.Size]byte // of the certificate as its owner published it
	Sources       []string          // every place it was found in
	DistrustAfter time.Time         // vouches for nothing issued later; zero is no such date
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
	index   map[[sha256.Size]byte]int // of Roots, by SHA256
}

// Load reads all the roots that o names. A file or folder that a setting names
// and that can't be read or holds no certificate is an error; so is a store
// without any root.
func Load(o Options) (*Store, error) {
	s := &Store{index: map[[sha256.Size]byte]int{}}
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

// headSize is the length of what mkbundle's pack writes before each DER.
const headSize = 2 + 4 + sha256.Size

func (s *Store) addEmbedded() error {
	src := s.source(Embedded, "")
	rest, err := lz.Expand(bundle)
	if err != nil {
		return fmt.Errorf("embedded roots: %w", err)
	}
	for len(rest) > 0 {
		end := headSize + int(binary.BigEndian.Uint16(rest))
		cert, err := x509.ParseCertificate(rest[headSize:end])
		if err != nil {
			return fmt.Errorf("embedded roots: %w", err)
		}
		var date time.Time
		if seconds := binary.BigEndian.Uint32(rest[2:]); seconds != 0 {
			date = time.Unix(int64(seconds), 0)
		}
		s.add(src, Root{Certificate: cert, SHA256: [sha256.Size]byte(rest[6:headSize]), DistrustAfter: date})
		rest = rest[end:]
	}
	return nil
}

// source begins a new source and returns its index.
func (s *Store) source(name, why string) int {
	s.Sources = append(s.Sources, Source{Name: name, Why: why})
	return len(s.Sources) - 1
}

// add adds a root that was found in the source. Of one that is known already,
// what was known first stays.
func (s *Store) add(source int, root Root) {
	src := &s.Sources[source]
	i, known := s.index[root.SHA256]
	if !known {
		src.New++
		i = len(s.Roots)
		s.index[root.SHA256] = i
		s.Roots = append(s.Roots, root)
	}
	found := &s.Roots[i].Sources
	if slices.Contains(*found, src.Name) {
		return // a folder has many by two names
	}
	src.Read++
	*found = append(*found, src.Name)
}

// addAll adds certificates as they stand in a file.
func (s *Store) addAll(source int, certs []*x509.Certificate) {
	for _, cert := range certs {
		s.add(source, Root{Certificate: cert, SHA256: sha256.Sum256(cert.Raw)})
	}
}

func (s *Store) addNamedFile(name, why string) error {
	certs, err := readFile(name)
	if err != nil {
		return fmt.Errorf("%s=%q: %w", why, name, err)
	}
	s.addAll(s.source(name, why), certs)
	return nil
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

// Origin names the places that the root at the end of a verified chain came
// from.
func (s *Store) Origin(cert *x509.Certificate) string {
	for _, root := range s.Roots {
		if root.Certificate.Equal(cert) {
			return strings.Join(root.Sources, ", ")
		}
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
				day(cert.NotAfter), Name(cert.Subject), strings.Join(root.Sources, ", ")))
		}
	}
	return faults
}
