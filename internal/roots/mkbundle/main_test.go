package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/binary"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"devops-go/internal/roots/lz"
)

func root(t *testing.T, name string) []byte {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{Subject: pkix.Name{CommonName: name}, SerialNumber: big.NewInt(1), IsCA: true, BasicConstraintsValid: true, NotAfter: time.Now()}
	der, err := x509.CreateCertificate(rand.Reader, template, template, public, private)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func write(t *testing.T, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// build runs the generator and returns what it wrote.
func build(t *testing.T, args ...string) (bundle, source []byte) {
	t.Helper()
	dir := t.TempDir()
	var stderr bytes.Buffer
	if status := run(append([]string{"-date", "2026-01-02", "-o", dir}, args...), &stderr); status != 0 {
		t.Fatalf("status %d: %s", status, &stderr)
	}
	bundle, err := os.ReadFile(filepath.Join(dir, "bundle.bin"))
	if err != nil {
		t.Fatal(err)
	}
	source, err = os.ReadFile(filepath.Join(dir, "bundle.go"))
	if err != nil {
		t.Fatal(err)
	}
	return bundle, source
}

func TestSameCertificatesSameBytes(t *testing.T) {
	a, b := root(t, "A"), root(t, "B")
	block := func(der []byte) []byte { return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}) }
	inDER, source := build(t, write(t, "ab.der", append(bytes.Clone(a), b...)))
	inPEM, _ := build(t, write(t, "b.pem", append(block(b), "comment\n"...)), write(t, "a.pem", append(block(a), block(b)...)))
	if !bytes.Equal(inDER, inPEM) {
		t.Error("PEM in another order gives other bytes than DER")
	}
	if !strings.Contains(string(source), "Count = 2") || !strings.Contains(string(source), `Date  = "2026-01-02"`) {
		t.Errorf("%s", source)
	}
	plain, err := lz.Expand(inDER)
	if err != nil {
		t.Fatal(err)
	}
	if sum := sha256.Sum256(a); !bytes.Equal(plain[6:6+len(sum)], sum[:]) {
		t.Error("the first entry does not have the sum of the first certificate by subject")
	}
}

func TestDistrustAfter(t *testing.T) {
	a, b := root(t, "A"), root(t, "B")
	table := fmt.Sprintf("{\n sha256Hash:   \"%x\",\n},{\n sha256Hash: \"%x\",\n distrustAfter: \"2026-04-15T23:59:59Z\",\n}",
		sha256.Sum256(a), sha256.Sum256(b))
	bundle, _ := build(t, "-distrust", write(t, "table.go", []byte(table)), write(t, "ab.der", append(bytes.Clone(a), b...)))
	plain, err := lz.Expand(bundle)
	if err != nil {
		t.Fatal(err)
	}
	second := plain[6+sha256.Size+int(binary.BigEndian.Uint16(plain)):]
	want := time.Date(2026, 4, 15, 23, 59, 59, 0, time.UTC).Unix()
	if first, got := binary.BigEndian.Uint32(plain[2:]), binary.BigEndian.Uint32(second[2:]); first != 0 || int64(got) != want {
		t.Errorf("dates %d and %d, want 0 and %d", first, got, want)
	}
}

func TestBadInput(t *testing.T) {
	good := write(t, "a.der", root(t, "A"))
	for _, tt := range []struct {
		args []string
		want string
	}{
		{[]string{"-date", "today", good}, `-date "today": want YYYY-MM-DD`},
		{[]string{"-date", "2026-01-02"}, "no certificates"},
		{[]string{"-date", "2026-01-02", "/nope"}, "no such file"},
		{[]string{"-date", "2026-01-02", write(t, "bad.der", []byte("junk"))}, "bad.der: x509: malformed"},
		{[]string{"-date", "2026-01-02", "-distrust", write(t, "t.go", []byte(`distrustAfter: "soon"`)), good}, `bad distrustAfter "soon"`},
		{[]string{"-date", "2026-01-02", "-distrust", write(t, "t.go", []byte(`sha256Hash: "12"`)), good}, `bad sha256Hash "12"`},
	} {
		var stderr bytes.Buffer
		dir := t.TempDir()
		status := run(append([]string{"-o", dir}, tt.args...), &stderr)
		left, _ := os.ReadDir(dir)
		if status != 2 || !strings.Contains(stderr.String(), tt.want) || len(left) > 0 {
			t.Errorf("%v: status %d, %d files, %s", tt.args, status, len(left), &stderr)
		}
	}
}
