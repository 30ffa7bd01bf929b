package roots

import (
	"crypto/ecdsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"devops-go/internal/testpki"
)

// An authority can sign, and writes itself to files.
type authority struct {
	t    *testing.T
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t *testing.T, name string) authority {
	t.Helper()
	cert, key := testpki.Sign(t, &x509.Certificate{Subject: pkix.Name{CommonName: name}, IsCA: true, BasicConstraintsValid: true}, nil, nil)
	return authority{t, cert, key}
}

func (a authority) write(path string) string {
	a.t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		a.t.Fatal(err)
	}
	testpki.WritePEM(a.t, path, "CERTIFICATE", a.cert.Raw)
	return path
}

func TestEmbedded(t *testing.T) {
	s, err := Load(Options{Root: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Roots) != Count || Count < 100 {
		t.Errorf("%d roots, Count is %d", len(s.Roots), Count)
	}
	distrusted := 0
	for _, root := range s.Roots {
		if !root.Certificate.IsCA || len(root.Certificate.Signature) > 0 {
			t.Errorf("%s: CA %v, signature of %d bytes", Name(root.Certificate.Subject), root.Certificate.IsCA, len(root.Certificate.Signature))
		}
		if !root.DistrustAfter.IsZero() {
			distrusted++
		}
	}
	if distrusted == 0 {
		t.Error("no root has a distrust-after date: were they lost?")
	}
}

func TestPolicy(t *testing.T) {
	dir := t.TempDir()
	system, extra := newAuthority(t, "system"), newAuthority(t, "extra")
	withSystem, without := filepath.Join(dir, "with"), filepath.Join(dir, "without")
	system.write(withSystem + "/etc/ssl/certs/ca-certificates.crt")
	onlyDir := filepath.Join(dir, "onlydir")
	system.write(onlyDir + "/etc/ssl/certs/corporate.pem")
	file := extra.write(dir + "/extra.pem")
	extraDir := filepath.Dir(extra.write(dir + "/d/x.pem"))
	empty := filepath.Join(dir, "empty")
	if err := os.MkdirAll(empty, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(dir+"/none.pem", []byte("nothing"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name    string
		options Options
		roots   int    // besides the embedded
		err     string // instead
	}{
		{"nothing but the embedded", Options{Root: without}, 0, ""},
		{"one corporate certificate does not switch them off", Options{Root: onlyDir}, 1, ""},
		{"the system's bundle adds", Options{Root: withSystem}, 1, ""},
		{"the extra file adds to both", Options{Root: withSystem, ExtraFile: file}, 2, ""},
		{"SSL_CERT_FILE stands for the system's file", Options{Root: withSystem, CertFile: file}, 2, ""}, // the folder is read, too
		{"SSL_CERT_FILE and no folder", Options{Root: without, CertFile: file}, 1, ""},
		{"SSL_CERT_DIR stands for the system's folders", Options{Root: onlyDir, CertDir: extraDir}, 1, ""},
		{"SSL_CERT_DIR with several", Options{Root: without, CertDir: extraDir + ":" + onlyDir + "/etc/ssl/certs"}, 2, ""},
		{"the same one twice counts once", Options{Root: without, CertFile: file, ExtraFile: file}, 1, ""},
		{"explicitly without the embedded", Options{Root: withSystem, NoEmbedded: true}, 1 - Count, ""},
		{"nobody at all", Options{Root: without, NoEmbedded: true}, 0, "no trusted roots"},
		{"extra file unreadable", Options{Root: without, ExtraFile: "/nope"}, 0, `EXTRA_CA_FILE="/nope": no such file or directory`},
		{"extra file empty", Options{Root: without, ExtraFile: dir + "/none.pem"}, 0, "no PEM certificate in it"},
		{"SSL_CERT_FILE unreadable", Options{Root: without, CertFile: "/nope"}, 0, `SSL_CERT_FILE="/nope": no such file or directory`},
		{"SSL_CERT_DIR unreadable", Options{Root: without, CertDir: "/nope"}, 0, `SSL_CERT_DIR="/nope": no such file or directory`},
		{"SSL_CERT_DIR empty", Options{Root: without, CertDir: empty}, 0, "no PEM certificate in it"},
		{"SSL_CERT_DIR a file", Options{Root: without, CertDir: file}, 0, "SSL_CERT_DIR="},
	} {
		s, err := Load(tt.options)
		if tt.err != "" {
			if err == nil || !strings.Contains(err.Error(), tt.err) {
				t.Errorf("%s: error %v, want %q", tt.name, err, tt.err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		if got := len(s.Roots) - Count; got != tt.roots {
			t.Errorf("%s: %d roots besides the embedded, want %d: %+v", tt.name, got, tt.roots, s.Sources)
		}
	}
}

func TestDistrustAfter(t *testing.T) {
	a := newAuthority(t, "doubtful")
	cutoff := time.Now().Add(-24 * time.Hour).Truncate(time.Second)
	verify := func(s *Store, issued time.Time) error {
		leaf, _ := testpki.Sign(t, &x509.Certificate{DNSNames: []string{"x.test"}, NotBefore: issued}, a.cert, a.key)
		_, err := leaf.Verify(x509.VerifyOptions{Roots: s.Pool(), DNSName: "x.test"})
		return err
	}
	s := &Store{index: map[[32]byte]int{}}
	s.add(s.source(Embedded, ""), Root{Certificate: a.cert, DistrustAfter: cutoff})
	if err := verify(s, cutoff.Add(-time.Minute)); err != nil {
		t.Errorf("issued before: %v", err)
	}
	if err := verify(s, cutoff.Add(time.Minute)); err == nil || !strings.Contains(err.Error(), "distrusted") {
		t.Errorf("issued after: %v", err)
	}
}

func TestCheck(t *testing.T) {
	s, err := Load(Options{Root: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	published, err := time.Parse(time.DateOnly, Date)
	if err != nil {
		t.Fatal(err)
	}
	if faults := s.Check(published.AddDate(0, 0, 1)); len(faults) != 0 {
		t.Errorf("a day old: %v", faults)
	}
	if faults := s.Check(published.AddDate(1, 0, 1)); len(faults) == 0 || !strings.Contains(faults[0], "more than a year ago") {
		t.Errorf("a year and a day old: %v", faults)
	}
	if faults := s.Check(published.AddDate(60, 0, 0)); len(faults) != Count+1 || !strings.Contains(faults[1], "expired on ") {
		t.Errorf("60 years old: %d faults", len(faults))
	}
	next, ok := s.NextToExpire(published)
	if !ok || !next.Certificate.NotAfter.After(published) {
		t.Errorf("next to expire: %v", next.Certificate.NotAfter)
	}
	if _, ok := s.NextToExpire(published.AddDate(60, 0, 0)); ok {
		t.Error("something is still to expire in 60 years")
	}
}

func TestReport(t *testing.T) {
	a := newAuthority(t, "corporate\x1b[31m")
	file := a.write(t.TempDir() + "/ca.pem")
	s, err := Load(Options{Root: t.TempDir(), ExtraFile: file})
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	s.Report(&b, time.Now(), true)
	for _, want := range []string{
		"   1 roots  " + file + " (EXTRA_CA_FILE)\n",
		" roots  embedded, Mozilla's of " + Date + "\n",
		"CN=corporate?[31m  (" + file + ")\n",
		"; not for certificates issued after 20",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in\n%.2000s", want, b.String())
		}
	}
	if got := s.Origin(a.cert); got != file {
		t.Errorf("origin %q", got)
	}
}
