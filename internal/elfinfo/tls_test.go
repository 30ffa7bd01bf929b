package elfinfo

import (
	"strings"
	"testing"
)

const tlsClient = "\x00crypto/tls.(*Conn).clientHandshake\x00net/http.(*Client).do\x00"

// What tells of TLS is found across the edges of writes.
func TestTLS(t *testing.T) {
	for size := 1; size < 100; size += 7 {
		var n TLS
		text := strings.Repeat("x", 90) + tlsClient
		for len(text) > 0 {
			part := text[:min(size, len(text))]
			n.Write([]byte(part))
			text = text[len(part):]
		}
		if !n.Client() {
			t.Errorf("not found in writes of %d bytes", size)
		}
	}
}
