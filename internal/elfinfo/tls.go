package elfinfo

import "bytes"

// A TLS searches the content of a program, which is written to it, for what tells
// of connections with TLS.
type TLS struct {
	found [len(needleNames)]bool
	tail  []byte
}

// needleNames are what Go's table of functions, or a list of certificates,
// holds.
var needleNames = [...]string{
	needleHandshake: "crypto/tls.(*Conn).clientHandshake\x00",
	needleHTTP:      "net/http.(*Client).do\x00",
	needleDial:      "crypto/tls.dial\x00",
	needleGRPC:      "google.golang.org/grpc.(*ClientConn)",
	needleFallback:  "crypto/x509.SetFallbackRoots\x00",
	needlePool:      "crypto/x509.(*CertPool).AddCertWithConstraint\x00",
	needlePEM:       "-----BEGIN CERTIFICATE-----\nMII",
}

const (
	needleHandshake = iota
	needleHTTP
	needleDial
	needleGRPC
	needleFallback
	needlePool
	needlePEM
)

// overlap is longer than every needle.
const overlap = 64

// Write searches p; what lies across two writes is found, too.
func (t *TLS) Write(p []byte) (int, error) {
	seam := append(t.tail, p[:min(len(p), overlap)]...)
	t.search(seam)
	t.search(p)
	if len(p) >= overlap {
		seam = p
	}
	t.tail = append(t.tail[:0], seam[max(0, len(seam)-overlap):]...)
	return len(p), nil
}

func (t *TLS) search(p []byte) {
	for i, name := range needleNames {
		if !t.found[i] && bytes.Contains(p, []byte(name)) {
			t.found[i] = true
		}
	}
}

// Client reports whether the program seems to make TLS connections.
func (t *TLS) Client() bool {
	return t.found[needleHandshake] && (t.found[needleHTTP] || t.found[needleDial] || t.found[needleGRPC])
}

// Roots reports whether the program seems to bring its own roots.
func (t *TLS) Roots() bool {
	return t.found[needleFallback] || t.found[needlePool] || t.found[needlePEM]
}
