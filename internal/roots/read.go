package roots

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
)

// maxFile bounds what is read of a file of certificates. Mozilla's whole set has
// 250 kB.
const maxFile = 16 << 20

// Check reports whether the files and directories that o names can be read and
// hold certificates.
func Check(o Options) error {
	s := &Store{index: map[[32]byte]int{}}
	if o.ExtraFile != "" {
		if err := s.addNamedFile(o.ExtraFile, "EXTRA_CA_FILE"); err != nil {
			return err
		}
	}
	if o.CertFile != "" {
		if err := s.addNamedFile(o.CertFile, "SSL_CERT_FILE"); err != nil {
			return err
		}
	}
	return s.addNamedDirs(o.CertDir)
}

// ReadFile reads a file of certificates or keys whole, unless it is too large to
// be one.
func ReadFile(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, errors.Unwrap(err) // the caller names the file
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(data) > maxFile {
		err = fmt.Errorf("larger than %d bytes", maxFile)
	}
	if wrapped := errors.Unwrap(err); wrapped != nil {
		err = wrapped
	}
	return data, err
}

// readFile reads a file that a setting names: everything in it must be
// understood, and there must be a certificate.
func readFile(name string) ([]*x509.Certificate, error) {
	data, err := ReadFile(name)
	if err != nil {
		return nil, err
	}
	certs, err := parse(data)
	if err == nil && len(certs) == 0 {
		err = errors.New("no PEM certificate in it")
	}
	return certs, err
}

var (
	utf8Mark = []byte("\xef\xbb\xbf")
	begin    = []byte("-----BEGIN ")
)

// parse returns the certificates in data, which is PEM or one DER certificate,
// and the first error: about a certificate that can't be parsed, a block that
// isn't PEM after all, or one that holds certificates in another form. Keys and
// revocation lists are passed over.
func parse(data []byte) (certs []*x509.Certificate, err error) {
	fail := func(e error) {
		if err == nil {
			err = e
		}
	}
	data = bytes.TrimPrefix(data, utf8Mark)
	blocks := bytes.Count(data, begin)
	if blocks == 0 && len(data) > 0 && data[0] == 0x30 { // an ASN.1 SEQUENCE
		if certs, err = x509.ParseCertificates(data); err != nil {
			err = fmt.Errorf("neither PEM nor a DER certificate: %w", err)
		}
		return certs, err
	}
	if len(data) > 1 && (data[0] == 0xff && data[1] == 0xfe || data[0] == 0xfe && data[1] == 0xff) {
		return nil, errors.New("text in UTF-16: want PEM in UTF-8")
	}
	for ; ; blocks-- {
		var block *pem.Block
		if block, data = pem.Decode(data); block == nil {
			break
		}
		switch block.Type {
		case "CERTIFICATE", "X509 CERTIFICATE":
			cert, e := x509.ParseCertificate(block.Bytes)
			if e != nil {
				fail(e)
				continue
			}
			certs = append(certs, cert)
		case "TRUSTED CERTIFICATE", "PKCS7", "CMS":
			fail(fmt.Errorf("a PEM block of type %q: want CERTIFICATE", block.Type))
		}
	}
	if blocks > 0 {
		fail(errors.New("a PEM block that can't be decoded"))
	}
	return certs, err
}
