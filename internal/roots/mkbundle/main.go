/*
Mkbundle writes the CA bundle that package roots embeds.

Usage:

	mkbundle -date YYYY-MM-DD [-distrust FILE] [-o DIR] FILE...

Each FILE is a set of root certificates, either PEM or concatenated DER. The
certificates are sorted and packed into DIR/bundle.bin; DIR/bundle.go states
their number and date. The same certificates give the same bytes, in whatever
order and encoding they come.

Of the -distrust FILE, lines with sha256Hash: "…" and distrustAfter: "…" are
read, as they stand in bundle.go of golang.org/x/crypto/x509roots/fallback: a
root so marked does not vouch for certificates issued after that date.
*/
package main

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/binary"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"time"

	"devops-go/internal/roots/lz"
)

func main() { os.Exit(run(os.Args[1:], os.Stderr)) }

func run(args []string, stderr io.Writer) int {
	flags := flag.NewFlagSet("mkbundle", flag.ContinueOnError)
	flags.SetOutput(stderr)
	date := flags.String("date", "", "the `day` the set was published")
	distrust := flags.String("distrust", "", "`file` with the distrust-after dates")
	dir := flags.String("o", ".", "`folder` to write to")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	if err := generate(*date, *distrust, *dir, flags.Args()); err != nil {
		fmt.Fprintln(stderr, "mkbundle:", err)
		return 2
	}
	return 0
}

func generate(date, distrustFile, dir string, files []string) error {
	if _, err := time.Parse(time.DateOnly, date); err != nil {
		return fmt.Errorf("-date %q: want YYYY-MM-DD", date)
	}
	var certs []*x509.Certificate
	for _, name := range files {
		found, err := readCertificates(name)
		if err != nil {
			return err
		}
		certs = append(certs, found...)
	}
	if len(certs) == 0 {
		return fmt.Errorf("no certificates: name at least one PEM or DER file")
	}
	dates, err := readDistrust(distrustFile)
	if err != nil {
		return err
	}
	bundle, count, err := pack(certs, dates)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "bundle.bin"), bundle, 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "bundle.go"), source(date, count), 0o644)
}

func readCertificates(name string) ([]*x509.Certificate, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	if bytes.Contains(data, []byte("-----BEGIN")) {
		var der []byte
		for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
			if block.Type == "CERTIFICATE" {
				der = append(der, block.Bytes...)
			}
		}
		data = der
	}
	certs, err := x509.ParseCertificates(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return certs, nil
}

var distrustLine = regexp.MustCompile(`(sha256Hash|distrustAfter):\s*"([^"]*)"`)

// readDistrust returns the dates by the sha256 of the certificate.
func readDistrust(name string) (map[[sha256.Size]byte]time.Time, error) {
	if name == "" {
		return nil, nil
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	dates := map[[sha256.Size]byte]time.Time{}
	var current [sha256.Size]byte
	for _, match := range distrustLine.FindAllSubmatch(data, -1) {
		if string(match[1]) == "sha256Hash" {
			sum, err := hex.DecodeString(string(match[2]))
			if err != nil || len(sum) != sha256.Size {
				return nil, fmt.Errorf("%s: bad sha256Hash %q", name, match[2])
			}
			current = [sha256.Size]byte(sum)
			continue
		}
		date, err := time.Parse(time.RFC3339, string(match[2]))
		if err != nil {
			return nil, fmt.Errorf("%s: bad distrustAfter %q", name, match[2])
		}
		dates[current] = date
	}
	return dates, nil
}

// pack returns the bundle in the form that package roots reads: for each
// certificate a head of fixed size and its DER without the signature. The head
// has the DER's length (2 bytes), its distrust-after date (Unix seconds in 4
// bytes, 0 is none; all big endian) and the sha256 of the whole certificate. All
// of it is compressed by package lz.
func pack(certs []*x509.Certificate, dates map[[sha256.Size]byte]time.Time) (bundle []byte, count int, err error) {
	// Neighbours by subject share most of their names, which compresses well.
	slices.SortFunc(certs, func(a, b *x509.Certificate) int {
		if c := bytes.Compare(a.RawSubject, b.RawSubject); c != 0 {
			return c
		}
		return bytes.Compare(a.Raw, b.Raw)
	})
	certs = slices.CompactFunc(certs, func(a, b *x509.Certificate) bool { return bytes.Equal(a.Raw, b.Raw) })
	for _, cert := range certs {
		anchor, err := withoutSignature(cert)
		if err != nil {
			return nil, 0, fmt.Errorf("certificate of %s: %w", cert.Subject, err)
		}
		sum := sha256.Sum256(cert.Raw)
		bundle = binary.BigEndian.AppendUint16(bundle, uint16(len(anchor)))
		var seconds uint32
		if date, ok := dates[sum]; ok {
			seconds = uint32(date.Unix())
		}
		bundle = binary.BigEndian.AppendUint32(bundle, seconds)
		bundle = append(bundle, sum[:]...)
		bundle = append(bundle, anchor...)
	}
	return lz.Compress(bundle), len(certs), nil
}

// withoutSignature returns the certificate with an empty signature. A root is
// trusted for being in the set: its signature of itself proves nothing and is
// never looked at (RFC 5280, section 6.1.1 (d)), but takes up to 512 bytes that
// don't compress.
func withoutSignature(cert *x509.Certificate) ([]byte, error) {
	var parts struct {
		TBS       asn1.RawValue
		Algorithm asn1.RawValue
		Signature asn1.BitString
	}
	if _, err := asn1.Unmarshal(cert.Raw, &parts); err != nil {
		return nil, err
	}
	parts.Signature = asn1.BitString{}
	anchor, err := asn1.Marshal(parts)
	if err != nil {
		return nil, err
	}
	if len(anchor) > math.MaxUint16 {
		return nil, fmt.Errorf("%d bytes, at most %d fit", len(anchor), math.MaxUint16)
	}
	again, err := x509.ParseCertificate(anchor)
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(again.RawTBSCertificate, cert.RawTBSCertificate) {
		return nil, errors.New("does not survive the loss of its signature")
	}
	return anchor, nil
}

func source(date string, count int) []byte {
	return fmt.Appendf(nil, `// Code generated by mkbundle; DO NOT EDIT.

package roots

// The embedded set: the day it was published and how many roots it has.
const (
	Date  = %q
	Count = %d
)
`, date, count)
}
