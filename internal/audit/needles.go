package audit

import "bytes"

// needles are the names in a program that tell of TLS.
type needles struct {
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
func (n *needles) Write(p []byte) (int, error) {
	seam := append(n.tail, p[:min(len(p), overlap)]...)
	n.search(seam)
	n.search(p)
	if len(p) >= overlap {
		seam = p
	}
	n.tail = append(n.tail[:0], seam[max(0, len(seam)-overlap):]...)
	return len(p), nil
}

func (n *needles) search(p []byte) {
	for i, name := range needleNames {
		if !n.found[i] && bytes.Contains(p, []byte(name)) {
			n.found[i] = true
		}
	}
}

// client reports whether the program seems to make TLS connections.
func (n *needles) client() bool {
	return n.found[needleHandshake] && (n.found[needleHTTP] || n.found[needleDial] || n.found[needleGRPC])
}

// pool reports whether the program seems to bring its own roots.
func (n *needles) pool() bool {
	return n.found[needleFallback] || n.found[needlePool] || n.found[needlePEM]
}
