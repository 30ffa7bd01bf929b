package roots

import (
	"bytes"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"devops-go/internal/testpki"
)

// TestForms checks that what a setting names is read or refused by name, in
// whatever form it comes.
func TestForms(t *testing.T) {
	ca, _, key := testpki.Write(t, t.TempDir())
	text, err := os.ReadFile(ca)
	if err != nil {
		t.Fatal(err)
	}
	keyText, err := os.ReadFile(key)
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(text)
	as := func(kind string) []byte { return bytes.ReplaceAll(text, []byte("CERTIFICATE"), []byte(kind)) }
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	for _, tt := range []struct {
		name string
		data []byte
		want string // "" is read
	}{
		{"PEM", text, ""},
		{"PEM with a byte-order mark", join(utf8Mark, text), ""},
		{"PEM with CRLF", bytes.ReplaceAll(text, []byte("\n"), []byte("\r\n")), ""},
		{"text before PEM", join([]byte("subject=CN\n"), text), ""},
		{"the old name", as("X509 CERTIFICATE"), ""},
		{"a key beside it", join(keyText, text), ""},
		{"DER", block.Bytes, ""},
		{"two in DER", join(block.Bytes, block.Bytes), ""},
		{"trusted", as("TRUSTED CERTIFICATE"), `"TRUSTED CERTIFICATE": want CERTIFICATE`},
		{"trusted beside another", join(text, as("TRUSTED CERTIFICATE")), `"TRUSTED CERTIFICATE": want CERTIFICATE`},
		{"PKCS 7", as("PKCS7"), `"PKCS7": want CERTIFICATE`},
		{"broken base64", join(text, bytes.Replace(text, []byte("MII"), []byte("M!I"), 1)), "can't be decoded"},
		{"cut off", join(text, text[:len(text)/2]), "can't be decoded"},
		{"a certificate cut off in DER", block.Bytes[:100], "neither PEM nor a DER certificate"},
		{"UTF-16", []byte("\xff\xfe-\x00-\x00"), "UTF-16"},
		{"a key alone", keyText, "no PEM certificate"},
		{"text", []byte("hello"), "no PEM certificate"},
		{"nothing", nil, "no PEM certificate"},
	} {
		file := filepath.Join(t.TempDir(), "ca")
		if err := os.WriteFile(file, tt.data, 0o600); err != nil {
			t.Fatal(err)
		}
		for _, o := range []Options{{ExtraFile: file}, {CertFile: file}} {
			err := Check(o)
			if (err == nil) != (tt.want == "") || err != nil && (!strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), file)) {
				t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
			}
		}
	}
}

func TestCheckNamesTheSetting(t *testing.T) {
	empty := t.TempDir()
	for want, o := range map[string]Options{
		`EXTRA_CA_FILE="/dev/zero": larger than 16777216 bytes`:  {ExtraFile: "/dev/zero"},
		`SSL_CERT_FILE="/dev/zero": larger than 16777216 bytes`:  {CertFile: "/dev/zero"},
		`SSL_CERT_FILE="/nope": no such file or directory`:       {CertFile: "/nope"},
		`EXTRA_CA_FILE="` + empty + `": is a directory`:          {ExtraFile: empty},
		`SSL_CERT_DIR="/nope": no such file or directory`:        {CertDir: "/nope"},
		`SSL_CERT_DIR="` + empty + `": no PEM certificate in it`: {CertDir: "::" + empty},
	} {
		if err := Check(o); err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
	if err := Check(Options{}); err != nil {
		t.Error(err)
	}
}

// TestBundleIsReadOnce holds that a directory passes over the bundle in it that
// was read as a file already.
func TestBundleIsReadOnce(t *testing.T) {
	root := t.TempDir()
	ca, _, _ := testpki.Write(t, t.TempDir())
	text, err := os.ReadFile(ca)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(root+"/etc/ssl/certs", 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(root+systemFiles[0], text, 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := Load(Options{NoEmbedded: true, Root: root})
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Sources) != 1 || len(s.Roots) != 1 || len(s.Roots[0].Sources) != 1 {
		t.Errorf("sources %+v, roots from %q; want the bundle alone", s.Sources, s.Roots[0].Sources)
	}
}
