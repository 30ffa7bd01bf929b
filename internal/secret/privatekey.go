package secret

import "bytes"

const (
	keyBegin = "-----BEGIN "
	keyEnd   = "PRIVATE KEY"
)

// findPrivateKey returns where the base64 of a private key lies.
func findPrivateKey(b []byte) (start, end int, ok bool) {
	for at := 0; ; {
		i := bytes.Index(b[at:], []byte(keyBegin))
		if i < 0 {
			return 0, 0, false
		}
		at += i
		if start, end, ok := privateKey(b, at); ok {
			return start, end, true
		}
		at += len(keyBegin)
	}
}

// privateKey returns where the base64 of the private key lies that begins at
// that place with keyBegin; the words that programs know one by are none.
func privateKey(b []byte, at int) (start, end int, ok bool) {
	at += len(keyBegin)
	head := b[at:min(len(b), at+40)]
	j := bytes.Index(head, []byte(keyEnd))
	if j < 0 || bytes.ContainsAny(head[:j], "\n\"'") {
		return 0, 0, false
	}
	start = at + j + len(keyEnd)
	start += len(b[start:]) - len(bytes.TrimLeft(b[start:], " BLOCK-")) // of PGP's header
	end = keyBody(b, start)
	return start, end, end-start >= minKey
}

// minKey is how much base64 the shortest private keys (Ed25519) have, and more
// than a program's words about one.
const minKey = 56

// keyBody returns the end of the base64 that starts at start; line ends, also
// as escapes in JSON or an instruction, and the headers of old keys go with it.
func keyBody(b []byte, start int) int {
	at := start
	for at < len(b) {
		c := b[at]
		switch {
		case isWord(c) && c != '_', c == '+', c == '/', c == '=', c == '\n', c == '\r', c == ' ', c == '\\', c == ':', c == ',', c == '\t':
			at++
		case c == '-' && !bytes.HasPrefix(b[at:], []byte("-----")):
			at++
		default:
			return at
		}
	}
	return at
}
